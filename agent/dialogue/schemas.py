"""The files of a business as JSON schemas, from their models: for editors, and for advice on mistakes."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from agent.dialogue.business import Intent, Phrase, Profile
from agent.dialogue.business_tools import ToolsFile

FILES = ("business.toml", "phrases.toml", "tools.toml", "intents.toml")
DRAFT = "http://json-schema.org/draft-07/schema#"
HOURS = {
    "type": "array",
    "items": {"type": "string", "pattern": r"^\d\d:\d\d$"},
    "minItems": 2,
    "maxItems": 2,
    "description": 'When it opens and closes, local time: ["09:00", "18:00"].',
}
"""How hours are written; the model keeps them as an opening and a closing time."""
TITLES = {
    "business.toml": "A business: who it is",
    "phrases.toml": "A business: every sentence that may be said",
    "tools.toml": "A business: what can be looked up or changed",
    "intents.toml": "A business: what callers want, and how they say it",
}


@cache
def adapter(file: str) -> TypeAdapter[Any]:
    """What validates one of `FILES`."""
    kinds: dict[str, Any] = {
        "business.toml": Profile,
        "phrases.toml": dict[str, Phrase],
        "tools.toml": ToolsFile,
        "intents.toml": dict[str, Intent],
    }
    return TypeAdapter(kinds[file])


@cache
def schema(file: str) -> Mapping[str, Any]:
    """The JSON schema (draft 7) of one of `FILES`."""
    made = adapter(file).json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = {name: _plain(part) for name, part in made.pop("$defs", {}).items()}
    if "Opening" in definitions:
        definitions["Opening"] = HOURS
    return {"$schema": DRAFT, "title": TITLES[file], **_plain(made), "definitions": definitions}


def schema_text(file: str) -> str:
    """The schema of one of `FILES` as it stands in `config/schema`."""
    return json.dumps(schema(file), indent=1, ensure_ascii=False) + "\n"


def _plain(part: Any) -> Any:
    """`part` without the titles that only repeat a key's name, and without defaults that are empty."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: value
        for name, value in part.items()
        if not (name == "title" and isinstance(value, str))
        and not (name == "default" and value in (None, [], {}, ""))
    }
    return {name: _plain(value) for name, value in kept.items()}


def known_keys(file: str, path: Sequence[str | int]) -> list[str]:
    """The keys that may stand in the table at `path`; none where any may."""
    whole = schema(file)
    parts = [whole]
    for key in path:
        parts = [inner for part in parts for inner in _inside(whole, part, key)]
    return sorted({name for part in parts for name in part.get("properties", {})})


def _inside(whole: Mapping[str, Any], part: Mapping[str, Any], key: str | int) -> list[Mapping[str, Any]]:
    if isinstance(key, int):
        found = part.get("items")
    else:
        found = part.get("properties", {}).get(key, part.get("additionalProperties"))
    return _resolved(whole, found) if isinstance(found, Mapping) else []


def _resolved(whole: Mapping[str, Any], part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`part` with references followed; each of its alternatives."""
    if (reference := part.get("$ref")) is not None:
        return _resolved(whole, whole["definitions"][reference.rsplit("/", 1)[1]])
    others = [*part.get("anyOf", ()), *part.get("allOf", ()), *part.get("oneOf", ())]
    return [part, *(one for other in others for one in _resolved(whole, other))]
