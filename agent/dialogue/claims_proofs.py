"""Which facts prove a value, given the day, and what else the clause says beside it. Pure."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_facts import FactView, proves
from agent.dialogue.claims_meanings import meanings
from agent.dialogue.claims_values import atoms
from agent.dialogue.claims_words import CURRENCY_WORDS, STOPS, UNITS

_PARTS = re.compile(r",\s(?!\d{4})|;|\band\b|\bbut\b|\bplus\b")
_CLOCK_BEFORE = re.compile(r"\b(?:at|by|from|until|till|to|between|before|after|and|around|of)\s+$")
_HALVES = re.compile(
    r"^[\s,]*(?:o'clock\s+)?(?:(?:in the|this|tomorrow|that)\s+)?(morning|afternoon|evening)\b"
)
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}
_MONTHS = {"month": 1, "year": 12}
_SUM_NAME = re.compile(
    r"\b(deposit|tax|shipping|delivery|discount|refund|credit|subtotal|rent|fine|penalty|surcharge|premium|"
    r"deductible)\s+(?:of|is|was|will be|would be|costs?|comes? to)\s+(?:only\s+|just\s+)?$"
)
_OWED = re.compile(
    r"\byou(?:'ll)? (?:(?:still|will|have to|need to|must|should)\s+)*(?:pay|owe)\s+(?:us\s+)?$"
)
_GIVEN = frozenset("refund refunded credit credited discount rebate cashback".split())
_RATE = re.compile(
    r"^\s*(?:(?:for\s+)?(?:each|every)|an?|per|/)\s+(?:(quarter) of an |(?:full |started )?)([a-z]+)"
)


def proven_by(atom: Atom, text: str, proof: Sequence[FactView], today: dt.date | None) -> list[FactView]:
    """The facts that prove `atom` as `text` says it."""
    by = [v for v in proof if proves(v, atom)]
    if atom.kind == "time":
        by = _of_its_half(atom, text, by)
    if atom.kind == "amount":
        by = _of_its_subject(atom, text, _of_its_rate(atom, text, by))
    if atom.kind == "number":
        by += [v for v in proof if v not in by and (_as_time(atom, text, v) or _as_long(atom, v))]
    if today is not None:
        by += [v for v in proof if v not in by and _from_today(atom, text, v, today)]
    if atom.kind == "weekday":
        by += [v for v in proof if v not in by and any(_weekday(held) == atom.value for held in v.atoms)]
        by += [v for v in proof if v not in by and _in_range(atom, v)]
        if (beside := _date_beside(atom, text)) is not None:
            by = [v for v in by if _has_date(v, beside)]
        elif today is not None:
            by = [v for v in by if _as_pointed(atom, text, v, today)]
    if atom.kind == "day" and (weekday := _weekday_beside(atom, text)) is not None:
        by = [
            v
            for v in by
            if any(_weekday(held) == weekday and _day_of(held) == atom.value for held in v.atoms)
        ]
    return _of_its_role(atom, by, text, proof)


def _of_its_role(atom: Atom, by: list[FactView], text: str, proof: Sequence[FactView]) -> list[FactView]:
    """Without a value that the clause gives to another fact: "Shipping is $45" where 45 is the total."""
    if not by or atom.kind == "identifier":
        return by
    words = set(re.findall(r"[a-z]+", _clause_of(text, atom))) - CURRENCY_WORDS - {"free"}
    said = {meaning for word in words for meaning in meanings(word)}
    shared = [v for v in proof if v in by or any(_alike(held, atom) for held in v.atoms)]
    named = {v: _named(v) for v in shared}
    common = frozenset.intersection(*named.values()) if len(shared) > 1 else frozenset()
    if any((named.get(v, frozenset()) - common) & said for v in by):
        return by
    claimed = [v for v in shared if v not in by and (named[v] - common) & said]
    return [] if claimed else by


def _named(view: FactView) -> frozenset[str | int]:
    """What the fact's name means, and of a text or an address what its words do."""
    short = len(view.text.split()) <= 5
    words = view.name_words | (view.words - STOPS - UNITS.keys()) if short else view.words
    return frozenset(meaning for word in words for meaning in meanings(word))


