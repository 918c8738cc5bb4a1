"""Dates and times as callers say them: "the third of May", "in two weeks", "half past three"."""

import datetime as dt
import re
from collections.abc import Sequence

from dateutil.relativedelta import relativedelta

from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import Token, cardinal, ordinal, words

MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
    "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip
WEEKDAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_SLASHED = re.compile(r"\b(\d{1,2})\s*[/.]\s*(\d{1,2})(?:\s*[/.]\s*(\d{4}|\d{2}))?\b")
_NAMED_DAYS = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
}  # fmt: skip
_PAST = frozenset("last ago past previous bought ordered got was were received arrived placed".split())
_CLOCK = re.compile(r"\b(\d{1,2})\s*[:.]\s*(\d{2})\s*([ap])?\.?\s*(?:m\b\.?)?", re.IGNORECASE)
_HALVES = {"am": "a", "pm": "p", "a": "a", "p": "p"}


def date(text: str, today: dt.date, *, day_first: bool = False) -> Found[dt.date] | None:
    """The date that `text` names, seen from `today`.

    A day without a year is the next one, or the last one where the words speak of the past. Doubtful
    where day and month could be exchanged, or where "next Tuesday" could be this week's. None where no
    date is named or it does not exist.
    """
    numeric = _numeric(text, today, day_first)
    if numeric is not None:
        return numeric
    found = words(text)
    past = any(token.low in _PAST for token in found)
    for reader in (_relative, _month_day, _weekday, _bare_day):
        hit = reader(found, today, past)
        if hit is not None:
            return hit
    return None


def time_of_day(text: str) -> Found[dt.time] | None:
    """The time that `text` names. Doubtful where morning or afternoon was not said (1 to 7 read as p.m.)."""
    low = text.lower()
    half = _half_of_day(low)
    if match := _CLOCK.search(low):
        hour, minute = int(match[1]), int(match[2])
        if hour < 24 and minute < 60:
            return _clock(hour, minute, match[3] or half, match.span())
    found = words(low)
    for at, token in enumerate(found):
        span = (token.start, token.end)
        if token.low in {"noon", "midday"}:
            return Found(dt.time(12), span)
        if token.low == "midnight":
            return Found(dt.time(0), span)
        if token.low in {"past", "after", "to", "till", "before"} and at:
            hit = _past_or_to(found, at, half)
            if hit is not None:
                return hit
    for at in range(len(found)):
        hit = _hour(found, at, half)
        if hit is not None:
            return hit
    return None


def _numeric(text: str, today: dt.date, day_first: bool) -> Found[dt.date] | None:
    if match := _ISO.search(text):
        value = _exists(int(match[1]), int(match[2]), int(match[3]))
        return None if value is None else Found(value, match.span())
    match = _SLASHED.search(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[2])
    month, day = (second, first) if day_first else (first, second)
    if month > 12 >= day:
        month, day = day, month
    unclear = first <= 12 and second <= 12 and first != second
    if match[3] is None:
        value = _nearest(month, day, today, past=False)
    else:
        year = int(match[3])
        value = _exists(year + 2000 if year < 100 else year, month, day)
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
            return Found(today + dt.timedelta(days=days), (found[first].start, token.end))
        unit = token.low.rstrip("s")
        if unit not in {"day", "week", "month", "year", "fortnight"} or not at:
            continue
        if before in {"next", "last", "this"}:
            if any(t.low in WEEKDAYS for t in found):
                continue
            sign = {"next": 1, "last": -1, "this": 0}[before]
            return Found(_moved(today, unit, sign), (found[at - 1].start, token.end), True, "guess")
        count, first = _count_before(found, at)
        if count is None:
            continue
        after = found[at + 1].low if at + 1 < len(found) else ""
        if after in {"ago", "back", "before", "earlier"}:
            return Found(_moved(today, unit, -count), (found[first].start, found[at + 1].end))
        lead = found[first - 1].low if first else ""
        if lead in {"in", "within"} or after in {"later", "hence", "time", "from"}:
            return Found(_moved(today, unit, count), (found[max(first - 1, 0)].start, token.end))
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


