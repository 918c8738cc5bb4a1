"""What a turn's facts prove: their values, the words they say, and with which sign. Pure.

A fact is read once (cached): its values as atoms, the stems of its text and name, and what stands there
as done ("cancelled", "has shipped") apart from what is only possible ("you can cancel").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_values import atoms
from agent.dialogue.claims_words import (
    CLOSED_UNITS,
    CODE_NAMES,
    MONEY_NAMES,
    NEGATORS,
    NEUTRAL_NAMES,
    PERCENT_NAMES,
    STOPS,
    UNITS,
    is_action,
    stem,
)
from agent.dialogue.protocol import Fact

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CLAUSE = re.compile(r"[.;!?:]+(?=\s|$)|,\s|\b(?:but|however|although|though|except|unless|while|whereas)\b")
_DONE = re.compile(
    r"\b(?:(?:have|has|had|having|was|were|been|is|are|am|being|got|gets?|i|we|they)\b|'ve\b|'s\b|'re\b|'m\b)"
    r"\s*(?:(?:been|being|now|just|already|also|not|successfully|fully|\w+ly)\s+)*"
    r"(\w+(?:ed|en|wn|ught)|sent|paid|sold|lost|made|put|set|left|denied|done|gone|held|due)\b"
)
_PARTICIPLE = re.compile(r"(?:ed|en|sent|paid|sold|lost|denied)$")
_FALSE = frozenset({"no", "false", "0", "none", "null", "never", ""})


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as the check sees it."""

    fact: Fact
    text: str
    """The fact's value, or the sentence of it that this is."""
    atoms: tuple[Atom, ...]
    name_words: frozenset[str]
    words: frozenset[str]
    """Lower-case words of the value and the name."""
    value_stems: frozenset[str]
    name_stems: frozenset[str]
    done: frozenset[str]
    """Stems of what has happened or is the state of things."""
    caller: bool
    """Said by the caller, so proven only as his words."""

    @property
    def stems(self) -> frozenset[str]:
        return self.value_stems | self.name_stems


@lru_cache(maxsize=2048)
def view(fact: Fact) -> FactView:
    name_words = frozenset(
        w.lower() for w in re.findall(r"[A-Za-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", fact.name))
    )
    value = fact.value.strip()
    low = value.lower()
    value_words = [w.lower().replace("’", "'") for w in _WORD.findall(value)]
    name_stems = frozenset(stem(w) for w in name_words)
    return FactView(
        fact=fact,
        text=value,
        atoms=tuple(_fact_atoms(value, name_words)),
        name_words=name_words,
        words=frozenset(value_words) | name_words,
        value_stems=frozenset(stem(w) for w in value_words if w not in STOPS),
        name_stems=name_stems,
        done=_done(low, value_words, name_words, low in _FALSE),
        caller=fact.source.lower().startswith("caller"),
    )


def split(text: str) -> list[str]:
    """Clauses of a lower-case text."""
    return [part.strip() for part in _CLAUSE.split(text) if part and part.strip()]


def states(clause: str) -> bool:
    """Whether a clause says something that could be denied; a mere name can't."""
    words = _WORD.findall(clause)
    return len(words) > 4 or any(is_action(w) or w in NEGATORS for w in words)


def done_forms(low: str) -> Iterator[tuple[str, str, int, int]]:
    """(stem, text, start, end) of each "has been cancelled", "we refunded", "is confirmed" in `low`."""
    for match in _DONE.finditer(low):
        yield stem(match[1]), match[0], match.start(), match.end()


def proves(fact: FactView, atom: Atom) -> bool:
    """Whether one of the fact's values is the value of `atom`, unit and all."""
    return any(_same(atom, held, fact) for held in fact.atoms)


def _done(low: str, words: list[str], name_words: frozenset[str], false: bool) -> frozenset[str]:
    if false:
        return frozenset()
    found = {stem(w) for w in name_words if _PARTICIPLE.search(w)}
    if len(words) <= 4:
        found |= {stem(w) for w in words if is_action(w)}
    found |= {name for name, _, _, _ in done_forms(low)}
    return frozenset(found)


