"""Dates that lie behind, such as a date of birth: the year is said, in two digits too ("March 3rd, 85")."""

import datetime as dt
import re

from dateutil.relativedelta import relativedelta

from agent.dialogue.calendar_days import MONTHS, exists
from agent.dialogue.dates import date
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import cardinal, words

_YEAR = re.compile(r"\b(?:18|19|20)\d\d\b|\b(?:nineteen|twenty|two thousand|hundred)\b", re.I)
_SLASHED = re.compile(r"\b\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*(?:\d{4}|\d{2})\b")
_ISO = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b")
_KEYED = re.compile(r"\s*(\d\d)(\d\d)((?:19|20)\d\d)\s*")
_DAY = r"(?:(?:twenty|thirty)[- ])?(?:\d{1,2}|[a-z0-9]+(?:st|nd|rd|th))"
_DAY_FIRST = re.compile(rf"\b(?:the )?({_DAY})(?: of)? ({'|'.join(MONTHS)})\b", re.I)
"""In "the second of November nineteen fifty two" the day isn't the nineteenth."""
_OH = re.compile(r"\b(nineteen|twenty)[\s-]+(?:oh|o|zero)[\s-]+(\w+)\b", re.I)
_DASHED = re.compile(r"\b(\d{1,2})-(\d{1,2})-(\d{4}|\d{2})\b")


def past_date(text: str, today: dt.date, *, day_first: bool = False) -> Found[dt.date] | None:
    """The day before or on `today` that `text` names with its year; None without a year.

    Eight digits are month, day and year, as they are keyed (day first where `day_first`).
    """
    if keyed := _KEYED.fullmatch(text.strip("# ")):
        first, second, year = (int(part) for part in keyed.groups())
        month, day = (second, first) if day_first else (first, second)
        value = exists(year, month, day)
        return Found(value, keyed.span()) if value is not None and value <= today else None
    text = _plainer(text)
    found = date(text, today, day_first=day_first)
    if found is None:
        return None
    if numeric := _SLASHED.search(text):
        value = found.value
        if len(re.split(r"\D+", numeric[0])[-1]) == 2 and value > today:
            value -= relativedelta(years=100)
        clear = found.why == "order"  # month or day first is the country's way
        found = Found(value, found.span, found.doubtful and not clear, "" if clear else found.why)
    elif not _ISO.search(text):
        if not any(token.low in MONTHS for token in words(text[slice(*found.span)])):
            return None
        found = _with_year(text, found, today)
    return found if found is not None and found.value <= today else None


def without_past_date(text: str, today: dt.date, *, day_first: bool = False) -> str:
    """`text` without the date that `past_date` finds in it."""
    found = past_date(text, today, day_first=day_first)
    if found is None:
        return text
    plain = _plainer(text)
    return f"{plain[: found.span[0]]} {plain[found.span[1] :]}"


def _plainer(text: str) -> str:
    """`text` with its dates as `date` reads them: month, day, year."""
    return _DAY_FIRST.sub(r"\2 \1", _DASHED.sub(r"\1/\2/\3", _OH.sub(_of_zeros, text)))


def _of_zeros(said: re.Match[str]) -> str:
    """ "nineteen oh five" as 1905."""
    digit = cardinal(words(said[2]), 0)
    century = 19 if said[1].lower() == "nineteen" else 20
    return f"{century * 100 + digit[0]}" if digit is not None and digit[0] < 10 else said[0]


def _with_year(text: str, found: Found[dt.date], today: dt.date) -> Found[dt.date] | None:
    """`found` with the year that is said: in it, or in two digits after it ("eighty five", "oh five")."""
    if _YEAR.search(text[slice(*found.span)]):
        return found
    lead = re.match(r"\W*(?:in )?(?:the year )?", text[found.span[1] :], re.I)
    begins = found.span[1] + (lead.end() if lead else 0)
    rest = words(text[begins:])
    zero = bool(rest) and rest[0].low in ("oh", "o", "zero")
    hit = cardinal(rest, 1 if zero else 0) if rest else None
    if hit is None or hit[0] > 99 or (hit[0] < 10 and not zero and len(rest[0].text) < 2):
        return None
    year = 2000 + hit[0] if 2000 + hit[0] <= today.year else 1900 + hit[0]
    value = exists(year, found.value.month, found.value.day)
    return None if value is None else Found(value, (found.span[0], begins + rest[hit[1] - 1].end))
