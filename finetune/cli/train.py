"""`finetune train`: an adapter, by a recipe, on prepared data."""

import json
from pathlib import Path
from typing import Annotated

import typer

from finetune.cli.console import say


def run(
    recipe: Annotated[
        Path, typer.Argument(help="A recipe: a TOML file, or the name of one in config/finetune.")
    ],
    data: Annotated[Path, typer.Option(help="A folder that `finetune prepare` made.")],
    out: Annotated[
        Path, typer.Option(help="The run's folder: log, checkpoints, and in the end the adapter.")
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was cut off.")] = False,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A key of the recipe: lora.rank=4, stages.batch=2.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's figures as JSON.")] = False,
) -> None:
    """Train an adapter by RECIPE on the agent's words of the rows in DATA."""
    from finetune.runs import Run
    from finetune.train.recipe import named, read_recipe

    chosen = read_recipe(named(recipe), changes or ())
    from finetune.train.teaching import teach

    document = teach(chosen, data, Run(out), resume=resume, tell=say)
    if as_json:
        print(json.dumps(document, indent=1))
        return
    for stage in document["figures"]["stages"]:
        held = stage["validation_loss"]
        validated = f", {held:.3f} on validation" if held is not None else ""
        print(
            f"{stage['name']}: {stage['steps']} steps, loss {stage['loss']:.3f}{validated}, "
            f"{stage['tokens_per_s']:.0f} tokens/s"
        )
    print(f"the adapter is in {Run(out).adapter}")