def _fact_atoms(value: str, name_words: frozenset[str]) -> Iterator[Atom]:
    yield from atoms(value)
    bare = value.replace(",", "")
    try:
        number = Decimal(bare) if re.fullmatch(r"-?\d+(?:\.\d+)?", bare) else None
    except InvalidOperation:
        number = None
    end = len(value)
    if number is not None:
        if name_words & MONEY_NAMES:
            yield Atom("amount", number, value, 0, end)
        if name_words & PERCENT_NAMES:
            yield Atom("percent", number, value, 0, end)
        if name_words & CODE_NAMES:
            yield Atom("identifier", value, value, 0, end)
        else:
            yield Atom("number", number, value, 0, end)
    elif re.fullmatch(r"[A-Za-z0-9_-]+", value) and re.search(r"\d", value):
        yield Atom("identifier", re.sub(r"[^A-Za-z0-9]", "", value).upper(), value, 0, end)
    if re.search(r"(?<![\w-])(?:free|no (?:charge|cost|fee)|without charge|complimentary)\b", value.lower()):
        yield Atom("amount", Decimal(0), value, 0, end)


def _same(claim: Atom, held: Atom, fact: FactView) -> bool:
    match claim.kind:
        case "number":
            return _same_number(claim, held, fact)
        case "amount":
            return held.kind == "amount" and claim.value == held.value
        case "ordinal":
            return held.kind in {"ordinal", "day"} and claim.value == held.value
        case "day":
            if held.kind == "date":
                return Decimal(held.value[2]) == claim.value  # type: ignore[index]
            return held.kind in {"day", "ordinal"} and claim.value == held.value
        case "date":
            return held.kind == "date" and _same_date(claim.value, held.value)  # type: ignore[arg-type]
        case "month":
            return (held.kind == "month" and held.value == claim.value) or (
                held.kind == "date" and held.value[1] == claim.value  # type: ignore[index]
            )
        case "year":
            return (held.kind in {"year", "number"} and held.value == claim.value) or (
                held.kind == "date" and held.value[0] == int(claim.value)  # type: ignore[index, call-overload]
            )
        case "time":
            if held.kind != "time":
                return False
            said, kept = claim.value, held.value
            return said[:2] == kept[:2] and (said[2] == kept[2] or not said[2] or not kept[2])  # type: ignore[index]
        case "identifier":
            return held.kind in {"identifier", "number", "year"} and _same_code(claim.value, held.value)
        case _:
            return held.kind == claim.kind and held.value == claim.value


def _code(value: object) -> str:
    return re.sub(r"[^A-Z0-9@.]", "", str(value).upper())


def _same_code(said: object, held: object) -> bool:
    """Equal, or a telephone number (ten digits or more) without its country code."""
    one, other = _code(said), _code(held)
    return one == other or (len(one) >= 10 and one.isdecimal() and other.isdecimal() and other.endswith(one))


def _same_date(said: tuple[int | None, int, int], held: tuple[int | None, int, int]) -> bool:
    years_agree = said[0] is None or held[0] == said[0]
    return said[1:] == held[1:] and years_agree


def _same_number(claim: Atom, held: Atom, fact: FactView) -> bool:
    if held.kind == "amount" and not claim.unit:
        return held.value == claim.value
    if held.kind in {"ordinal", "percent"}:
        return False
    if held.kind == "identifier":
        return not claim.unit and str(held.value) == str(claim.value)
    if held.kind != "number" or held.value != claim.value:
        return False
    named = {UNITS[w] for w in fact.name_words if w in UNITS and w != "in"} & CLOSED_UNITS
    kept = held.unit if held.unit in CLOSED_UNITS else ""
    if claim.unit in CLOSED_UNITS | {"part"}:
        if kept or named:
            return claim.unit == kept or claim.unit in named
        return bool(fact.name_words & NEUTRAL_NAMES) or (claim.unit == held.unit)
    return not ((kept or named) and claim.unit)
