"""What all subcommands share: one sentence for an error that a user can mend, progress on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from agent.settings import UserError


def say(message: str) -> None:
    """One line on stderr, as it is."""
    print(message, file=sys.stderr, flush=True)


def hush() -> None:
    """Lets the engines' log tell warnings only: a command's own lines say how far it is."""
    from loguru import logger

    logger.remove()
    logger.add(sys.stderr, level="WARNING", format="{message}")


def fail(message: str, code: int = 1) -> NoReturn:
    """Says one sentence and exits: 1 failed, 2 wrong usage, recipe or data."""
    say(message)
    raise SystemExit(code)


@contextmanager
def told() -> Iterator[None]:
    """Turns errors that a user can mend into a sentence and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except UserError as error:
        fail(str(error), getattr(error, "exit_code", 1))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("agent", "finetune", "telephony"):
            raise
        fail(f'{error.name} isn\'t installed: pip install -e ".[finetune]".', 1)
