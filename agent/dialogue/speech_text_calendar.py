"""Stretches of days, decades, quarters, clock ranges, zones and durations, read before numbers. Pure."""

import datetime as dt
import re
from collections.abc import Callable

from agent.dialogue.calendar_days import MONTHS
from agent.dialogue.speech_numbers import (
    MONTH_NAMES,
    cardinal_words,
    clock_words,
    date_words,
    ordinal_words,
    year_words,
)
from agent.dialogue.speech_text_words import DAYS

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

MONTH = "|".join(
    sorted(
        {m.capitalize() for m in MONTHS} | {m for m in MONTHS if len(m) > 3 and m != "march"},
        key=len,
        reverse=True,
    )
)
ZONES = {"E": "Eastern", "C": "Central", "M": "Mountain", "P": "Pacific"}
YEAR = r"(?:19|20|21)\d\d"
_DECADES = (
    "hundreds", "tens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties",
    "nineties",
)  # fmt: skip


def _days(m: re.Match[str]) -> str:
    first, last, year = int(m[2]), int(m[3]), m[4]
    if not 1 <= first < last <= 31:
        return m[0]
    month = MONTHS[m[1].lower()]
    return f"{date_words(month, first)} to {ordinal_words(last)}" + (
        f", {year_words(int(year))}" if year else ""
    )


def _month_year(m: re.Match[str]) -> str:
    return f"{MONTH_NAMES[int(m[1]) - 1]} {year_words(int(m[2]))}"


def _day_and_date(m: re.Match[str]) -> str:
    month, day = int(m[3]), int(m[4])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return m[0]
    return f"{DAYS.get(m[1], m[1])}{m[2]} {date_words(month, day)}"


def _decade(m: re.Match[str]) -> str:
    return f"{cardinal_words(int(m[1]))} {_DECADES[int(m[2])]}"


def _between_clocks(m: re.Match[str]) -> str:
    """ "9:00-17:00": the second shows that the clock has twenty-four hours."""
    opens, closes = dt.time(int(m[1]), int(m[2])), dt.time(int(m[3]) % 24, int(m[4]))
    return f"{clock_words(opens)} to {clock_words(closes)}"


def _duration(m: re.Match[str]) -> str:
    hours, minutes = int(m[1]), int(m[2])
    return (
        f"{cardinal_words(hours)} {'hour' if hours == 1 else 'hours'} "
        f"{cardinal_words(minutes)} {'minute' if minutes == 1 else 'minutes'}"
    )


_c = re.compile
FIRST: list[Rule] = [
    (
        _c(rf"\b({MONTH})\.?\s(\d{{1,2}})\s?[-–—]\s?(\d{{1,2}})\b(?![:/\d])(?:,?\s({YEAR})\b)?"),
        _days,
    ),
    (_c(rf"(?<=\d)\s?[-–—]\s?(?=(?:{MONTH})\b\.?\s\d)"), lambda m: " to "),
    (
        _c(rf"\b({'|'.join([*DAYS, *DAYS.values()])})(,?)\s(\d{{1,2}})/(\d{{1,2}})\b(?!/)"),
        _day_and_date,
    ),
    (_c(rf"(?<![\d/.])(0?[1-9]|1[0-2])/({YEAR})\b(?!/)"), _month_year),
    (_c(r"\b(1[5-9]|20)([0-9])0s\b"), _decade),
    (_c(r"['’‘]([2-9])0s\b"), lambda m: _DECADES[int(m[1])]),
    (_c(rf"\b(Q[1-4])\s({YEAR})\b"), lambda m: f"{m[1]} {year_words(int(m[2]))}"),
    (_c(r"\b(\d{1,2})\s?h\s?(\d{1,2})\s?m(?:in)?\b"), _duration),
    (
        _c(r"\b([01]?\d|2[0-3]):([0-5]\d)\s?[-–—]\s?(1[3-9]|2[0-4]):([0-5]\d)(?!\d)(?!\s?[ap]\.?m)", re.I),
        _between_clocks,
    ),
]
"""Before dates are read."""

AFTER_CLOCKS: list[Rule] = [
    (_c(r"(?<=[ap] m)\s([ECMP])[SD]?T\b"), lambda m: f" {ZONES[m[1]]} time"),
    (_c(r"(?<=noon|ight)\s([ECMP])[SD]?T\b"), lambda m: f" {ZONES[m[1]]} time"),
]
"""Zones, behind a time that was read."""
