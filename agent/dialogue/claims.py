"""The truth check: may a sentence be spoken, given the facts of this turn? Pure and exact.

A number, date, name, sum or promise that is not in the facts is not spoken. The world is closed: what no
fact says is refused, with what was refused and of which kind, so that the caller's template is spoken
instead. Similarity of meaning is not looked at here; exactness is.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_comparisons import comparisons
from agent.dialogue.claims_facts import FactView, proves
from agent.dialogue.claims_form import unspeakable
from agent.dialogue.claims_grounds import clauses, grounds, talk
from agent.dialogue.claims_names import names
from agent.dialogue.claims_proofs import proven_by
from agent.dialogue.claims_said import PHRASE
from agent.dialogue.claims_signs import follow
from agent.dialogue.claims_speech import asks, is_question, speech_claims
from agent.dialogue.claims_units import SAID, Unit, pieces, units, whole
from agent.dialogue.claims_values import atoms
from agent.dialogue.claims_words import stem
from agent.dialogue.protocol import Fact, Stated

ClaimKind = Literal[
    "number", "amount", "date", "time", "name", "identifier", "negation", "promise", "comparison", "policy",
    "form",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence states."""

    kind: ClaimKind
    text: str
    """As it stands in the sentence."""
    start: int = 0
    end: int = 0
    fact: Fact | None = None
    """What proves it; None where nothing does."""
    why: str = ""
    """Why it was refused, empty where it was not."""

    @property
    def stated(self) -> Stated:
        """As it is kept."""
        by = None if self.fact is None else f"{self.fact.name} ({self.fact.source})"
        return Stated(self.kind, self.text, by, self.why)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be spoken, what was refused, and which facts its values come from."""

    ok: bool
    refused: tuple[Claim, ...] = ()
    facts: tuple[Fact, ...] = ()
    approved: bool = False
    claims: tuple[Claim, ...] = ()
    """Everything that the sentence states, in order, what was refused included."""


_KINDS: dict[str, ClaimKind] = {
    "number": "number", "ordinal": "number", "amount": "amount", "percent": "number", "date": "date",
    "weekday": "date", "month": "date", "day": "date", "year": "date", "relative": "date", "time": "time",
    "identifier": "identifier",
}  # fmt: skip
_VALUES = frozenset(_KINDS.values())
_WHEN = frozenset({"date", "weekday", "month", "day", "time", "relative"})
_ATTRIBUTION = re.compile(
    r"\b(?:you (?:said|told|gave|mentioned|asked|entered|want(?:ed)?|are (?:asking|calling)|'re "
    r"(?:asking|calling))|"
    r"did you say|i (?:heard|have got|got|understood)|i'?ve got|as you said|you'd like|so that's|was "
    r"that|is that)\b"
)


def check(
    sentence_text: str,
    facts: Sequence[Fact],
    caller_text: str = "",
    approved: Collection[str] = (),
    *,
    today: dt.date | None = None,
    known_names: Collection[str] = (),
) -> Verdict:
    """Checks one sentence (written or spoken form) against the facts of this turn.

    `caller_text` is what the caller said: its values may be said back as his ("you said 12345", or asked).
    A fact whose source starts with "caller" counts the same. `approved` holds sentences that need no proof.
    With `today`, "tomorrow" and "in three days" are proven by a fact's date. `known_names` are the names
    of the business (products, people, places): each that stands in the sentence must be in a fact.
    """
    if approved and _plain(sentence_text) in {_plain(phrase) for phrase in approved}:
        return Verdict(True, approved=True)
    text = sentence_text.replace("’", "'")
    views = [piece for fact in facts for piece in pieces(fact)]
    own = [v for v in views if not v.caller]
    his = [v for v in views if v.caller]
    if caller_text:
        his += pieces(Fact("caller_words", caller_text, "caller"))
    returned = is_question(text) or bool(_ATTRIBUTION.search(text.lower()))
    proof = own + his if returned else own
    claims = list(_compared(text, proof, today))
    taken = [claim.atom for claim in claims if claim.atom is not None]
    found = [claim.claim for claim in claims]
    atoms_borne: list[Atom] = []
    values = list(_all_atoms(text))
    for atom in values:
        if any(atom.start < one.end and one.start < atom.end for one in taken):
            continue
        if atom.kind == "relative" and atom.value == "today" and is_question(text):
            continue
        if atom.text.lower() == "free" and _is_to_have(atom, values, text, proof, today):
            continue
        by = proven_by(atom, text, proof, today)
        if by:
            atoms_borne.append(atom)
        elif atom.kind == "identifier":
            by = [v for v in his if proves(v, atom)]
        why = "" if by else "no fact has this value"
        found.append(
            Claim(_KINDS[atom.kind], atom.text, atom.start, atom.end, by[0].fact if by else None, why)
        )
    said = [*unspeakable(text, [*own, *his], values), *names(text, own, his, known_names, returned)]
    if not asks(text):
        said += speech_claims(text.lower(), proof)
    found += [
        Claim(one.kind, text[one.start : one.end], one.start, one.end, one.fact, one.why) for one in said
    ]
    if not asks(text):
        slots = [v for v in his if v.fact.name not in SAID and v not in proof]
        found += _ungrounded(text, [*proof, *slots], atoms_borne, taken, found, today)
    return _verdict(found)


def _verdict(found: list[Claim]) -> Verdict:
    found.sort(key=lambda claim: (claim.start, claim.end))
    refused = tuple(claim for claim in found if claim.why)
    used = dict.fromkeys(
        claim.fact for claim in found if claim.fact and claim.fact.name not in (*SAID, PHRASE)
    )
    return Verdict(not refused, refused, tuple(used), claims=tuple(found))


@dataclass(frozen=True, slots=True)
class _Comparison:
    claim: Claim
    atom: Atom | None


def _compared(text: str, proof: Sequence[FactView], today: dt.date | None) -> Iterator[_Comparison]:
    for one in comparisons(text, proof, today):
        why = "" if one.fact else "the facts don't compare so"
        yield _Comparison(Claim("comparison", one.text, one.start, one.end, one.fact, why), one.atom)


def _ungrounded(
    text: str,
    proof: Sequence[FactView],
    borne: Sequence[Atom],
    taken: Sequence[Atom],
    found: Sequence[Claim],
    today: dt.date | None,
) -> Iterator[Claim]:
    """Words of the clauses that stand in no fact, and values that are true of another thing."""
    sets = units(proof)
    refused = [claim for claim in found if claim.why]
    spans = [
        (claim.start, claim.end)
        for claim in found
        if claim.kind in _VALUES or (claim.fact and claim.kind == "comparison")
    ]
    spans += [(atom.start, atom.end) for atom in taken] + [
        match.span() for match in _ATTRIBUTION.finditer(text.lower())
    ]
    for clause in clauses(text):
        if talk(clause):
            continue
        inside = [atom for atom in borne if clause.start <= atom.start < clause.end]
        compared = [
            c for c in found if c.kind == "comparison" and c.fact and clause.start <= c.start < clause.end
        ]
        if any("than" in claim.text for claim in compared):
            sets = (whole(proof),)

        def holds(atom: Atom, unit: Unit) -> bool:
            return atom.kind == "relative" or bool(proven_by(atom, text, unit.views, today))

        summed = any(c.kind == "amount" and clause.start <= c.start < clause.end for c in found)
        ground = grounds(clause, sets, inside, spans, holds, summed)
        follows = follow(clause.text, proof)
        for word, start, end in ground.missing:
            if follows is not None and stem(word) == follows[0]:
                continue
            if not any(claim.start < end and start < claim.end for claim in refused):
                yield Claim("policy", text[start:end], start, end, why="no fact speaks of it")
        for atom in ground.apart:
            why = "true of another thing than this sentence speaks of"
            yield Claim(_KINDS[atom.kind], atom.text, atom.start, atom.end, why=why)


def stated(text: str, facts: Sequence[Fact], by: str, today: dt.date | None = None) -> tuple[Stated, ...]:
    """What an approved sentence states: what no fact proves is vouched for `by` where the sentence stands."""
    kept = []
    for claim in check(text, facts, today=today).claims:
        one = claim.stated
        kept.append(Stated(one.kind, one.text, one.by or by))
    return tuple(kept)


_FREE = re.compile(
    r"(?<!feel )(?<!toll )(?<!toll-)\bfree\b(?! to (?:call|ask|reach|contact|tell|let))|\bno (?:charge|"
    r"cost|fee)s?\b|"
    r"\bwithout charge\b|\bcomplimentary\b|\bfree of charge\b",
    re.I,
)


def _all_atoms(text: str) -> Iterator[Atom]:
    yield from atoms(text)
    for match in _FREE.finditer(text):
        if not re.search(r"[A-Za-z]-$", text[: match.start()]):  # "gluten-free"
            yield Atom("amount", 0, match[0], match.start(), match.end())


def _is_to_have(
    atom: Atom, values: Sequence[Atom], text: str, proof: Sequence[FactView], today: dt.date | None
) -> bool:
    """Whether "free" is said of a thing that can be had: "free from January 15th", where a fact says so."""
    if not re.match(r"\s(?:from|until|till|on|at|again)\b", text[atom.end :]):
        return False
    when = next((a for a in values if atom.end < a.start <= atom.end + 12 and a.kind in _WHEN), None)
    by = proven_by(when, text, proof, today) if when is not None else []
    return any(view.words & {"free", "available", "vacant"} for view in by)


def _plain(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower().replace("’", "'")).strip()


def refusals(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How often each kind was refused, for a record without words."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        for claim in verdict.refused:
            counts[claim.kind] = counts.get(claim.kind, 0) + 1
    return counts
