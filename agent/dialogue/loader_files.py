"""One file of a business: its TOML against its model, every mistake, and what is right of it all the same."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz, process

from agent.dialogue.business import BusinessError
from agent.dialogue.loader_lines import Lines
from agent.dialogue.schemas import adapter, known_keys

Keys = tuple[str | int, ...]
STANDS_IN = {
    "name": "it",
    "persona": "it",
    "greeting": ["This is the automated agent."],
    "database": "sqlite:///it.db",
}
"""What goes for keys of business.toml that are missing or wrong while the rest is looked at."""
WRITTEN = {
    "string_type": 'a text in quotes: "..."',
    "list_type": 'a list: ["..."]',
    "dict_type": 'a table: { name = "..." }',
    "model_type": 'a table: { name = "..." }',
    "bool_parsing": "true or false, without quotes",
    "bool_type": "true or false, without quotes",
    "int_parsing": "a whole number without quotes",
    "int_type": "a whole number without quotes",
    "time_parsing": 'a time of day: "09:00"',
    "time_type": 'a time of day: "09:00"',
    "too_short": "at least {min_length} of them",
}
"""What would be right, by the kind of mistake."""


@dataclass(frozen=True)
class Read:
    """A file that was read: its mistakes, and the model of what is right of it."""

    mistakes: tuple[BusinessError, ...]
    value: Any = None
    """None where not even its TOML could be read."""
    broken: frozenset[str] = frozenset()
    """Names of entries that are there but wrong, left out of `value`."""


def read(path: Path) -> Read:
    """One of the four files of a business."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        said = f"{path} isn't there: every business has one; `agent business new` writes all four."
        return Read((BusinessError(said),))
    except (OSError, UnicodeDecodeError) as error:
        return Read((BusinessError(f"{path} can't be read as UTF-8 text ({error}): write it anew."),))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Read((BusinessError(_not_toml(path, text, str(error))),))
    return _validated(path, text, data)


def _not_toml(path: Path, text: str, said: str) -> str:
    """The sentence for a text that isn't TOML; a mistake at its end stands in its last line."""
    found = re.search(r" \(at line (\d+), column \d+\)", said)
    line = int(found[1]) if found else max(len(text.splitlines()), 1)
    hint = ": a text stands in quotes, a list in [ ], and each key once" if "Invalid" in said else ""
    return f"{path}:{line}: this isn't TOML: {said}{hint}; put it right there."


def _validated(path: Path, text: str, data: dict[str, Any]) -> Read:
    kind = adapter(path.name)
    errors: list[ErrorDetails] = []
    broken: set[str] = set()
    whole = deepcopy(data)
    for _ in range(4):  # what a wrong entry hid shows when it's gone
        try:
            value = kind.validate_python(whole)
        except ValidationError as caught:
            errors += caught.errors()
            for error in caught.errors():
                broken |= _take_out(path.name, whole, error["loc"])
            continue
        return Read(tuple(told(path, text, data, errors)), value, frozenset(broken))
    return Read(tuple(told(path, text, data, errors)))


def _take_out(file: str, data: dict[str, Any], loc: Sequence[str | int]) -> set[str]:
    """Removes what `loc` stands in: an entry, or a key of business.toml; gives the names taken out."""
    first = loc[0] if loc else ""
    if file == "business.toml":
        inner = data.get(str(first))
        if first in STANDS_IN:
            data[str(first)] = STANDS_IN[str(first)]
        elif isinstance(inner, dict) and len(loc) > 1:
            inner.pop(loc[1], None)
        else:
            data.pop(str(first), None)
        return {str(part) for part in loc[:2]}
    if file == "tools.toml" and len(loc) > 1 and isinstance(data.get(str(first)), dict):
        data[str(first)].pop(loc[1], None)
        return {str(loc[1])}
    inner = data.pop(str(first), None)
    return {str(first), *(inner if file == "tools.toml" and isinstance(inner, dict) else ())}


def told(
    path: Path, text: str, data: dict[str, Any], errors: Iterable[ErrorDetails]
) -> Iterable[BusinessError]:
    """Each mistake as a sentence with its line, in the order of lines, each once."""
    lines = Lines(text)
    sentences = {}
    placed = [(_place(data, error["loc"]), error) for error in errors]
    meant = {(*keys[:-1], near) for keys, error in placed if (near := _meant(path.name, keys, error))}
    for keys, error in placed:
        if error["type"] == "missing" and keys in meant:
            continue  # it's there under a mistaken name
        line = lines.of(keys)
        name = ".".join(str(key) for key in keys if isinstance(key, str)) or "the file"
        sentences[f"{path}:{line}: {name}{_advice(path.name, keys, error)}"] = line
    return [BusinessError(said) for said in sorted(sentences, key=lambda said: sentences[said])]


def _place(data: Any, loc: Sequence[str | int]) -> Keys:
    """`loc` as it stands in the file: without marks of alternatives, with a key that is missing."""
    keys: Keys = ()
    for part in loc:
        inside = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if inside or (isinstance(data, dict) and part in data):
            data = data[part]
            keys = (*keys, part)
        elif isinstance(data, dict) and isinstance(part, str) and part != "[key]":
            return (*keys, part)
        elif part != "[key]" and not isinstance(part, int):
            continue
    return keys


def _meant(file: str, keys: Keys, error: ErrorDetails) -> str | None:
    """The known key that an unknown one is taken for."""
    if error["type"] != "extra_forbidden":
        return None
    return nearest(str(keys[-1]), known_keys(file, keys[:-1]))


def _advice(file: str, keys: Keys, error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known, near = known_keys(file, keys[:-1]), _meant(file, keys, error)
        right = f"did you mean '{near}'?" if near else f"take it out, or use one of: {', '.join(known)}."
        return f" isn't a known key: {right}"
    if kind == "missing":
        return " is missing: add it."
    if kind == "literal_error":
        near = nearest(str(error["input"]), re.findall(r"'([^']*)'", str(context["expected"])))
        hint = f" (did you mean '{near}'?)" if near else ""
        return f": '{error['input']}' isn't known{hint}: write one of {context['expected']}."
    if kind in WRITTEN:
        return f": this isn't right: write {WRITTEN[kind].format_map(context)}."
    message = error["msg"].removeprefix("Value error, ")
    return f": {message[:1].lower() + message[1:]}."


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The most similar of `words`; None where none is."""
    found = process.extractOne(word, list(words), scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else None
