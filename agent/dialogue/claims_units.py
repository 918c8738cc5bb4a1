"""Facts that belong together: the columns of a row, one sentence of a document. Pure.

A sentence that takes its words from two rows, or from two sentences of a document, says what neither says:
"sale items can be returned" out of "items can be returned" and "sale items can be exchanged".
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.dialogue.claims_facts import FactView, view
from agent.dialogue.claims_meanings import meanings, normal
from agent.dialogue.claims_words import stem
from agent.dialogue.protocol import Fact

_ROW = re.compile(r"^([A-Za-z_][\w ]*)\[([^\]]*)\]")
_SENTENCE = re.compile(r"(?<=[.!?;])(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bDr\.)\s+(?=[A-Z0-9\"'(])|\n+")
_HOURS = re.compile(r",\s+(?:and\s+)?(?=(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b)")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SAID = ("caller_words",)
"""Names of facts that are whole utterances of the caller."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Facts that one clause may be made of."""

    views: tuple[FactView, ...]
    meanings: frozenset[str | int]
    stems: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=2048)
def pieces(fact: Fact) -> tuple[FactView, ...]:
    """The fact, or each sentence of it where it is a text of several."""
    parts = [part.strip() for part in _SENTENCE.split(fact.value) if part.strip()]
    if len(parts) < 2:
        parts = [part.strip() for part in _HOURS.split(fact.value) if part.strip()]
    if len(parts) < 2:
        return (view(fact),)
    return tuple(replace(view(Fact(fact.name, part, fact.source)), fact=fact) for part in parts)


def units(views: Sequence[FactView]) -> tuple[Unit, ...]:
    """Every set of facts that may be told in one clause; at least one, which may be empty.

    Facts of which there is one (a business's own, the only row of a table) go with each of those of which
    there are several (rows of one table, sentences of texts).
    """
    rows: dict[str, dict[str, list[FactView]]] = defaultdict(lambda: defaultdict(list))
    shared: list[FactView] = []
    texts: list[FactView] = []
    for one in views:
        row = _ROW.match(one.fact.source)
        if row is not None:
            rows[row[1]][row[2]].append(one)
        elif is_text(one):
            texts.append(one)
        else:
            shared.append(one)
    choices: list[list[FactView]] = [[text] for text in texts]
    for table in rows.values():
        if len(table) == 1:
            shared += next(iter(table.values()))
        else:
            choices += list(table.values())
    return tuple(_unit((*shared, *choice)) for choice in choices or [[]])


def whole(views: Sequence[FactView]) -> Unit:
    """All facts together, for a clause that compares two things."""
    return _unit(tuple(views))


def is_text(one: FactView) -> bool:
    """Whether a fact is a statement rather than a value."""
    return len(one.text.split()) > 5 or one.text.endswith((".", "!")) or one.fact.name in SAID


@lru_cache(maxsize=1024)
def _unit(views: tuple[FactView, ...]) -> Unit:
    words = {word for one in views for word in words_of(one)}
    return Unit(
        views=views,
        meanings=frozenset(meaning for word in words for meaning in meanings(word)),
        stems=frozenset(stem(word) for word in words),
        words=frozenset(words),
    )


@lru_cache(maxsize=2048)
def words_of(one: FactView) -> frozenset[str]:
    """Lower-case words of value, name and table, with what several of them mean together."""
    row = _ROW.match(one.fact.source)
    table = re.findall(r"[a-z]+", row[1].lower()) if row is not None else []
    kept = " ".join((one.text, normal(one.text.lower())))
    found = {word.lower().replace("’", "'") for word in _WORD.findall(kept)}
    found |= {part for word in found for part in word.split("-")}
    return frozenset(found | one.words | set(table))
