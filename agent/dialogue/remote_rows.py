"""What is sent to another program and what comes back: names filled in, rows taken out of JSON."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from agent.dialogue.business_remote import NAME, SECRET
from agent.settings import UserError

MOST_ROWS = 100


class RemoteError(UserError):
    """Another program gave no usable answer; the text says why, without what the caller said."""


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A JSON value with its `{names}` filled in; null where a text is a name alone and has no value."""
    if isinstance(value, str):
        if (alone := NAME.fullmatch(value)) is not None:
            return known.get(alone[1])
        return NAME.sub(lambda match: _text(known.get(match[1])), value)
    if isinstance(value, dict):
        return {name: filled(part, known) for name, part in value.items()}
    return [filled(part, known) for part in value] if isinstance(value, list) else value


def address(url: str, known: Mapping[str, Any]) -> str:
    """A URL with its `{names}` filled in, each as one encoded part. Raises `RemoteError` for one that would
    lead elsewhere ("..", nothing)."""

    def part(match: Any) -> str:
        text = _text(known.get(match[1]))
        if not text.strip("."):
            raise RemoteError(f"{{{match[1]}}} has no value that can stand in an address.")
        return quote(text, safe="")

    return NAME.sub(part, url)


def with_secrets(texts: Mapping[str, str], known: Mapping[str, Any], secrets: Mapping[str, str]) -> dict:
    """Headers or an environment, filled in. Line ends are taken out of what is filled in."""
    given = {name: _text(value).replace("\r", " ").replace("\n", " ") for name, value in known.items()}
    return {
        name: SECRET.sub(lambda match: secrets[match[1]], NAME.sub(lambda m: given.get(m[1], ""), text))
        for name, text in texts.items()
    }


def parsed(text: str | bytes) -> Any:
    """JSON with its fractions as they are written: 84.90 stays "84.90". Raises `RemoteError`."""
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        raise RemoteError("The answer is no JSON.") from None


def rows_of(answer: Any, path: str, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows at `path` of an answer, each with `columns`; none where null stands there.

    Raises `RemoteError` where neither a list of objects nor an object stands there.
    """
    found = _at(answer, path)
    if found is None:
        return []
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise RemoteError(f"No rows stand at '{path}' of the answer.")
    return [{name: _cell(_at(row, at)) for name, at in columns.items()} for row in found[:MOST_ROWS]]


def _at(value: Any, path: str) -> Any:
    """What stands at `path.to.it`; None where it leads nowhere. Parts of digits count in lists from 0."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _cell(value: Any) -> str | int | None:
    """A value as a database's column has it: truth as 1 and 0, a list of words with commas."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(str(one) for one in value)
    if isinstance(value, float):
        return format(Decimal(str(value)), "f")
    return value if isinstance(value, str | int) else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
