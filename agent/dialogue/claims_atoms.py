"""One value that a text states, and where. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.dialogue.slots_numbers import Token

AtomKind = Literal[
    "number", "ordinal", "amount", "percent", "date", "weekday", "month", "day", "year", "relative", "time",
    "identifier",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Atom:
    """One value in a text, and where it stands."""

    kind: AtomKind
    value: object
    """Decimal; (year | None, month, day); (hour, minute, "a" | "p" | ""); or the code in capitals."""
    text: str
    start: int
    end: int
    unit: str = ""
    """Normal form of what is counted: "day", "kilogram", the noun, or "" where none follows."""


Hit = tuple[list[Atom], int]
"""The atoms read at a place, and the index of the token after them."""


def low_at(words: Sequence[Token], at: int) -> str:
    return words[at].low if 0 <= at < len(words) else ""


def atom_of(
    kind: AtomKind, value: object, words: Sequence[Token], first: int, after: int, text: str, unit: str = ""
) -> Atom:
    start, end = words[first].start, words[after - 1].end
    return Atom(kind, value, text[start:end], start, end, unit)
