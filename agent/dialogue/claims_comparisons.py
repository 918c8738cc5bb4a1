"""Comparisons: "less than $50", "before Friday", "cheaper than": worked out where facts have values. Pure."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_facts import FactView
from agent.dialogue.claims_meanings import meanings
from agent.dialogue.claims_proofs import day_of, same_span
from agent.dialogue.claims_units import is_text
from agent.dialogue.claims_values import atoms
from agent.dialogue.claims_words import COMPARED_ALOUD, COMPARISONS
from agent.dialogue.protocol import Fact


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and the fact that bears it out."""

    text: str
    start: int
    end: int
    fact: Fact | None = None
    atom: Atom | None = None
    """The value that it compares with, which is then no claim of its own; None where the comparison fails."""


_ABOVE = r"more than|over|above|at least|a minimum of|no less than|not less than|older than|longer than"
_BELOW = (
    r"no more than|not more than|less than|fewer than|under|below|at most|a maximum of|up to|within|"
    r"younger than|shorter than"
)
_BOUND = re.compile(
    rf"\b(?P<above>{_ABOVE})\b|\b(?P<below>{_BELOW})\b|\b(?P<near>nearly|almost|about|around)\b"
)
_OPEN = frozenset({"at least", "no less than", "not less than", "at most", "up to", "no more than", "within",
                   "not more than", "a minimum of", "a maximum of"})  # fmt: skip
"""Bounds that the value itself keeps to."""
_LIMITS = frozenset("under over above below min minimum max maximum least most limit until".split())
"""In a fact's name: its value is a limit."""
_SAME_BOUND = (
    ("within", "in the", "until"),
    ("up to", "at most", "no more than", "not more than", "maximum", "until"),
    ("under", "below", "less than", "fewer than", "younger than", "shorter than"),
    ("over", "above", "more than", "older than", "longer than"),
    ("at least", "no less than", "not less than", "minimum"),
)
_WHEN = re.compile(
    r"\b(before|(?<!look )(?<!looks )(?<!looking )(?<!looked )after|until|till|since|by|no later than)\b"
)
_THAN = re.compile(r"\b(?:(more|less|fewer)\b(?:\s+([a-z]+))?|([a-z]+er))\s+than\b")
_BARE = re.compile(r"\b(?:is|are|was|costs?|weighs?|takes?|lasts?)\s+(more|less|[a-z]{3,}er)\b(?!\s+than)")
_EST = re.compile(r"\b[a-z]{3,}est\b")
_NO_EST = frozenset(
    "rest best interest request latest earliest honest guest test west forest harvest suggest digest contest "
    "invest arrest protest modest guests chest nest quest manifest latest conquest closest nearest".split()
)
_NO_ER = frozenset(
    "september october november december order number water paper letter center under over after never "
    "another either neither other together leather silver copper rubber customer carrier corner counter "
    "summer winter dinner supper former proper computer printer charger powder sugar butter river answer "
    "offer however whether cover member partner manager owner driver courier".split()
)
"""Words in -er that compare nothing."""
_MASS = "kilogram gram pound ounce"
_SPAN = "meter centimeter minute hour day week month year"
_DIMENSIONS = {
    "cheap": ("amount", -1), "expensive": ("amount", 1), "cost": ("amount", 1), "dear": ("amount", 1),
    "pricier": ("amount", 1), "heavy": (_MASS, 1), "weigh": (_MASS, 1), "light": (_MASS, -1),
    "long": (_SPAN, 1), "short": (_SPAN, -1), "early": ("date", -1), "late": ("date", 1),
    "soon": ("date", -1), "new": ("date", 1), "old": ("date", -1), "big": ("liter gigabyte", 1),
    "small": ("liter gigabyte", -1), "fast": ("megabit km/h", 1), "slow": ("megabit km/h", -1),
}  # fmt: skip
"""Adjective or verb -> (kind of value or its units, whether more of it is meant)."""
_GRAMS = {"kilogram": Decimal(1000), "gram": Decimal(1), "pound": Decimal("453.6"), "ounce": Decimal("28.35")}
_DAYS = {"minute": Decimal(1) / 1440, "hour": Decimal(1) / 24, "day": Decimal(1), "week": Decimal(7),
         "month": Decimal(30), "year": Decimal(365)}  # fmt: skip


