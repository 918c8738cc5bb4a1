"""Reads a business's folder, and tells every mistake with its file, its line and what would be right."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rapidfuzz import process

from agent.dialogue.business import (
    REQUIRED_PHRASES,
    Business,
    BusinessError,
    Intent,
    Phrase,
    Profile,
    Slot,
    Tool,
)
from agent.dialogue.loader_claims import phrase_claims
from agent.dialogue.loader_tools import slot_references, tool_references

FILES = ("business.toml", "phrases.toml", "tools.toml", "intents.toml")
CHOICES = ("first_choice", "second_choice")


def load_business(folder: Path) -> Business:
    """The business of `folder`. Raises `BusinessError` with the first mistake."""
    for error in mistakes(folder):
        raise error
    return _read(folder)


def load_profile(folder: Path) -> Profile:
    """business.toml alone, in a few ms. Raises `BusinessError`."""
    profile: Profile = _parse(folder / "business.toml")
    return profile


def mistakes(folder: Path) -> Iterator[BusinessError]:
    """Every mistake of a folder, the first of each file's structure, then what refers to nothing."""
    if not folder.is_dir():
        yield BusinessError(f"{folder} is no business: give a folder with {', '.join(FILES)}.")
        return
    found = False
    for name in FILES:
        try:
            _parse(folder / name)
        except BusinessError as error:
            found = True
            yield error
    if not found:
        yield from _references(folder, _read(folder))


def _read(folder: Path) -> Business:
    parts = {name: _parse(folder / name) for name in FILES}
    tools = parts["tools.toml"]
    return Business(
        id=folder.name,
        profile=parts["business.toml"],
        phrases=parts["phrases.toml"],
        slots=tools["slots"],
        tools=tools["tools"],
        intents=parts["intents.toml"],
    )


def _parse(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise BusinessError(
            f"{path} isn't there: every business has one; copy it from the demo shop."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BusinessError(f"{path} can't be read as UTF-8 text ({error}): write it anew.") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BusinessError(f"{path}: this isn't TOML: {error}; put it right there.") from None
    return _validated(path, text, data)


def _validated(path: Path, text: str, data: dict[str, Any]) -> Any:
    try:
        if path.name == "business.toml":
            return Profile.model_validate(data)
        if path.name == "phrases.toml":
            return TypeAdapter(dict[str, Phrase]).validate_python(data)
        if path.name == "intents.toml":
            return TypeAdapter(dict[str, Intent]).validate_python(data)
        if unknown := set(data) - {"slots", "tools"}:
            key = sorted(unknown)[0]
            raise BusinessError(
                f"{path}:{line_of(text, (key,))}: '{key}' isn't known: use [slots.*] and [tools.*]."
            )
        return {
            "slots": _table(dict[str, Slot], data.get("slots", {}), "slots"),
            "tools": _table(dict[str, Tool], data.get("tools", {}), "tools"),
        }
    except ValidationError as error:
        raise _told(path, text, error) from None


def _table(kind: Any, data: Any, name: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        lines: list[Any] = [
            {"type": e["type"], "loc": (name, *e["loc"]), "input": e["input"], "ctx": e.get("ctx", {})}
            for e in error.errors()
        ]
        raise ValidationError.from_exception_data(name, lines) from None


def _told(path: Path, text: str, error: ValidationError) -> BusinessError:
    first = error.errors()[0]
    keys = tuple(str(part) for part in first["loc"] if part != "[key]")
    where = f"{path}:{line_of(text, keys)}: {'.'.join(keys) or 'the file'}"
    kind = first["type"]
    if kind == "extra_forbidden":
        near = _nearest(keys[-1], _known_keys(keys))
        return BusinessError(
            f"{where} isn't a known key{f': did you mean {near!r}?' if near else ': take it out.'}"
        )
    if kind == "missing":
        return BusinessError(f"{where} is missing: add it.")
    message = first["msg"].removeprefix("Value error, ")
    return BusinessError(f"{where}: {message[:1].lower() + message[1:]}.")


def _known_keys(keys: tuple[str, ...]) -> list[str]:
    names: set[str] = set()
    for model in (Profile, Phrase, Slot, Tool, Intent):
        if keys[-1] not in model.model_fields:
            names |= set(model.model_fields)
    return sorted(names)


def _nearest(word: str, words: Iterable[str]) -> str | None:
    found = process.extractOne(word, list(words), score_cutoff=60)
    return found[0] if found else None


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line (from 1) where `keys` stand in a TOML text; the nearest enclosing table's where unsure."""
    header, best = "", 1
    tables = [".".join(keys[:n]) for n in range(len(keys), 0, -1)]
    rank = len(tables) + 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if match := re.match(r"\[+\s*([^\]]+?)\s*\]+", stripped):
            header = match[1].replace('"', "")
            name = header
        elif match := re.match(r"([\w\"'-]+)\s*=", stripped):
            key = match[1].strip("\"'")
            name = f"{header}.{key}" if header else key
        else:
            continue
        if name in tables and tables.index(name) < rank:
            best, rank = number, tables.index(name)
    return best


def _references(folder: Path, business: Business) -> Iterator[BusinessError]:
    texts = {name: (folder / name).read_text("utf-8") for name in FILES}

    def wrong(file: str, keys: tuple[str, ...], said: str) -> BusinessError:
        return BusinessError(f"{folder / file}:{line_of(texts[file], keys)}: {'.'.join(keys)}: {said}.")

    def unknown(
        file: str, keys: tuple[str, ...], name: str, what: str, known: Iterable[str]
    ) -> BusinessError:
        near = _nearest(name, known)
        hint = f"did you mean '{near}'?" if near else f"add it to the {what}s"
        return wrong(file, keys, f"there's no {what} '{name}': {hint}".rstrip("?."))

    for needed in REQUIRED_PHRASES:
        if needed not in business.phrases:
            yield wrong("phrases.toml", (needed,), "this phrase is needed in every call: add it")
    for intent_id, intent in business.intents.items():
        if intent.tool is not None and intent.tool not in business.tools:
            yield unknown("intents.toml", (intent_id, "tool"), intent.tool, "tool", business.tools)
        for phrase in intent.say:
            if phrase not in business.phrases:
                yield unknown("intents.toml", (intent_id, "say"), phrase, "phrase", business.phrases)
    if (back := business.profile.human.callback) is not None:
        tool = business.tools.get(str(business.intents[back].tool)) if back in business.intents else None
        if tool is None or tool.write is None or not tool.slots:
            said = f"'{back}' is no intent of a tool with a slot for the number and a [write]"
            yield wrong("business.toml", ("human", "callback"), said)
    for slot_id, slot in business.slots.items():
        yield from slot_references(business, slot_id, slot, wrong, unknown)
    for tool_id, tool in business.tools.items():
        yield from tool_references(business, tool_id, tool, wrong, unknown)
    for file, keys, _, found in phrase_claims(business):
        yield wrong(file, keys, f"'{found.text}' is proven by no fact: {found.advice}")
