"""Dates as callers say them: "the third of May", "in two weeks", "a week from Friday"."""

import datetime as dt
import re
from collections.abc import Sequence

from dateutil.relativedelta import relativedelta

from agent.dialogue.calendar_days import MONTHS, WEEKDAYS, exists, moved, nearest
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import ORDINALS, Token, cardinal, ordinal, words

_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_SLASHED = re.compile(
    r"\b(\d{1,2})\s*/\s*(\d{1,2})(?:\s*/\s*(\d{4}|\d{2}))?\b|\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b"
)
"""With dots only where a year follows: "10.30" is a time."""
_NAMED_DAYS = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
}  # fmt: skip
_PAST = frozenset("last ago past previous bought ordered got was were received arrived placed".split())


def date(text: str, today: dt.date, *, day_first: bool = False) -> Found[dt.date] | None:
    """The date that `text` names, seen from `today`.

    A day without a year is the next one, or the last one where the words speak of the past. Doubtful
    where day and month could be exchanged, where "next Tuesday" could be this week's, or where weekday
    and date disagree. None where no date is named or it does not exist.
    """
    numeric = _numeric(text, today, day_first)
    if numeric is not None:
        return numeric
    found = words(text.replace("'s time", " time"))
    if _missing_day(found, today):
        return None
    past = any(_is_past(found, at) for at in range(len(found)))
    for reader in (_relative, _month_day, _weekday, _bare_day):
        hit = reader(found, today, past)
        if hit is not None:
            return hit
    return None


def impossible(text: str, today: dt.date, *, day_first: bool = False) -> bool:
    """Whether `text` names a day that no calendar has ("February 31st", "the 32nd", "13/45/2026")."""
    if _ISO.search(text) or _SLASHED.search(text):
        return _numeric(text, today, day_first) is None
    found = words(text)
    if _missing_day(found, today):
        return True
    for at in range(1, len(found)):
        hit = ordinal(found, at)
        if hit is not None and hit[0] > 31 and found[at - 1].low in {"the", *MONTHS}:
            return True
    return False


def _missing_day(found: Sequence[Token], today: dt.date) -> bool:
    """Whether a month stands beside a day that it hasn't."""
    for at, token in enumerate(found):
        named = _day_beside(found, at) if token.low in MONTHS else None
        if named is None:
            continue
        day, _, last = named
        year, _ = _year(found, last)
        month = MONTHS[token.low]
        return (exists(year, month, day) if year else nearest(month, day, today, False)) is None
    return False


def _is_past(found: Sequence[Token], at: int) -> bool:
    """Whether a word speaks of the past; the "past" of "half past ten" doesn't."""
    if found[at].low == "last" and any(t.low in MONTHS or t.low == "month" for t in found[at + 2 : at + 5]):
        return False  # "the last Friday of December"
    if found[at].low != "past":
        return found[at].low in _PAST
    before = found[at - 1].low if at else ""
    return before in {"the", "this"}


def _numeric(text: str, today: dt.date, day_first: bool) -> Found[dt.date] | None:
    if match := _ISO.search(text):
        value = exists(int(match[1]), int(match[2]), int(match[3]))
        return None if value is None else Found(value, match.span())
    match = _SLASHED.search(text)
    if match is None:
        return None
    parts = [part for part in match.groups() if part is not None]
    first, second = int(parts[0]), int(parts[1])
    month, day = (second, first) if day_first else (first, second)
    if month > 12 >= day:
        month, day = day, month
    unclear = first <= 12 and second <= 12 and first != second
    if len(parts) < 3:
        value = nearest(month, day, today, past=False)
    else:
        year = int(parts[2])
        value = exists(year + 2000 if year < 100 else year, month, day)
    return None if value is None else Found(value, match.span(), unclear, "order" if unclear else "")