def _month_day(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    for at, token in enumerate(found):
        month = MONTHS.get(token.low)
        if month is None:
            continue
        first, last, day = at, at, None
        follows = at + 2 if at + 1 < len(found) and found[at + 1].low == "the" else at + 1
        hit = ordinal(found, follows) or cardinal(found, follows)
        if hit is not None and hit[0] <= 31:
            day, last = hit[0], hit[1] - 1
        else:
            end = at - 1 if at and found[at - 1].low == "of" else at
            for begin in (end - 3, end - 2, end - 1):
                hit = (ordinal(found, begin) or cardinal(found, begin)) if begin >= 0 else None
                if hit is not None and hit[1] == end and hit[0] <= 31:
                    day, first = hit[0], begin
                    break
        if day is None:
            continue
        year, last = _year(found, last)
        value = _exists(year, month, day) if year else _nearest(month, day, today, past)
        if value is None:
            return None
        return Found(value, (found[first].start, found[last].end))
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
        following = [t.low for t in found[at + 1 : at + 3]]
        if before == "last" or past:
            return Found(today - dt.timedelta(days=(7 - ahead) if ahead else 7), span)
        if following[:1] == ["week"] or following == ["next", "week"]:
            monday = today - dt.timedelta(days=today.weekday()) + dt.timedelta(days=7)
            return Found(monday + dt.timedelta(days=WEEKDAYS[token.low]), span)
        value = today + dt.timedelta(days=ahead or 7)
        if before == "next":
            unclear = ahead > 0 and today.weekday() < WEEKDAYS[token.low]
            return Found(value, span, unclear, "guess" if unclear else "")
        return Found(value, span)
    return None


def _bare_day(found: Sequence[Token], today: dt.date, past: bool) -> Found[dt.date] | None:
    """ "the 27th": of this month or the next."""
    for at, token in enumerate(found):
        hit = ordinal(found, at)
        if hit is None or not at or found[at - 1].low != "the" or hit[0] > 31 or hit[0] < 4:
            continue
        after = found[hit[1]].low if hit[1] < len(found) else ""
        if after in {"one", "digit", "option", "item", "number"}:
            continue
        base = today.replace(day=1)
        step = -1 if past else 1
        for months in range(4):
            month = base + relativedelta(months=step * months)
            value = _exists(month.year, month.month, hit[0])
            if value is not None and (value <= today if past else value >= today):
                return Found(value, (token.start, found[hit[1] - 1].end), True, "guess")
    return None


def _exists(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: dt.date, past: bool) -> dt.date | None:
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    for year in years:
        value = _exists(year, month, day)
        if value is not None and (value <= today if past else value >= today):
            return value
    return None


def _moved(today: dt.date, unit: str, count: int) -> dt.date:
    if abs(count) > 1000:
        count = 1000 if count > 0 else -1000
    if unit == "fortnight":
        return today + dt.timedelta(days=14 * count)
    if unit in {"day", "week"}:
        return today + dt.timedelta(days=count * (7 if unit == "week" else 1))
    return today + relativedelta(**{f"{unit}s": count})


def _half_of_day(low: str) -> str | None:
    if re.search(r"\ba\.?\s?m\b|\bmorning\b", low):
        return "a"
    if re.search(r"\bp\.?\s?m\b|\bafternoon\b|\bevening\b|\btonight\b|\bat night\b", low):
        return "p"
    return None


def _clock(hour: int, minute: int, half: str | None, span: tuple[int, int]) -> Found[dt.time]:
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    unclear = half is None and 0 < hour <= 12
    if unclear and hour < 8:
        hour += 12
    return Found(dt.time(hour, minute), span, unclear, "half_of_day" if unclear else "")


def _past_or_to(found: Sequence[Token], at: int, half: str | None) -> Found[dt.time] | None:
    """ "half past three", "quarter to five", "ten past two"."""
    minutes = {"half": 30, "quarter": 15}.get(found[at - 1].low)
    if minutes is None:
        value = cardinal(found, at - 2) if at >= 2 else None
        if value is None or value[1] != at:
            value = cardinal(found, at - 1)
        minutes = value[0] if value is not None and value[1] == at else None
    hour = cardinal(found, at + 1)
    if minutes is None or hour is None or not 1 <= hour[0] <= 12 or minutes > 59:
        return None
    span = (found[at - 1].start, found[hour[1] - 1].end)
    if found[at].low in {"past", "after"}:
        return _clock(hour[0], minutes, half, span)
    return _clock(hour[0] - 1 or 12, 60 - minutes, half, span)


def _hour(found: Sequence[Token], at: int, half: str | None) -> Found[dt.time] | None:
    """ "3 pm", "three thirty", "five o'clock", "at four"."""
    hour = cardinal(found, at)
    if hour is None or not 0 <= hour[0] < 24:
        return None
    after, minute = hour[1], 0
    low = found[after].low if after < len(found) else ""
    spoken_minutes = cardinal(found, after)
    if low in {"oh", "o"} and (unit := cardinal(found, after + 1)) and unit[0] < 10:
        minute, after = unit[0], unit[1]
    elif spoken_minutes is not None and 10 <= spoken_minutes[0] < 60:
        minute, after = spoken_minutes
    named = (
        minute or low in _HALVES or low == "o'clock" or (at and found[at - 1].low in {"at", "around", "by"})
    )
    if not named and (half is None or len(found) > 4):
        return None
    return _clock(hour[0], minute, half, (found[at].start, found[after - 1].end))
