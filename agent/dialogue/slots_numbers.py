"""Tokens of a text, and the value of English number words. Pure; shared by slots, dates and claims."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s]|_")

DIGITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50,
    "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90, "hundredth": 100,
}  # fmt: skip
ORDINAL_SUFFIXES = frozenset({"st", "nd", "rd", "th"})
FRACTIONS = {
    "half": Fraction(1, 2), "halves": Fraction(1, 2), "third": Fraction(1, 3), "thirds": Fraction(1, 3),
    "quarter": Fraction(1, 4), "quarters": Fraction(1, 4), "fifths": Fraction(1, 5),
    "eighths": Fraction(1, 8), "tenths": Fraction(1, 10),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a run of digits or one sign, with its place in the text."""

    text: str
    low: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Words (with their apostrophes), digit runs and single signs, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        found.append(Token(word, word.lower().replace("’", "'"), match.start(), match.end()))
    return found


def words(text: str) -> list[Token]:
    """`tokens` without the signs."""
    return [t for t in tokens(text) if t.low[0].isalnum()]


def cardinal(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Value of the longest cardinal in words that begins at `at`, and the index after it.

    "two hundred and five", "twenty-five hundred", "a hundred", "one thousand two hundred thirty-four".
    Digits ("12", "1,234") are read too, and may carry a scale ("12 thousand"). None where there is none.
    """
    total, index = 0, at
    last_scale = 10**12
    while True:
        group = _below_hundred(found, index)
        if group is None:
            if index == at and _low(found, at) == "a" and _low(found, at + 1) in SCALES:
                group = (1, at + 1)
            else:
                break
        value, after = group
        if _low(found, after) == "hundred" and value < 100:
            value, after = value * 100, after + 1
            rest = _below_hundred(found, after + 1 if _low(found, after) == "and" else after)
            if rest is not None and rest[0] < 100:
                value, after = value + rest[0], rest[1]
        scale = SCALES.get(_low(found, after), 0)
        if 1000 <= scale < last_scale and value < 1000:
            total, index, last_scale = total + value * scale, after + 1, scale
            if _low(found, index) == "and":
                tail = _below_hundred(found, index + 1)
                if tail is None:
                    break
                index += 1
            continue
        if index == at or (last_scale < 10**12 and value < last_scale):
            return total + value, after
        break
    return (total, index) if index > at else None


def ordinal(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Value of an ordinal ("third", "twenty-third", "3rd", "23 rd") at `at`, and the index after it."""
    low = _low(found, at)
    if low.isdecimal() and _low(found, at + 1) in ORDINAL_SUFFIXES:
        return int(low), at + 2
    if low in TENS:
        after = at + 2 if _low(found, at + 1) == "-" else at + 1
        unit = ORDINALS.get(_low(found, after), 0)
        if 0 < unit < 10:
            return TENS[low] + unit, after + 1
    if low in ORDINALS:
        return ORDINALS[low], at + 1
    return None


def digit_value(low: str) -> int | None:
    """A number word below 100 as its value, else None."""
    for table in (DIGITS, TEENS, TENS):
        if low in table:
            return table[low]
    return None


def _low(found: Sequence[Token], at: int) -> str:
    return found[at].low if 0 <= at < len(found) else ""


def _below_hundred(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    low = _low(found, at)
    if low.isdecimal():
        value, after = int(low), at + 1
        while (
            _low(found, after) == ","
            and len(_low(found, after + 1)) == 3
            and _low(found, after + 1).isdecimal()
            and found[after].start == found[after - 1].end
            and found[after + 1].start == found[after].end
        ):
            value, after = value * 1000 + int(_low(found, after + 1)), after + 2
        return value, after
    if low in TENS:
        after = at + 2 if _low(found, at + 1) == "-" else at + 1
        unit = DIGITS.get(_low(found, after), 0)
        if 0 < unit < 10:
            return TENS[low] + unit, after + 1
        return TENS[low], at + 1
    value_or_none = digit_value(low)
    return None if value_or_none is None else (value_or_none, at + 1)
