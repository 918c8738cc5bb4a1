"""Chats as rows: JSONL of messages, and tables (CSV) of turns or of prompts and replies."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from agent.dialogue.business import ValueKind
from agent.dialogue.responder import NAME
from agent.llm.protocol import Message
from finetune.data.checks import Refused
from finetune.data.errors import DataError
from finetune.data.rows import ROLES, NamedFact, Row, row_of

SPEAKERS = {
    "system": "system",
    "user": "user",
    "human": "user",
    "caller": "user",
    "customer": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "agent": "assistant",
    "bot": "assistant",
}
"""Roles as others write them -> ours."""
CONVERSATION_KEYS = ("conversation", "conversation_id", "id")
CATEGORY = "chat"


@dataclass(slots=True)
class Chats:
    """What a file of chats holds."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class _Wrong(ValueError):
    """A chat can't be used; the text is the rest of a sentence."""


def read_jsonl(name: str, text: str, persona: str) -> Chats:
    """One chat a line: `{"messages": [{"role", "content"}]}`, `{"conversations": [{"from", "value"}]}`, or a
    prepared row. `persona` goes before a chat without a system message; `name` is the file's."""
    chats = Chats()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            chats.rows.append(_of_line(place, name, line, persona))
        except _Wrong as error:
            chats.refused.append(Refused(place, str(error)))
    return chats


def read_table(name: str, text: str, persona: str) -> Chats:
    """A table with the columns `conversation`, `role`, `text` (a turn a line, in their order), or `prompt`,
    `reply`; separated by commas, semicolons or tabs. Further columns: business, scenario, category.

    Raises `DataError` where the first line names other columns.
    """
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = set(table.fieldnames or ())
        if {"prompt", "reply"} <= columns:
            return _collected(name, _pairs(name, table), persona)
        key = next((key for key in CONVERSATION_KEYS if key in columns), None)
        if key is None or not {"role", "text"} <= columns:
            raise DataError(
                f"{name}:1: the first line names the columns: conversation, role, text; or prompt, reply."
            )
        return _collected(name, _conversations(name, table, key), persona)
    except csv.Error as error:
        raise DataError(
            f"{name}:{table.line_num}: this isn't a table ({error}): save it anew as CSV."
        ) from None


def _of_line(place: str, name: str, line: str, persona: str) -> Row:
    try:
        document = json.loads(line)
    except ValueError as error:
        raise _Wrong(f"this isn't JSON ({error})") from None
    if not isinstance(document, dict):
        raise _Wrong('a line is an object: {"messages": [...]}')
    if "learned" in document:
        try:
            return row_of(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _Wrong(f"not a prepared row ({error})") from None
    if isinstance(turns := document.get("messages"), list):
        told = [_message(turn, "role", "content") for turn in turns]
    elif isinstance(turns := document.get("conversations"), list):
        told = [_message(turn, "from", "value") for turn in turns]
    else:
        raise _Wrong('a chat has "messages" or "conversations"')
    return _row(place, name, told, persona, document)


def _message(turn: Any, role: str, content: str) -> Message:
    if not isinstance(turn, dict) or not isinstance(turn.get(content), str):
        raise _Wrong(f'a message is an object with "{role}" and "{content}", both texts')
    return _said(turn.get(role), turn[content])


def _said(role: Any, text: str) -> Message:
    ours = SPEAKERS.get(str(role).strip().lower())
    if ours is None:
        raise _Wrong(f"'{role}' is no role: use {', '.join(ROLES)}")
    return Message(ours, text.strip())  # type: ignore[arg-type]


Turns = tuple[int, Sequence[tuple[Any, str]], Mapping[str, Any]]
"""Line, what was said by whom, and the other columns of a chat."""


def _pairs(name: str, table: "csv.DictReader[str]") -> Iterator[Turns]:
    for cells in table:
        turns = [("user", cells["prompt"] or ""), ("assistant", cells["reply"] or "")]
        yield table.line_num, turns, cells


def _conversations(name: str, table: "csv.DictReader[str]", key: str) -> Iterator[Turns]:
    """Chats by the column `key`, each at the line of its first turn."""
    chats: dict[str, tuple[int, list[tuple[Any, str]], Mapping[str, Any]]] = {}
    for cells in table:
        _, turns, _ = chats.setdefault(str(cells[key]), (table.line_num, [], cells))
        turns.append((cells["role"], cells["text"] or ""))
    yield from chats.values()


def _collected(name: str, chats: Iterator[Turns], persona: str) -> Chats:
    found = Chats()
    for line, turns, cells in chats:
        place = f"{name}:{line}"
        try:
            told = [_said(role, text) for role, text in turns]
            found.rows.append(_row(place, name, told, persona, cells))
        except _Wrong as error:
            found.refused.append(Refused(place, str(error)))
    return found


def _row(place: str, name: str, told: Sequence[Message], persona: str, document: Mapping[str, Any]) -> Row:
    """The chat as a row; every reply is learned. What callers say after the last reply is left out."""
    messages = list(told)
    while messages and messages[-1].role == "user":
        messages.pop()
    if not messages or messages[-1].role != "assistant":
        raise _Wrong("it has no reply of the assistant to learn")
    if messages[0].role != "system":
        messages.insert(0, Message("system", persona))
    return Row(
        id=place,
        messages=tuple(messages),
        source=name,
        business=str(document.get("business") or name),
        scenario=str(document.get("scenario") or place),
        category=str(document.get("category") or CATEGORY),
        facts=_facts(document.get("facts") or {}),
        needed=tuple(dict.fromkeys(NAME.findall(messages[-1].content))),
        learned="all",
    )


def _facts(told: Any) -> dict[str, NamedFact]:
    """Facts that a reply names: `{"ship_date": "2026-11-20"}`, or each with a value and a kind."""
    if not isinstance(told, dict):
        raise _Wrong('facts are an object: {"ship_date": "2026-11-20"}')
    facts: dict[str, NamedFact] = {}
    kind: Any
    for name, fact in told.items():
        value, kind = (
            (fact.get("value"), fact.get("kind", "text")) if isinstance(fact, dict) else (fact, "text")
        )
        if not isinstance(value, str) or kind not in get_args(ValueKind):
            kinds = ", ".join(get_args(ValueKind))
            raise _Wrong(f"the fact {name} is a text, or has a value and a kind, one of {kinds}")
        facts[name] = NamedFact(value, kind)
    return facts
