"""What all subcommands share: one sentence for an error that a user can mend, progress on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from agent.llm.protocol import LlmError
from agent.settings import UserError


def say(message: str) -> None:
    """One line on stderr, as it is."""
    print(message, file=sys.stderr, flush=True)


def hush() -> None:
    """Lets engines and libraries tell what matters alone: a command's own lines say how far it is."""
    import warnings

    from loguru import logger

    warnings.filterwarnings("ignore", category=FutureWarning)
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
    except (UserError, LlmError) as error:
        fail(str(error), getattr(error, "exit_code", 1))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("agent", "finetune", "telephony"):
            raise
        fail(f'{error.name} isn\'t installed: pip install -e ".[finetune]".', 1)
