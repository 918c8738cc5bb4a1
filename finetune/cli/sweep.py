"""`finetune sweep`: a recipe at several values of its keys, compared."""

from pathlib import Path
from typing import Annotated

import typer

from finetune.cli.console import say


def run(
    recipe: Annotated[
        Path, typer.Argument(help="A recipe: a TOML file, or the name of one in config/finetune.")
    ],
    data: Annotated[Path, typer.Option(help="A folder that `finetune prepare` made.")],
    out: Annotated[Path, typer.Option(help="The folder of the runs, the table and the plot.")],
    axes: Annotated[
        list[str] | None,
        typer.Option("--set", help="A key and its values: lora.rank=4,8. Else ranks 4, 8, 16 and 32."),
    ] = None,
) -> None:
    """Train RECIPE once for each combination of values; again, it trains only what isn't done yet."""
    from finetune.train.recipe import named
    from finetune.train.sweep import best, plot, sweep, table

    trials = sweep(named(recipe), data, out, axes or (), tell=say)
    (out / "sweep.md").write_text(table(trials) + "\n", "utf-8")
    plot(trials, out / "sweep.png")
    print(table(trials))
    print(f"the best on validation is {best(trials).name}; the curves are in {out / 'sweep.png'}")