def comparisons(text: str, own: Sequence[FactView], today: dt.date | None) -> Iterator[Compared]:
    """Each comparison in `text`, borne out or not."""
    low = text.lower()
    masked = low
    for phrase in COMPARED_ALOUD:
        if phrase not in _OPEN:
            masked = masked.replace(phrase, "~" * len(phrase))
    taken: list[tuple[int, int]] = []
    for one in (*_bounded(low, own), *_dated(low, own, today), *_between(masked, own)):
        if not any(one.start < end and start < one.end for start, end in taken):
            taken.append((one.start, one.end))
            yield one
    said = {word for view in own for word in view.words}
    for match in re.finditer(r"[a-z]+", masked):
        word = match[0]
        if any(start <= match.start() < end for start, end in taken):
            continue
        compares = word in COMPARISONS or (_EST.fullmatch(word) and word not in _NO_EST)
        if compares and not _after_bound(masked, match.start()):
            fact = next((view.fact for view in own if word in view.words), None)
            if word not in said or fact is None:
                yield Compared(word, match.start(), match.end())
            else:
                yield Compared(word, match.start(), match.end(), fact)


def _after_bound(low: str, at: int) -> bool:
    return bool(
        re.search(r"\b(?:at|no|any|once|the)\s$", low[:at]) and re.match(r"later|least|most|more", low[at:])
    )


# ------------------------------------------------------------ with a number
def _bounded(low: str, own: Sequence[FactView]) -> Iterator[Compared]:
    for match in _BOUND.finditer(low):
        atom = next((a for a in atoms(low) if match.end() <= a.start <= match.end() + 2), None)
        if atom is None or atom.kind not in ("number", "amount", "percent"):
            continue
        bound = match[0]
        told = _in_words(bound, atom, own)
        by = told or (None if match["near"] else _computed(bound, atom, low, own))
        if by is None and bound in ("within", "about", "around"):
            continue  # the value is a claim of its own
        yield Compared(
            bound, match.start(), match.end(), by, atom if by is not None and told is None else None
        )


def _in_words(bound: str, atom: Atom, own: Sequence[FactView]) -> Fact | None:
    """A fact whose text has the bound, or one that says the same, before the same value."""
    alike = next(
        (words for words in _SAME_BOUND if bound.removeprefix("a ").removesuffix(" of") in words), (bound,)
    )
    for view in own:
        value = view.text.lower()
        for held in view.atoms:
            before = value[max(0, held.start - 14) : held.start]
            same = (held.kind == atom.kind and held.value == atom.value) or same_span(held, atom)
            if same and any(word in before for word in alike):
                return view.fact
    return None


def _computed(bound: str, atom: Atom, low: str, own: Sequence[FactView]) -> Fact | None:
    """The fact whose value keeps the bound; where several could be meant, each must."""
    said = {meaning for word in re.findall(r"[a-z]+", low) for meaning in meanings(word)}
    held = [
        (view, value) for view in own if not is_text(view) and not view.caller
        for value in view.atoms if value.kind == atom.kind and (not atom.unit or atom.unit == value.unit)
    ]  # fmt: skip
    meant = [(view, value) for view, value in held if said & _named(view)] or held
    more = re.fullmatch(_ABOVE, bound) is not None
    if not meant or not all(
        _keeps(value.value, atom.value, more, bound in _OPEN or bound in view.name_words)
        for view, value in meant
    ):
        return None
    limits = [(view, value) for view, value in meant if view.name_words & _LIMITS]
    if any(bound not in view.name_words or value.value != atom.value for view, value in limits):
        return None  # a limit's own value is the only one that it gives
    return meant[0][0].fact


def _named(view: FactView) -> set[str | int]:
    return {meaning for word in view.name_words for meaning in meanings(word)}


def _keeps(value: object, bound: object, more: bool, closed: bool) -> bool:
    if not isinstance(value, Decimal | int) or not isinstance(bound, Decimal | int):
        return False
    if closed and value == bound:
        return True
    return value > bound if more else value < bound


# ------------------------------------------------------------ with a day
def _dated(low: str, own: Sequence[FactView], today: dt.date | None) -> Iterator[Compared]:
    """ "before", "after": in the words of a fact, or true of its date."""
    text = low.title()
    for match in _WHEN.finditer(low):
        word = match[0]
        if word in ("by", "until", "till", "no later than") or re.search(r"\bday $", low[: match.start()]):
            continue
        if re.match(r"\s*(?:that|this|then|it|i\b|we\b|you\b)", low[match.end() :]) and not _held(word, own):
            continue
        by = _held(word, own)
        atom = next((a for a in atoms(text) if match.end() <= a.start <= match.end() + 5), None)
        if by is None and today is not None:
            denied = re.search(r"(?:\bnot|n't)\s(?:\w+\s)?$", low[: match.start()]) is not None
            by = _day_kept(word, atom, low[match.end() :], own, today, denied)
            if by is not None:
                yield Compared(word, match.start(), match.end(), by, atom)
                continue
        yield Compared(word, match.start(), match.end(), by)


def _held(word: str, own: Sequence[FactView]) -> Fact | None:
    return next((v.fact for v in own if word in v.words or word in v.text.lower().split()), None)


