"""Numbers, money, dates, times and identifiers in English words, as a voice says them. Pure."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache

from num2words import num2words

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST_CARDINAL = 12
"""More digits than this are said one by one."""
CURRENCIES = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "CHF": ("franc", "francs", "centime", "centimes"),
    "JPY": ("yen", "yen", "sen", "sen"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
}
"""Singular and plural of the whole and of its hundredth."""


@lru_cache(maxsize=4096)
def cardinal_words(value: int) -> str:
    """1234 -> "one thousand two hundred thirty-four" (American: no "and")."""
    if len(str(abs(value))) > _LONGEST_CARDINAL:
        return ("minus " if value < 0 else "") + digit_words(str(abs(value)))
    return str(num2words(value)).replace(",", "").replace(" and ", " ")


@lru_cache(maxsize=4096)
def ordinal_words(value: int) -> str:
    """27 -> "twenty-seventh"."""
    if len(str(value)) > _LONGEST_CARDINAL:
        return digit_words(str(value))
    return str(num2words(value, to="ordinal")).replace(",", "").replace(" and ", " ")


def decimal_words(text: str) -> str:
    """ "2.50" -> "two point five zero"; "1,234" -> a cardinal; a leading zero stays."""
    whole, _, part = text.replace(",", "").partition(".")
    said = cardinal_words(int(whole or "0"))
    return f"{said} point {digit_words(part)}" if part else said


def digit_words(digits: str) -> str:
    """ "105" -> "one zero five"."""
    return " ".join(_DIGIT_NAMES[int(d)] for d in digits)


def identifier_words(value: str) -> str:
    """ "12345" -> "one two three, four five"; "AB123" -> "A B, one two three". Other signs part groups."""
    groups: list[str] = []
    for part in re.findall(r"[0-9]+|[^\W\d_]+", value):
        if part.isdecimal():
            groups += [digit_words(group) for group in _grouped(part)]
        else:
            groups.append(" ".join(part.upper()))
    together = " " if len(re.sub(r"[\W_]", "", value)) <= 3 else ", "
    return together.join(groups)


def money_words(value: Decimal, currency: str = "USD") -> str:
    """1234.50 -> "one thousand two hundred thirty-four dollars and fifty cents"; 0 -> "zero dollars"."""
    one, many, one_part, many_parts = CURRENCIES.get(currency, (currency, currency, "cent", "cents"))
    sign = "minus " if value < 0 else ""
    value = abs(value)
    whole = int(value)
    rest = value - whole
    if rest * 100 != int(rest * 100):
        return f"{sign}{decimal_words(format(value.normalize(), 'f'))} {many}"
    parts = int(rest * 100)
    said_whole = f"{cardinal_words(whole)} {one if whole == 1 else many}"
    said_parts = f"{cardinal_words(parts)} {one_part if parts == 1 else many_parts}"
    if not parts:
        return sign + said_whole
    return sign + (f"{said_whole} and {said_parts}" if whole else said_parts)


def year_words(year: int) -> str:
    """2026 -> "twenty twenty-six"; 2005 -> "two thousand five"; 1900 -> "nineteen hundred"."""
    if 2000 <= year <= 2009 or not 1000 <= year <= 2999 or year % 1000 == 0:
        return cardinal_words(year)
    century, rest = divmod(year, 100)
    if rest == 0:
        return f"{cardinal_words(century)} hundred"
    tail = f"oh {_DIGIT_NAMES[rest]}" if rest < 10 else cardinal_words(rest)
    return f"{cardinal_words(century)} {tail}"


def date_words(month: int, day: int, year: int | None = None) -> str:
    """ "November twenty-seventh", with ", twenty twenty-six" where a year is given."""
    said = f"{MONTH_NAMES[month - 1]} {ordinal_words(day)}"
    return said if year is None else f"{said}, {year_words(year)}"


def time_words(hour: int, minute: int = 0, half: str | None = None) -> str:
    """17, 30 -> "five thirty p m". With `half` "a" or "p" the hour is of twelve; "" says none.

    None reads hours of twenty-four.
    """
    if half is None:
        half = "a" if hour < 12 else "p"
    hour = hour % 12 or 12
    said = cardinal_words(hour)
    if minute:
        said += f" oh {_DIGIT_NAMES[minute]}" if minute < 10 else f" {cardinal_words(minute)}"
    elif not half:
        said += " o'clock"
    return f"{said} {half} m" if half else said


def clock_words(value: dt.time) -> str:
    """ "five thirty p m"; noon and midnight by name."""
    if value.minute == 0 and value.hour in {0, 12}:
        return "noon" if value.hour else "midnight"
    return time_words(value.hour, value.minute)


def _grouped(digits: str) -> list[str]:
    """Digits in groups of three or four, as a person reads a number out."""
    sizes = {5: (3, 2), 6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (1, 3, 3, 4)}
    count = len(digits)
    if count <= 4:
        return [digits]
    pattern = sizes.get(count)
    if pattern is None:
        return [digits[at : at + 4] for at in range(0, count, 4)]
    groups, at = [], 0
    for size in pattern:
        groups.append(digits[at : at + size])
        at += size
    return groups
