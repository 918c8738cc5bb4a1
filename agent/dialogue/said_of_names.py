"""Whether a model's sentence says of each name what the approved phrase says of it.

The truth check proves values. It can't tell "is due on {due_date}" from "was due on {due_date}", nor "has
{digits} digits" from "is {digits}": true values, false sentences. So around a name the words of its phrase
stand: what leads to it, what it is counted in, the verb before it and what that verb says.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.dialogue.claims_words import stem

_TOKEN = re.compile(r"\{[a-z][a-z0-9_]*\}|[a-z]+(?:'[a-z]+)?|[.,;:?!]")
_SHORT = (
    (re.compile(r"\bcan(?:'t|not)\b"), "can not"), (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"), (re.compile(r"'re\b"), " are"), (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"), (re.compile(r"'d\b"), " would"), (re.compile(r"'m\b"), " am"),
    (re.compile(r"\b(it|that|there|here|what|who|he|she)'s\b"), r"\1 is"), (re.compile(r"'s?\b"), ""),
)  # fmt: skip
_VERBS = {
    "is": "is are am", "was": "was were", "has": "has have", "had": "had", "will": "will", "would": "would",
    "can": "can", "could": "could", "may": "may might", "must": "must", "should": "should",
    "does": "does do", "did": "did",
}  # fmt: skip
_VERB = {form: verb for verb, forms in _VERBS.items() for form in forms.split()}
"""Forms of a verb that tells when, or how surely."""
_BEFORE_NOUNS = frozenset("a an the your our its my this that".split())
_PERSONS = {"i": "we", "me": "us", "my": "our"} | {one: one for one in "we us our you your they them".split()}
"""Who does something, and to whom: "you can reach us" is not "we can reach you"."""
_EMPTY = (
    frozenset(
        "at on in by with to from of for until till before after since within between per via about over "
        "under and or but so because that which who it its there here as than also too then be been being "
        "not".split()
    )
    | _BEFORE_NOUNS
    | set(_VERB)
    | set(_PERSONS)
)
_AHEAD = frozenset(map(stem, ("expected", "planned", "scheduled")))
"""What lies ahead may also be said by a verb alone."""
_NO = frozenset(("no", "not", "never"))
_ENDS = frozenset(".,;:?!")


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands around a name."""

    name: str
    lead: str
    """The word that leads to it: a preposition, mostly; empty at the beginning."""
    own: bool
    """Whether the name's own noun stands before it: "order {order_number}", "the cause is {cause}"."""
    unit: str
    """The stem of the noun or verb right behind it; empty where there's none."""
    verb: str
    past: bool
    """Whether a word behind the verb ends like the past."""
    denied: bool
    said: frozenset[str]
    """Stems between the verb and the name."""
    before: frozenset[str]
    """All stems before it."""


def unlike(raw: str, phrases: Sequence[str]) -> str | None:
    """Why `raw`, a sentence with `{names}`, says something else than `phrases` do; None where it doesn't.

    A name that stands in none of the phrases is not looked at.
    """
    if "?" in raw and not any("?" in phrase for phrase in phrases):
        return "a question, where an answer is told"
    tokens = _tokens(raw)
    known = [place for phrase in phrases for place in _places(_tokens(phrase))]
    persons = {_PERSONS[token] for phrase in phrases for token in _tokens(phrase) if token in _PERSONS}
    for token in tokens:
        if token in _PERSONS and _PERSONS[token] not in persons:
            return f"the phrase doesn't speak of {token}"
    for place in _places(tokens):
        told = [one for one in known if one.name == place.name]
        if told and not any(_agrees(place, one) for one in told):
            return f"the phrase says something else of {place.name}"
    return None


def _agrees(place: _Place, told: _Place) -> bool:
    if place.unit != told.unit or not (place.lead == told.lead or (place.own and told.own)):
        return False
    if told.verb == "is" and not place.verb and not place.past:  # "it arrives" for "is expected to arrive"
        return told.said - _AHEAD <= place.before and not (place.denied or told.denied)
    if told.verb and place.verb != told.verb:
        return False
    return place.denied == told.denied and told.said <= place.before


def _places(tokens: Sequence[str]) -> Iterator[_Place]:
    for at, token in enumerate(tokens):
        if not token.startswith("{"):
            continue
        name = token.strip("{}")
        own_stems = {stem(part) for part in name.split("_")}
        lead, own = _lead(tokens, at, own_stems)
        verb_at = next((place for place in range(at - 1, -1, -1) if tokens[place] in _VERB), None)
        start = verb_at + 1 if verb_at is not None else _clause_start(tokens, at)
        yield _Place(
            name=name,
            lead=lead,
            own=own,
            unit=_unit(tokens, at),
            verb=_VERB[tokens[verb_at]] if verb_at is not None else "",
            past=any(token.endswith("ed") for token in tokens[start:at]),
            denied=not _NO.isdisjoint(tokens[start:at]),
            said=frozenset(_stems(tokens[start:at])) - own_stems,
            before=frozenset(_stems(tokens[:at])),
        )


def _lead(tokens: Sequence[str], at: int, own_stems: set[str]) -> tuple[str, bool]:
    place, own = at - 1, False
    while place >= 0 and (tokens[place] in _BEFORE_NOUNS or stem(tokens[place]) in own_stems):
        own = own or tokens[place] not in _BEFORE_NOUNS
        place -= 1
    if place < 0 or tokens[place] in _ENDS:
        return "", own
    lead = _VERB.get(tokens[place], tokens[place])
    if lead == "is" and place > 0 and stem(tokens[place - 1]) in own_stems:
        own = True
    return lead, own


def _unit(tokens: Sequence[str], at: int) -> str:
    behind = tokens[at + 1] if at + 1 < len(tokens) else "."
    if behind in _BEFORE_NOUNS and at + 2 < len(tokens):  # "$0.18 a kilowatt hour"
        behind = tokens[at + 2]
    return "" if behind in _EMPTY or behind in _ENDS or behind.startswith("{") else stem(behind)


def _clause_start(tokens: Sequence[str], at: int) -> int:
    return next((place + 1 for place in range(at - 1, -1, -1) if tokens[place] in _ENDS | {"and"}), 0)


def _stems(tokens: Iterable[str]) -> Iterator[str]:
    return (stem(one) for one in tokens if one not in _EMPTY | _ENDS and not one.startswith("{"))


def _tokens(text: str) -> list[str]:
    said = text.lower().replace("’", "'")
    for pattern, long in _SHORT:
        said = pattern.sub(long, said)
    return _TOKEN.findall(said)
