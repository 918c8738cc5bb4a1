"""The `finetune` command: one file a subcommand, `finetune/cli/NAME.py` with a plain function `run`."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from finetune.cli.console import told

COMMANDS: dict[str, str] = {
    "doctor": "What this machine can train: its memory, its GPU, and which recipes fit.",
    "dpo": "Teach an adapter further, by which of two replies is preferred.",
    "eval": "Prove it on held-out rows: base, few-shot and adapter side by side, and a report.",
    "export": "Write a trained adapter as the agent loads it, and check that it says the same.",
    "intents": "Train the head that tells a business's intents apart, and measure it.",
    "prepare": "Make rows to train and test on: chats, calls, a business; recordings by --audio DIR.",
    "say": "What the base and the adapter answer to one caller, side by side.",
    "sweep": "Train a recipe at several values of its keys, and compare them.",
    "train": "Train an adapter by a recipe, on prepared data.",
}
"""Subcommand -> its line in `finetune --help`."""

OTHER_FORMS = {("prepare", "--audio"): "prepare_speech"}
"""A subcommand with this option has a file and options of its own."""


def _later() -> None:
    """Stands for a subcommand that this run doesn't use."""


def build(chosen: str | None, words: Sequence[str] = ()) -> typer.Typer:
    """The command line with `chosen` imported, as `words` need it, and the others as lines of help."""
    app = typer.Typer(
        help="Teach the agent, offline.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)
    for name, line in COMMANDS.items():
        run = import_module(f"finetune.cli.{_file(name, words)}").run if name == chosen else _later
        app.command(name, help=line)(run)
    return app


def _file(name: str, words: Sequence[str]) -> str:
    options = {word.partition("=")[0] for word in words}
    return next(
        (file for (own, option), file in OTHER_FORMS.items() if own == name and option in options), name
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 wrong usage or data."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in words if not word.startswith("-")), None)
    with told():
        build(chosen, words)(words, prog_name="finetune")
