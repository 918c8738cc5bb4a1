"""A row of training data: a chat whose last message is what the agent should say, and its facts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from agent.dialogue.business import ValueKind
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.jsonl import write_lines

Learned = Literal["last", "all"]
"""Whose words count in the loss: the last reply's, or those of every reply of the chat."""
ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class NamedFact:
    """A fact that a reply may name: its value as it is kept (not spoken), and its type."""

    value: str
    kind: ValueKind = "text"


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    messages: tuple[Message, ...]
    """System, then user and assistant in turns; the last is the assistant's reply, with facts by name."""
    source: str
    """Where it is from: a file, a set, a business's folder."""
    business: str
    """Whose agent speaks. A business (or a service of a public set) is never on two sides of a split."""
    scenario: str
    """The conversation or template that it comes from; never on two sides of a split."""
    category: str
    facts: Mapping[str, NamedFact] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    """Names that the reply must say."""
    declines: bool = False
    """Whether the right reply says that the fact isn't there."""
    learned: Learned = "last"

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What the model reads: all but the reply."""
        return self.messages[:-1]

    @property
    def reply(self) -> str:
        return self.messages[-1].content

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "id": self.id,
            "source": self.source,
            "business": self.business,
            "scenario": self.scenario,
            "category": self.category,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "facts": {name: {"value": fact.value, "kind": fact.kind} for name, fact in self.facts.items()},
            "needed": list(self.needed),
            "declines": self.declines,
            "learned": self.learned,
        }


def read_rows(path: Path) -> tuple[Row, ...]:
    """All rows of a JSONL file that `write_rows` made. Raises `DataError`."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: can't be read; run `finetune prepare` again.") from error
    return tuple(parse_rows(text, str(path)))


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """One row a line; the file stands whole or not at all."""
    write_lines(path, (row.document() for row in rows))


def parse_rows(text: str, name: str) -> Iterator[Row]:
    """The rows of a JSONL text; `name` is its file's. Raises `DataError`."""
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        try:
            yield row_of(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{name}:{number}: not a prepared row ({error}); run `finetune prepare`."
            ) from error


def row_of(document: Mapping[str, Any]) -> Row:
    """A row of its `document`. Raises `ValueError`, `KeyError` or `TypeError`."""
    messages = tuple(Message(part["role"], part["content"]) for part in document["messages"])
    if len(messages) < 2 or messages[-1].role != "assistant":
        raise ValueError("the last message is the assistant's")
    if any(message.role not in ROLES for message in messages):
        raise ValueError(f"roles are {', '.join(ROLES)}")
    if document.get("learned", "last") not in get_args(Learned):
        raise ValueError("learned is last or all")
    return Row(
        id=document["id"],
        messages=messages,
        source=document["source"],
        business=document["business"],
        scenario=document["scenario"],
        category=document["category"],
        facts={
            name: NamedFact(fact["value"], fact.get("kind", "text"))
            for name, fact in document.get("facts", {}).items()
        },
        needed=tuple(document.get("needed", ())),
        declines=bool(document.get("declines", False)),
        learned=document.get("learned", "last"),
    )
