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
from agent.dialogue.claims_facts import FactView, proves, view
from agent.dialogue.claims_speech import SpeechClaim, is_question, speech_claims
from agent.dialogue.claims_values import atoms
from agent.dialogue.claims_words import stem
from agent.dialogue.protocol import Fact, Stated

PHRASE = "phrase"
"""Name of a fact that is an approved sentence of this turn: what it says was done was done."""

ClaimKind = Literal[
    "number", "amount", "date", "time", "name", "identifier", "negation", "promise", "comparison", "policy"
]


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
    views = [view(fact) for fact in facts]
    own = [v for v in views if not v.caller]
    his = [v for v in views if v.caller]
    if caller_text:
        his.append(view(Fact("caller_words", caller_text, "caller")))
    returned = is_question(text) or bool(_ATTRIBUTION.search(text.lower()))
    proof = own + his if returned else own
    refused: list[Claim] = []
    borne: list[Claim] = []
    used: dict[Fact, None] = {}
    for atom in _all_atoms(text):
        if atom.kind == "relative" and atom.value == "today" and is_question(text):
            continue
        by = _proven_by(atom, text, proof, today) or (
            [v for v in his if proves(v, atom)] if atom.kind == "identifier" else []
        )
        if by:
            used.update(dict.fromkeys(v.fact for v in by if v.fact.name != "caller_words"))
            borne.append(Claim(_KINDS[atom.kind], atom.text, atom.start, atom.end, by[0].fact))
        else:
            why = "no fact has this value"
            refused.append(Claim(_KINDS[atom.kind], atom.text, atom.start, atom.end, why=why))
    for spoken in speech_claims(text, own, his, known_names, returned):
        refused.append(_claim(spoken))
    refused.sort(key=lambda claim: claim.start)
    claims = sorted([*borne, *refused], key=lambda claim: claim.start)
    return Verdict(not refused, tuple(refused), tuple(used), claims=tuple(claims))


def stated(text: str, facts: Sequence[Fact], phrase: str, today: dt.date | None = None) -> tuple[Stated, ...]:
    """What an approved phrase states: what no fact proves is vouched for by the phrase itself."""
    kept = []
    for claim in check(text, facts, today=today).claims:
        one = claim.stated
        kept.append(Stated(one.kind, one.text, one.by or f"phrase ({phrase})"))
    return tuple(kept)


def _claim(spoken: SpeechClaim) -> Claim:
    return Claim(spoken.kind, spoken.text, spoken.start, spoken.end, why="no fact says so")


_FREE = re.compile(
    r"(?<!feel )(?<!toll )(?<!toll-)\bfree\b(?! to (?:call|ask|reach|contact|tell|let))|\bno (?:charge|"
    r"cost|fee)s?\b|"
    r"\bwithout charge\b|\bcomplimentary\b|\bfree of charge\b",
    re.I,
)


def _all_atoms(text: str) -> Iterator[Atom]:
    yield from atoms(text)
    for match in _FREE.finditer(text):
        if not re.match(r"-?\s?(?:[a-z]+-)free", text[max(0, match.start() - 12) : match.end()]):
            yield Atom("amount", 0, match[0], match.start(), match.end())


def _proven_by(atom: Atom, text: str, proof: Sequence[FactView], today: dt.date | None) -> list[FactView]:
    by = [v for v in proof if proves(v, atom)]
    if not by and today is not None:
        by = [v for v in proof if _proven_from(atom, v, today)]
    if not by and atom.kind == "weekday":
        by = [v for v in proof if any(_weekday(held) == atom.value for held in v.atoms)]
    if atom.kind == "weekday" and (beside := _date_beside(atom, text)) is not None:
        by = [v for v in by if any(_weekday(held) == atom.value and held.value[1:] == beside[1:]  # type: ignore[index]
                                   for held in v.atoms if held.kind == "date")]  # fmt: skip
    return _of_its_role(atom, by, text, proof)


def _of_its_role(atom: Atom, by: list[FactView], text: str, proof: Sequence[FactView]) -> list[FactView]:
    """Without a value that the clause gives to another fact: "Shipping is $45" where 45 is the total."""
    if not by or atom.kind == "identifier":
        return by
    clause = _clause_of(text, atom)
    said = {stem(w) for w in re.findall(r"[a-z]+", clause)}
    shared = [v for v in proof if any(_alike(held, atom) for held in v.atoms)]
    common = frozenset.intersection(*(v.name_stems for v in shared)) if len(shared) > 1 else frozenset()
    if any((v.name_stems - common) & said for v in by):
        return by
    claimed = [v for v in shared if v not in by and (v.name_stems - common) & said]
    return [] if claimed else by


def _alike(held: Atom, atom: Atom) -> bool:
    dates = {"date", "weekday", "day", "month"}
    return held.kind == atom.kind or (held.kind in dates and atom.kind in dates)


def _clause_of(text: str, atom: Atom) -> str:
    """The part of the sentence around `atom`, between commas that part values and "and", "but"."""
    left = max((m.end() for m in _PARTS.finditer(text, 0, atom.start)), default=0)
    right = min((m.start() for m in _PARTS.finditer(text, atom.end)), default=len(text))
    return text[left:right].lower()


_PARTS = re.compile(r",\s(?!\d{4})|;|\band\b|\bbut\b|\bplus\b")


def _weekday(atom: Atom) -> int | None:
    if atom.kind != "date":
        return None
    try:
        return dt.date(*atom.value).weekday() if atom.value[0] else None  # type: ignore[misc, index]
    except ValueError:
        return None


def _date_beside(atom: Atom, text: str) -> tuple[int | None, int, int] | None:
    """The date that a weekday stands next to: "Friday, November 27"."""
    for other in atoms(text):
        if other.kind == "date":
            between = (
                text[atom.end : other.start] if other.start >= atom.end else text[other.end : atom.start]
            )
            if re.fullmatch(r"[\s,(]*(?:the\s)?", between):
                return other.value  # type: ignore[return-value]
    return None


def _proven_from(atom: Atom, fact: FactView, today: dt.date) -> bool:
    """Whether a relative day ("tomorrow", "in 3 days") is the date of the fact."""
    for held in fact.atoms:
        if held.kind != "date" or held.value[0] is None:  # type: ignore[index]
            continue
        try:
            day = dt.date(*held.value)  # type: ignore[misc]
        except ValueError:
            continue
        ahead = (day - today).days
        if atom.kind == "number" and atom.unit in {"day", "week"} and abs(ahead) > 0:
            if atom.value == (abs(ahead) if atom.unit == "day" else abs(ahead) / 7):
                return True
        if atom.kind == "relative" and _is_relative(str(atom.value), day, today):
            return True
    return False


def _is_relative(word: str, day: dt.date, today: dt.date) -> bool:
    ahead = (day - today).days
    week = (day - dt.timedelta(days=day.weekday()) - today + dt.timedelta(days=today.weekday())).days // 7
    months = (day.year - today.year) * 12 + day.month - today.month
    steps = {"last": -1, "this": 0, "next": 1}
    if " " in word:
        lead, unit = word.split()
        if unit == "week":
            return week == steps[lead]
        if unit == "weekend":
            return week == steps[lead] and day.weekday() >= 5
        return (months if unit == "month" else day.year - today.year) == steps[lead]
    return {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}.get(word) == ahead


def _plain(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower().replace("’", "'")).strip()


def refusals(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How often each kind was refused, for a record without words."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        for claim in verdict.refused:
            counts[claim.kind] = counts.get(claim.kind, 0) + 1
    return counts
