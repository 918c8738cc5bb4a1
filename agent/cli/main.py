"""The `agent` command: one file a subcommand, imported when it is asked for.

How a subcommand is written, in `agent/cli/NAME.py`:

- a single command exposes `run`, a plain function with typer annotations;
- one with subcommands of its own exposes `app`, a `typer.Typer()` (its `help=` is not needed);
- its line in `COMMANDS` gives the help text that `agent --help` shows without importing the file;
- settings come by `ConfigFiles` and `Assignments` of `agent.cli.console`, read by `load_settings`;
- results go to stdout by `print`, the rest to `console.err`; a failure raises `UserError` (or a subclass),
  or calls `console.fail(sentence, code)`: never a traceback.

    def run(words: list[str], config: ConfigFiles = None, set_: Assignments = None) -> None:
        tree = load_settings(config, set_)

A file that isn't there is left out of the list.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

import typer

from agent.cli.console import told

COMMANDS: dict[str, str] = {
    "serve": "Answer calls: Twilio, softphones, /healthz, /readyz.",
    "call": "Call a server as a telephone would, and measure what came back.",
    "ask": "Ask the agent in text: the same dialogue without sound.",
    "eval": "Ask a business its questions, and judge what it says.",
    "transcribe": "Write down what WAV files say.",
    "calls": "List, show and delete the records of calls.",
    "business": "Make a new business, or fill a demo's database.",
    "models": "List, verify and pull the weights.",
    "check": "Check settings, weights, businesses and the database.",
}
"""Subcommand -> its line in `agent --help`. `agent/cli/NAME.py` holds it."""


def _later() -> None:
    """Stands for a subcommand that this run doesn't use."""


def build(chosen: str | None) -> typer.Typer:
    """The command line with `chosen` imported, and the others as lines of help."""
    app = typer.Typer(
        help="A telephone agent on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)
    for name, line in COMMANDS.items():
        module = f"agent.cli.{name}"
        if find_spec(module) is None:
            continue
        if name != chosen:
            app.command(name, help=line)(_later)
            continue
        file = import_module(module)
        if hasattr(file, "app"):
            file.app.rich_markup_mode = None  # plain help: rich takes 0.4 s to import
            app.add_typer(file.app, name=name, help=line)
        else:
            app.command(name, help=line)(file.run)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 wrong usage or settings."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in words if not word.startswith("-")), None)
    with told():
        build(chosen)(words, prog_name="agent")
