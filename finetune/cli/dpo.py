"""`finetune dpo`: an adapter taught further, by which of two replies is preferred."""

import json
from pathlib import Path
from typing import Annotated

import typer

from finetune.cli.console import say


def run(
    taught: Annotated[
        Path, typer.Argument(help="The run of `finetune train` whose adapter is taught further.")
    ],
    pairs: Annotated[
        Path, typer.Option("--data", help='JSONL of {"prompt": [messages], "chosen": "", "rejected": ""}.')
    ],
    out: Annotated[Path, typer.Option(help="The new run's folder.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was cut off.")] = False,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A key of the recipe: preferences.beta=0.2.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's figures as JSON.")] = False,
) -> None:
    """Teach the adapter of TAUGHT to prefer the chosen replies, and keep it near what it was."""
    from finetune.runs import Run
    from finetune.train.preferring import prefer

    document = prefer(Run(taught), pairs, Run(out), changes or (), resume=resume, tell=say)
    if as_json:
        print(json.dumps(document, indent=1))
        return
    (stage,) = document["figures"]["stages"]
    print(
        f"{stage['name']}: {stage['steps']} steps, loss {stage['loss']:.3f}, "
        f"the chosen reply preferred in {stage['accuracy']:.0%} of the last pairs"
    )
    print(f"the adapter is in {Run(out).adapter}")