def _day_kept(
    word: str, atom: Atom | None, after: str, own: Sequence[FactView], today: dt.date, denied: bool
) -> Fact | None:
    days = [(view, day) for view in own for held in view.atoms if (day := day_of(held)) is not None]
    bound = _bound_day(atom, after, today)
    if bound is None or not days:
        return None
    kept = all((day < bound if word == "before" else day > bound) != denied for _, day in days)
    return days[0][0].fact if kept else None


def _bound_day(atom: Atom | None, after: str, today: dt.date) -> dt.date | None:
    if end := re.match(r"\s*the end of (?:the|this) (month|week|year)", after):
        if end[1] == "week":
            return today + dt.timedelta(days=7 - today.weekday())
        month = 12 if end[1] == "year" else today.month
        return dt.date(today.year + month // 12, month % 12 + 1, 1)
    if atom is None:
        return None
    if atom.kind == "weekday":
        return today + dt.timedelta(days=(int(str(atom.value)) - today.weekday()) % 7 or 7)
    if atom.kind == "month":
        month = int(str(atom.value))
        return dt.date(today.year + (month < today.month), month, 1)
    if atom.kind == "date":
        said: tuple[int | None, int, int] = atom.value  # type: ignore[assignment]
        year = said[0] or today.year + (said[1:] < (today.month, today.day))
        return dt.date(year, said[1], said[2])
    steps = {"today": 0, "tonight": 0, "tomorrow": 1}
    return today + dt.timedelta(days=steps[str(atom.value)]) if atom.value in steps else None


# ------------------------------------------------------------ of two things
def _between(low: str, own: Sequence[FactView]) -> Iterator[Compared]:
    for match in (*_THAN.finditer(low), *_BARE.finditer(low)):
        if re.match(r"\s*(?:[$£€]?\d|a (?:dozen|hundred|thousand))", low[match.end() :]):
            continue
        if match.re is _BARE and match[1] in _NO_ER:
            continue
        fact = None
        measured = _dimension(low, match)
        if measured is not None:
            fact = _ranked(low, match, measured, own)
        yield Compared(match[0], match.start(), match.end(), fact)


def _dimension(low: str, match: re.Match[str]) -> tuple[str, int] | None:
    words = [word for word in re.findall(r"[a-z]+", match[0]) if word not in ("is", "are", "was", "than")]
    sign = -1 if words and words[0] in ("less", "fewer") else 1
    before = low[: match.start()].split()[-1:]
    for word in (*words, *before):
        bare = {"heavier": "heavy", "earlier": "early", "bigger": "big", "pricier": "pricier"}.get(word, word)
        for name, (kind, more) in _DIMENSIONS.items():
            if bare in (name, f"{name}er", f"{name}r", f"{name}s"):
                comparative = word not in ("more", "less", "fewer")
                return kind, more * (1 if comparative and words[0] not in ("less", "fewer") else sign)
    return None


def _ranked(
    low: str, match: re.Match[str], measured: tuple[str, int], own: Sequence[FactView]
) -> Fact | None:
    """The value of the thing named first, where it's more or less than the other's as was said."""
    kind, sign = measured
    things = _things(own)
    named = {
        key: min((at for word in _names_of(views) if (at := low.find(word)) >= 0), default=-1)
        for key, views in things.items()
    }
    first = [key for key, at in named.items() if 0 <= at < match.start()]
    other = [key for key, at in named.items() if at >= match.end()]
    if not other and len(first) == 1:
        other = [key for key in things if key not in first]
    if len(first) != 1 or len(other) != 1:
        return None
    mine, theirs = _measure(things[first[0]], kind), _measure(things[other[0]], kind)
    if mine is None or theirs is None:
        return None
    return mine[1] if (mine[0] - theirs[0]) * sign > 0 else None


def _things(own: Sequence[FactView]) -> dict[str, list[FactView]]:
    """Views by the row that they are columns of, where it has a name."""
    found: dict[str, list[FactView]] = {}
    for view in own:
        if (row := re.match(r"[\w ]+\[[^\]]*\]", view.fact.source)) and not is_text(view):
            found.setdefault(row[0], []).append(view)
    return {key: views for key, views in found.items() if _names_of(views)}


def _names_of(views: Sequence[FactView]) -> list[str]:
    """What calls a row by name: its texts without values."""
    return [view.fact.value.lower() for view in views if not view.atoms and len(view.fact.value) > 2]


def _measure(views: Sequence[FactView], kind: str) -> tuple[Decimal, Fact] | None:
    for view in views:
        for held in view.atoms:
            if kind == "date" and (day := day_of(held)) is not None:
                return Decimal(day.toordinal()), view.fact
            if held.kind == "amount" == kind:
                return Decimal(str(held.value)), view.fact
            if held.kind == "number" and held.unit in kind.split():
                scale = _GRAMS.get(held.unit) or _DAYS.get(held.unit) or Decimal(1)
                return Decimal(str(held.value)) * scale, view.fact
    return None
