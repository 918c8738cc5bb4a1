"""What all subcommands share: the console on stderr, settings options, errors as sentences, logging."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from agent.settings import Tree

ConfigFiles = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", metavar="FILE", help="A TOML file of settings; later ones win."),
]
"""`config: ConfigFiles = None` in a subcommand's signature."""

Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="One setting, for example server.port=9000."),
]
"""`set_: Assignments = None` in a subcommand's signature."""


_as_json = False
"""Whether what is said to the user stands in the log, as everything on stderr does then."""


def say(message: str) -> None:
    """One line on stderr, as it is (no markup)."""
    _say(message, "INFO")


def fail(message: str, code: int = 1) -> NoReturn:
    """Says one sentence on stderr and exits: 1 failed, 2 wrong usage or settings."""
    _say(message, "ERROR")
    raise SystemExit(code)


def _say(message: str, level: str) -> None:
    if not _as_json:
        print(message, file=sys.stderr, flush=True)
        return
    from loguru import logger

    logger.log(level, "{}", message)


def load_settings(
    config: list[Path] | None = None, assignments: list[str] | None = None, *, quiet: bool = False
) -> "Tree":
    """The settings tree, with logging set up by it. `quiet` logs warnings only: for short commands."""
    from agent.settings import load, prepare_process

    global _as_json
    from agent.cli.log import set_up_log

    prepare_process()
    tree = load(config or (), assignments or ())
    level = "WARNING" if quiet and tree.log.level == "INFO" else tree.log.level
    set_up_log(level, tree.log.format)
    _as_json = tree.log.format == "json" and not quiet
    return tree


@contextmanager
def told() -> Iterator[None]:
    """Turns errors that a user can mend into one sentence and an exit code, without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        fail(sentence, getattr(error, "exit_code", 1))


def explain(error: Exception) -> str | None:
    """The sentence for an error that a user can mend; None for a mistake of ours."""
    from agent.settings import UserError

    if isinstance(error, UserError):
        return str(error)
    if type(error).__module__.startswith(("agent.", "telephony.")) and isinstance(error, RuntimeError):
        return str(error)  # an engine's own error, such as TtsError: its text says what to do
    if isinstance(error, OSError):
        return explain_os(error)
    return None


def explain_os(error: OSError) -> str | None:
    """The sentence for an error of the operating system; None where it names no file or port."""
    if error.errno == errno.EADDRINUSE:
        return "The port is in use: stop the other server, or choose one with --set server.port=PORT."
    if error.errno == errno.EACCES and error.filename is None:
        return "The port may not be opened: choose one above 1023 with --set server.port=PORT."
    if error.filename is None:
        return None
    if isinstance(error, FileNotFoundError):
        return f"{error.filename} isn't there: check the path."
    if isinstance(error, PermissionError):
        return f"{error.filename} may not be read or written: check its permissions."
    return f"{error.filename}: {error.strerror}; check the path and try again."