def _alike(held: Atom, atom: Atom) -> bool:
    dates = {"date", "weekday", "day", "month"}
    return held.kind == atom.kind or (held.kind in dates and atom.kind in dates)


def _clause_of(text: str, atom: Atom) -> str:
    """The part of the sentence around `atom`, between commas that part values and "and", "but"."""
    left = max((m.end() for m in _PARTS.finditer(text, 0, atom.start)), default=0)
    right = min((m.start() for m in _PARTS.finditer(text, atom.end)), default=len(text))
    return text[left:right].lower()


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


def _weekday_beside(atom: Atom, text: str) -> int | None:
    """The weekday before "the third"."""
    for other in atoms(text):
        if other.kind == "weekday" and re.fullmatch(r"[\s,]*(?:the\s)?", text[other.end : atom.start]):
            return int(str(other.value))
    return None


def _day_of(held: Atom) -> int | None:
    return held.value[2] if held.kind == "date" else None  # type: ignore[index, no-any-return]


def _has_date(view: FactView, date: tuple[int | None, int, int]) -> bool:
    return any(held.kind == "date" and held.value[1:] == date[1:] for held in view.atoms)  # type: ignore[index]


def _in_range(atom: Atom, view: FactView) -> bool:
    """Whether a weekday lies in "Monday to Friday"."""
    days = [held for held in view.atoms if held.kind == "weekday"]
    for first, last in pairwise(days):
        if re.fullmatch(r"\s*(?:to|through|until|till|-|–)\s*", view.text[first.end : last.start]):
            begin, end, day = int(str(first.value)), int(str(last.value)), int(str(atom.value))
            if (day - begin) % 7 <= (end - begin) % 7:
                return True
    return False


def _as_pointed(atom: Atom, text: str, view: FactView, today: dt.date) -> bool:
    """Whether "this Friday", "next Friday", "last Friday" is the day of the fact's date."""
    before = re.search(r"\b(this|next|last|coming)\s+$", text[: atom.start].lower())
    days = [day for held in view.atoms if (day := day_of(held)) is not None]
    if before is None or not days:
        return True
    ahead = [(day - today).days for day in days if day.weekday() == atom.value]
    first, last = {"this": (0, 6), "coming": (0, 6), "next": (1, 13), "last": (-13, -1)}[before[1]]
    return any(first <= days_ahead <= last for days_ahead in ahead)


def _of_its_half(atom: Atom, text: str, by: list[FactView]) -> list[FactView]:
    """Without times of the other half of the day than "in the afternoon" says."""
    match = _HALVES.match(text[atom.end :].lower())
    if match is None or atom.value[2]:  # type: ignore[index]
        return by
    half = "a" if match[1] == "morning" else "p"
    said: tuple[int, int, str] = atom.value  # type: ignore[assignment]
    meant = {(*said[:2], half), (*said[:2], "")}
    return [v for v in by if any(held.kind == "time" and held.value in meant for held in v.atoms)]


def _of_its_rate(atom: Atom, text: str, by: list[FactView]) -> list[FactView]:
    """Without sums of another rate: "$25 an hour" where it's $25 a quarter of an hour."""
    said = _rate(text, atom.end)
    if said is None:
        return by
    return [
        v for v in by
        if any(held.kind == "amount" and held.value == atom.value and _rate(v.text, held.end) in (None, said)
               for held in v.atoms)
    ]  # fmt: skip


