"""How data is prepared: sources, what is held out, and limits; from the command line, or from a TOML file."""

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from finetune.data.errors import DataError

KINDS = {
    "sources": "a list of texts",
    "test_businesses": "a list of texts",
    "test_share": "a share from 0 to 0.5",
    "validation_share": "a share from 0 to 0.5",
    "max_tokens": "a whole number",
    "seed": "a whole number",
}
"""What the keys of a file are; the others are texts."""
BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"


@dataclass(frozen=True, slots=True)
class Plan:
    """What `finetune prepare` is asked for. A file's keys are the fields."""

    sources: tuple[str, ...]
    test_businesses: tuple[str, ...] = ()
    test_share: float = 0.0
    """Of the rows of the other businesses."""
    validation_share: float = 0.05
    """Of what is not tested on."""
    base: str = BASE
    """Whose tokens are counted."""
    max_tokens: int = 512
    """Of the longest row."""
    licence: str | None = None
    """Of chats and calls."""
    seed: int = 1


def plan_of(sources: list[str], **given: Any) -> Plan:
    """The plan of the command line: `sources`, or one .toml that is a plan. `given` goes before its keys,
    but for what is None. Raises `DataError`."""
    if len(sources) == 1 and sources[0].endswith(".toml"):
        plan = read_plan(Path(sources[0]))
    else:
        plan = Plan(tuple(sources))
    told = {name: value for name, value in given.items() if value is not None}
    return replace(plan, **told)


def read_plan(path: Path) -> Plan:
    """Paths in it count from where the command runs. Raises `DataError`."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} isn't there: check the path.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: this isn't TOML: {error}.") from None
    known = {field.name for field in fields(Plan)}
    if strange := set(document) - known:
        raise DataError(f"{path}: there's no key '{min(strange)}'; the keys are {', '.join(sorted(known))}.")
    if "sources" not in document:
        raise DataError(f'{path}: sources is missing: sources = ["business:shop"].')
    for name, value in document.items():
        kind = KINDS.get(name, "a text")
        if not _is(value, kind):
            raise DataError(f"{path}: {name} is {kind}, not {value!r}.")
    made: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
    return Plan(**made)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "a list of texts":
            return isinstance(value, list) and all(isinstance(part, str) for part in value)
        case "a share from 0 to 0.5":
            return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 0.5
        case "a whole number":
            return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)
