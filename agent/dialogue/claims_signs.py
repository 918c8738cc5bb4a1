"""Negations: a clause that denies what a fact says, or says what a fact denies. Pure.

What counts is whether the number of negations is odd: "you don't need an appointment" and "without an
appointment" deny the same. "No" and "without" count where what they deny is spoken of by both.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.dialogue.claims_facts import FactView, split, states
from agent.dialogue.claims_grounds import Clause, talk
from agent.dialogue.claims_meanings import OPPOSITES, is_light, meanings, normal
from agent.dialogue.claims_said import Said, conditional
from agent.dialogue.claims_words import MONEY_NAMES, NEGATORS, STOPS, UNITS, stem
from agent.dialogue.protocol import Fact

_LOCAL = frozenset("no without neither nor none zero nothing".split())
"""Deny the few words after them; the others deny the clause."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OFF = re.compile(r"\b(?:is|are|it's|turned|switched)\s+off\b")
_ELLIPSIS = re.compile(r"^(?:not|never|cannot|can't|only)\b")
_NO = frozenset({"no", "false", "0", "none", "null", "never", "off"})
_YES = frozenset({"yes", "true", "on"})
_EARLIER = {"@ship": ("@process", "backorder"), "@deliver": ("@process", "@ship", "@cancel", "backorder")}
"""What hasn't happened yet while an order is in one of these states."""
_UNDER_WAY = frozenset("wait @pend @process progress review open schedul start repair".split())
_OVER = frozenset("ready don finish @complete done".split())


@dataclass(frozen=True, slots=True)
class Signs:
    """What a clause speaks of, and what in it is denied."""

    stems: frozenset[str]
    whole: int
    """Negations of the clause."""
    local: tuple[frozenset[str], ...]
    """What each "no" and "without" reaches."""
    flag: bool = False
    """Whether it's the yes or no of a column."""
    count: bool = False
    """Whether it's a number, which says that there are some."""

    def shared(self, other: "Signs") -> frozenset[str]:
        """Stems of this clause that the other speaks of too."""
        return frozenset(name for name in self.stems if any(_alike(name, theirs) for theirs in other.stems))

    def denied(self, shared: frozenset[str]) -> bool:
        """Whether what is `shared` is denied."""
        return (self.whole + sum(bool(reach & shared) for reach in self.local)) % 2 == 1


def negations(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """Each clause with a negation, and each that lacks one: borne out by the fact nearest to it or not."""
    at = 0
    for part in split(low):
        start = low.index(part, at)
        at = start + len(part)
        if conditional(low, start + 1) or talk(Clause(part, start, at)):
            continue
        said = signs(normal(part))
        nearest = _nearest(said, own)
        if nearest is None:
            follows = follow(part, own)
            if follows is not None:
                yield Said("negation", part, start, at, follows[1])
            continue
        fact, agrees = nearest
        if not agrees:
            yield Said("negation", part, start, at, None, f"{fact.name} says the opposite")
        elif said.whole or said.local:
            yield Said("negation", part, start, at, fact)


def follow(part: str, own: Sequence[FactView]) -> tuple[str, Fact] | None:
    """(stem, fact) of "it hasn't been delivered yet" where the fact gives an earlier state."""
    said = signs(part)
    if not said.whole % 2:
        return None
    for view in own:
        if not view.name_words & {"status", "state"} or view.caller:
            continue
        for name in said.stems:
            if view.value_stems & set(_EARLIER.get(name, ())) and name not in view.value_stems:
                return name, view.fact
            if name in _OVER and view.value_stems & _UNDER_WAY:
                return name, view.fact
    return None


def _nearest(said: Signs, own: Sequence[FactView]) -> tuple[Fact, bool] | None:
    """The fact that speaks of most of the same, and whether with the same sign; None where none does."""
    found: list[tuple[int, Fact, bool]] = []
    for view in own:
        if view.caller:
            continue
        for held in view_signs(view):
            mine, theirs = said.shared(held), held.shared(said)
            if held.count and not (said.whole or said.local):
                continue
            whole = (held.flag or len(held.stems) == 1) and len(theirs) == len(held.stems)
            bare = all(is_light(name) for name in said.stems - mine)
            whole = whole or (bare and any(mine and theirs <= reach for reach in held.local))
            acts = any(name.startswith("@") for name in mine)
            if not whole and (held.flag or (len(mine) < 2 and not acts)):
                continue
            found.append((len(mine) + whole, view.fact, said.denied(mine) == held.denied(theirs)))
    if not found:
        return None
    most = max(weight for weight, _, _ in found)
    nearest = [(fact, agrees) for weight, fact, agrees in found if weight == most]
    return next((one for one in nearest if one[1]), nearest[0])


@lru_cache(maxsize=4096)
def _alike(one: str, other: str) -> bool:
    if one[0] == "@" or other[0] == "@":
        return one == other
    return one == other or bool(meanings(one) & meanings(other))


@lru_cache(maxsize=4096)
def signs(clause: str) -> Signs:
    """What a lower-case clause says and denies."""
    words = [w.replace("’", "'") for w in _WORD.findall(clause.replace("not only", "also"))]
    whole = sum(1 for w in words if w in NEGATORS - _LOCAL) + bool(_OFF.search(clause))
    stems: set[str] = set()
    local: list[set[str]] = []
    reach = 0
    for word in words:
        if word in _LOCAL:
            local.append(set())
            reach = 3
        elif word not in STOPS and word not in NEGATORS and word not in UNITS:
            whole += word in OPPOSITES
            name = stem(OPPOSITES.get(word, word))
            stems.add(name)
            if reach and local:
                local[-1].add(name)
                reach -= 1
    return Signs(frozenset(stems), whole, tuple(frozenset(one) for one in local))


@lru_cache(maxsize=2048)
def view_signs(view: FactView) -> tuple[Signs, ...]:
    """The clauses of a fact; of a yes or no, and of a count, what its name says."""
    low = view.text.strip().lower()
    name = frozenset(view.name_stems) - STOPS
    if low in _YES:
        return (Signs(name, 0, (), True),)
    if low in _NO:
        return () if low == "0" and view.name_words & MONEY_NAMES else (Signs(name, 1, (), True),)
    if re.fullmatch(r"[1-9]\d*(?:\.\d+)?", low):
        return (Signs(name, 0, (), True, True),)
    found: list[Signs] = []
    for part in split(normal(low)):
        if not states(part):
            continue
        one = signs(part)
        if found and _ELLIPSIS.match(part):  # "can be exchanged but not refunded": of the same things
            one = Signs(one.stems | {s for s in found[-1].stems if s[0] != "@"}, one.whole, one.local)
        found.append(one)
    return tuple(found)