def _of_its_subject(atom: Atom, text: str, by: list[FactView]) -> list[FactView]:
    """Without sums of another name than the one said: "the deposit is $80" where 80 is the rent, "you have
    to pay $80" where it's given back."""
    before = text[: atom.start].lower()
    named = _SUM_NAME.search(before)
    if named is not None:
        meant = meanings(named[1])
        by = [v for v in by if any(meant & meanings(word) for word in v.words)]
    if _OWED.search(before):
        by = [v for v in by if not v.name_words & _GIVEN]
    return by


def _rate(text: str, at: int) -> str | None:
    match = _RATE.match(text[at:].lower())
    unit = None if match is None else match[1] or UNITS.get(match[2])
    return unit if unit in _MINUTES or unit in ("quarter", "month", "year", "night") else None


def _as_time(atom: Atom, text: str, view: FactView) -> bool:
    """Whether "from nine to six" gives the fact's hours."""
    if (
        atom.unit
        or not 1 <= Decimal(str(atom.value)) <= 12
        or not _CLOCK_BEFORE.search(text[: atom.start].lower())
    ):
        return False
    said = Atom("time", (int(Decimal(str(atom.value))) % 12, 0, ""), atom.text, atom.start, atom.end)
    return bool(_of_its_half(said, text, [view] if proves(view, said) else []))


def same_span(one: Atom, other: Atom) -> bool:
    """Whether "two days" is "48 hours", and "a year" is "12 months"."""
    for scale in (_MINUTES, _MONTHS):
        if one.kind == other.kind == "number" and one.unit in scale and other.unit in scale:
            said, held = Decimal(str(one.value)), Decimal(str(other.value))
            return said * scale[one.unit] == held * scale[other.unit]
    return False


def _as_long(atom: Atom, view: FactView) -> bool:
    """Whether "two days" is the fact's "48 hours", and "88,400 miles" its mileage."""
    return any(
        same_span(atom, held)
        or (held.kind == "number" and held.value == atom.value and _is_unit(held, atom, view))
        for held in view.atoms
    )


def _is_unit(held: Atom, atom: Atom, view: FactView) -> bool:
    """Whether the fact's name has the unit: "mileage"."""
    return not held.unit and len(atom.unit) >= 4 and any(w.startswith(atom.unit) for w in view.name_words)


def _from_today(atom: Atom, text: str, view: FactView, today: dt.date) -> bool:
    """Whether a relative day ("tomorrow", "in 3 days") is the date of the fact."""
    for held in view.atoms:
        day = day_of(held)
        if day is None:
            continue
        ahead = (day - today).days
        if atom.kind == "number" and atom.unit in {"day", "week"}:
            late = (
                re.match(r"\W*(?:\w+\s+){0,2}(?:late|overdue|past|old)\b", text[atom.end :].lower())
                is not None
            )
            if (
                Decimal(str(atom.value)) * (1 if atom.unit == "day" else 7)
                == (-ahead if late else ahead)
                != 0
            ):
                return True
        if atom.kind == "relative" and _is_relative(str(atom.value), day, today):
            return True
    return False


def day_of(held: Atom) -> dt.date | None:
    """The day of a date that has its year; None for any other value."""
    if held.kind != "date" or held.value[0] is None:  # type: ignore[index]
        return None
    try:
        return dt.date(*held.value)  # type: ignore[misc]
    except ValueError:
        return None


def _is_relative(word: str, day: dt.date, today: dt.date) -> bool:
    ahead = (day - today).days
    week = (day - dt.timedelta(days=day.weekday()) - today + dt.timedelta(days=today.weekday())).days // 7
    months = (day.year - today.year) * 12 + day.month - today.month
    if re.fullmatch(r"[+-]\d+", word):
        return ahead == int(word)
    steps = {"last": -1, "this": 0, "next": 1}
    if " " in word:
        lead, unit = word.split()
        if unit == "week":
            return week == steps[lead]
        if unit == "weekend":
            return week == steps[lead] and day.weekday() >= 5
        return (months if unit == "month" else day.year - today.year) == steps[lead]
    return {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}.get(word) == ahead