def _relative(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    for at, token in enumerate(found):
        before = found[at - 1].low if at else ""
        if token.low in _NAMED_DAYS:
            days, first = _NAMED_DAYS[token.low], at
            if [t.low for t in found[max(0, at - 3) : at]][-2:] == ["day", "after"]:
                days, first = days + 1, at - 2
            elif [t.low for t in found[max(0, at - 3) : at]][-2:] == ["day", "before"]:
                days, first = days - 1, at - 2
            weeks = 7 if found[at + 1 : at + 2] and found[at + 1].low == "week" else 0
            last = at + 1 if weeks else at
            return Found(today + dt.timedelta(days=days + weeks), (found[first].start, found[last].end))
        if (nth := _nth_weekday(found, at, today)) is not None:
            return nth
        unit = token.low.rstrip("s")
        if unit not in {"day", "week", "month", "year", "fortnight"} or not at:
            continue
        if before in {"next", "last", "this"}:
            if any(t.low in WEEKDAYS for t in found):
                continue
            sign = {"next": 1, "last": -1, "this": 0}[before]
            return Found(moved(today, unit, sign), (found[at - 1].start, token.end), True, "guess")
        count, first = _count_before(found, at)
        if count is None:
            continue
        after = found[at + 1].low if at + 1 < len(found) else ""
        if after in {"ago", "back", "before", "earlier"}:
            return Found(moved(today, unit, -count), (found[first].start, found[at + 1].end))
        lead = found[first - 1].low if first else ""
        if after in {"from", "on", "after"} and (anchor := _anchor(found, at + 2, today)) is not None:
            day, last = anchor
            return Found(moved(day, unit, count), (found[first].start, found[last].end))
        if lead in {"in", "within"} or after in {"later", "hence", "time", "from"}:
            return Found(moved(today, unit, count), (found[max(first - 1, 0)].start, token.end))
    return None


def _count_before(found: Sequence[Token], at: int) -> tuple[int | None, int]:
    """The number that ends just before `at`, and where it begins."""
    for first in range(max(0, at - 3), at):
        value = cardinal(found, first)
        if value is not None and value[1] == at:
            return value[0], first
    if found[at - 1].low in {"a", "one"}:
        return 1, at - 1
    if found[at - 1].low in {"couple", "of"} and any(t.low == "couple" for t in found[max(0, at - 2) : at]):
        first = next(n for n in range(max(0, at - 2), at) if found[n].low == "couple")
        return 2, first - 1 if first and found[first - 1].low == "a" else first
    return None, at


def _anchor(found: Sequence[Token], at: int, today: dt.date) -> tuple[dt.date, int] | None:
    """The day that a count of weeks starts from ("a week from Friday"), and its last word."""
    low = found[at].low if at < len(found) else ""
    if low in _NAMED_DAYS:
        return today + dt.timedelta(days=_NAMED_DAYS[low]), at
    if low in {"next", "this"} and at + 1 < len(found) and found[at + 1].low in WEEKDAYS:
        at, low = at + 1, found[at + 1].low
    if low in WEEKDAYS:
        return today + dt.timedelta(days=(WEEKDAYS[low] - today.weekday()) % 7 or 7), at
    hit = _month_day(found[at : at + 5], today, False)
    if hit is None or (found[at].low not in MONTHS and found[at].low != "the" and not ordinal(found, at)):
        return None
    last = next(n for n, token in enumerate(found) if token.end == hit.span[1])
    return hit.value, last


def _nth_weekday(found: Sequence[Token], at: int, today: dt.date) -> Found[dt.date] | None:
    """ "the first Monday in December", "the last Friday of the month"; "the Friday after next"."""
    if found[at].low not in WEEKDAYS:
        return None
    weekday = WEEKDAYS[found[at].low]
    lows = [token.low for token in found[at + 1 : at + 4]] + [""] * 3
    if lows[:2] == ["after", "next"]:
        ahead = (weekday - today.weekday()) % 7 or 7
        return Found(today + dt.timedelta(days=ahead + 7), (found[at].start, found[at + 2].end))
    before = found[at - 1].low if at else ""
    place = -1 if before == "last" else ORDINALS.get(before, 0)
    if lows[0] not in {"in", "of"} or not (place == -1 or 1 <= place <= 5):
        return None
    this = lows[1:3] in (["the", "month"], ["this", "month"])
    month = today.month if this else MONTHS.get(lows[1])
    if month is None:
        return None
    for year in (today.year, today.year + 1):
        days = [day for n in range(1, 32) if (day := exists(year, month, n)) and day.weekday() == weekday]
        wanted = days[place if place < 0 else place - 1] if place <= len(days) else None
        if wanted is not None and wanted >= today:
            last = at + 3 if this else at + 2
            return Found(wanted, (found[at - 1].start, found[last].end))
    return None


def _day_beside(found: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """The day said beside the month at `at`, and the first and the last word of both."""
    follows = at + 2 if at + 1 < len(found) and found[at + 1].low == "the" else at + 1
    hit = ordinal(found, follows) or cardinal(found, follows)
    if hit is not None and hit[0] <= 39:
        return hit[0], at, hit[1] - 1
    end = at - 1 if at and found[at - 1].low == "of" else at
    for begin in (end - 3, end - 2, end - 1):
        hit = (ordinal(found, begin) or cardinal(found, begin)) if begin >= 0 else None
        if hit is not None and hit[1] == end and hit[0] <= 39:
            return hit[0], begin, at
    return None


def _month_day(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    for at, token in enumerate(found):
        named = _day_beside(found, at) if token.low in MONTHS else None
        if named is None:
            continue
        day, first, last = named
        year, last = _year(found, last)
        month = MONTHS[token.low]
        value = exists(year, month, day) if year else nearest(month, day, today, past)
        if value is None:
            return None
        unlike = any(t.low in WEEKDAYS and WEEKDAYS[t.low] != value.weekday() for t in found)
        return Found(value, (found[first].start, found[last].end), unlike, "weekday" if unlike else "")
    return None


def _year(found: Sequence[Token], last: int) -> tuple[int | None, int]:
    """A year said after a date: "2026", "twenty twenty six", "two thousand twenty six"."""
    at = last + 1
    hit = cardinal(found, at)
    if hit is None:
        return None, last
    if 1900 <= hit[0] <= 2199:
        return hit[0], hit[1] - 1
    if hit[0] in {19, 20} and (rest := cardinal(found, hit[1])) and rest[0] < 100:
        return hit[0] * 100 + rest[0], rest[1] - 1
    return None, last


def _weekday(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    for at, token in enumerate(found):
        if token.low not in WEEKDAYS or (token.low in {"sun", "sat", "wed"} and not token.text[0].isupper()):
            continue
        before = found[at - 1].low if at else ""
        ahead = (WEEKDAYS[token.low] - today.weekday()) % 7
        span = (found[at - 1].start if before in {"next", "last", "this"} else token.start, token.end)
        following = [t.low for t in found[at + 1 : at + 4]]
        leading = [t.low for t in found[max(0, at - 2) : at]]
        if before == "last" or past:
            return Found(today - dt.timedelta(days=(7 - ahead) if ahead else 7), span)
        numbered = _bare_day(found[at + 1 :], today, past)
        if numbered is not None and following[:1] == ["the"]:
            unlike = numbered.value.weekday() != WEEKDAYS[token.low]
            return Found(numbered.value, (token.start, numbered.span[1]), unlike, "weekday" if unlike else "")
        if following[:1] == ["week"]:  # "Friday week"
            return Found(today + dt.timedelta(days=(ahead or 7) + 7), (token.start, found[at + 1].end))
        if [low for low in following if low != "of"][:2] == ["next", "week"] or leading == ["next", "week"]:
            monday = today - dt.timedelta(days=today.weekday()) + dt.timedelta(days=7)
            return Found(monday + dt.timedelta(days=WEEKDAYS[token.low]), span)
        value = today + dt.timedelta(days=ahead or 7)
        if before == "next":
            unclear = ahead > 0 and today.weekday() < WEEKDAYS[token.low]
            return Found(value, span, unclear, "guess" if unclear else "")
        return Found(value, span)
    return None


def _bare_day(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    """ "the 27th", "on the third": of this month or the next; "the end of the month"."""
    for at, token in enumerate(found):
        if [t.low for t in found[at : at + 4]] in (
            ["end", "of", "the", "month"],
            ["end", "of", "this", "month"],
        ):
            last = today.replace(day=1) + relativedelta(months=1, days=-1)
            return Found(last, (token.start, found[at + 3].end), True, "guess")
        hit = ordinal(found, at)
        if hit is None or not at or found[at - 1].low != "the" or hit[0] > 31:
            continue
        dated = token.low.isdecimal() or (at > 1 and found[at - 2].low in {"on", *WEEKDAYS}) or at == 1
        after = found[hit[1]].low if hit[1] < len(found) else ""
        if (hit[0] < 4 and not dated) or after in {"one", "digit", "option", "item", "number", "letter"}:
            continue
        if hit[0] < 4 and at == 1 and not token.low.isdecimal() and len(found) == 2:
            continue  # "the second": one of two
        base = today.replace(day=1)
        step = -1 if past else 1
        for months in range(4):
            month = base + relativedelta(months=step * months)
            value = exists(month.year, month.month, hit[0])
            if value is not None and (value <= today if past else value >= today):
                return Found(value, (token.start, found[hit[1] - 1].end), True, "guess")
    return None
