"""Values that a sentence states: numbers, sums, dates, times, codes, in digits or in words. Pure.

Each becomes an `Atom` whose value compares exactly: 2.5 is not 25, November 3 is not the 4th.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from agent.dialogue.claims_words import CODE_NAMES, CURRENCY_WORDS, MULTIPLES, NOT_ONE_AFTER, NOT_ONE_BEFORE, UNITS
from agent.dialogue.dates import MONTHS, WEEKDAYS
from agent.dialogue.slots_numbers import (
    DIGITS,
    FRACTIONS,
    ORDINAL_SUFFIXES,
    ORDINALS,
    SCALES,
    TEENS,
    TENS,
    Token,
    cardinal,
    ordinal,
    tokens,
)

AtomKind = Literal[
    "number", "ordinal", "amount", "percent", "date", "weekday", "month", "day", "year", "relative", "time",
    "identifier",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Atom:
    """One value in a text, and where it stands."""

    kind: AtomKind
    value: object
    """Decimal; (year | None, month, day); (hour, minute, "a" | "p" | ""); or the code in capitals."""
    text: str
    start: int
    end: int
    unit: str = ""
    """Normal form of what is counted: "day", "kilogram", the noun, or "" where none follows."""


_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*")
_ADDRESS = re.compile(
    r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|io|co)\b\S*"
)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[\s.-]\(?\d{2,4}\)?){2,}(?!\w)")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?\S*)?")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2}):(\d{2})(?::\d{2})?(?:\s?([ap])\.?\s?m\b\.?)?", re.I)
_SHORT = frozenset({"sun", "sat", "wed", "mon", "mar", "may", "march", "second"})


@lru_cache(maxsize=1024)
def atoms(text: str) -> tuple[Atom, ...]:
    """Every value stated in `text`, in order."""
    found: list[Atom] = []
    masked = list(text)
    for pattern, read in _WHOLE:
        for match in pattern.finditer("".join(masked)):
            made = read(match)
            if made:
                found += made
                masked[match.start() : match.end()] = " " * (match.end() - match.start())
    _scan("".join(masked), found)
    return tuple(sorted(found, key=lambda atom: (atom.start, atom.end)))


def _address(m: re.Match[str]) -> list[Atom]:
    return [Atom("identifier", m[0].rstrip(".,").upper(), m[0], m.start(), m.end())]


def _iso(m: re.Match[str]) -> list[Atom]:
    try:
        dt.date(int(m[1]), int(m[2]), int(m[3]))
    except ValueError:
        return []
    made = [Atom("date", (int(m[1]), int(m[2]), int(m[3])), m[0], m.start(), m.end())]
    if m[4]:
        made.append(Atom("time", (int(m[4]), int(m[5]), "24"), m[0], m.start(4), m.end(5)))
    return made


def _slashed(m: re.Match[str]) -> list[Atom]:
    return [Atom("date", (int(m[3]), int(m[1]), int(m[2])), m[0], m.start(), m.end())]


def _clock(m: re.Match[str]) -> list[Atom]:
    hour, minute, half = int(m[1]), int(m[2]), (m[3] or "").lower()
    return [
        _time_atom(
            hour, minute, half or ("24" if hour > 12 or m[1][0] == "0" else ""), m[0], m.start(), m.end()
        )
    ]


def _phone(m: re.Match[str]) -> list[Atom]:
    digits = re.sub(r"\D", "", m[0])
    if len(digits) < 7:
        return []
    return [Atom("identifier", digits, m[0], m.start(), m.end())]


def _code(m: re.Match[str]) -> list[Atom]:
    text = m[0]
    if not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return []
    if re.fullmatch(r"\d+(?:st|nd|rd|th|[ap]m|x|s)", text, re.I):
        return []
    tail = re.fullmatch(r"\d+-?([A-Za-z]+(?:/[a-z]+)?)", text)
    if tail and (tail[1].lower() in UNITS or ("-" in text and tail[1].islower())):
        return []
    if re.fullmatch(r"\d+(?:-[a-z]+)+", text):
        return []
    return [Atom("identifier", re.sub(r"[^A-Za-z0-9]", "", text).upper(), text, m.start(), m.end())]


_WHOLE = (
    (_ADDRESS, _address),
    (_ISO, _iso),
    (_SLASHED, _slashed),
    (_PHONE, _phone),
    (_CLOCK, _clock),
    (_CODE, _code),
)


def _time_atom(hour: int, minute: int, half: str, text: str, start: int, end: int) -> Atom:
    if half == "24":
        half = "a" if hour % 24 < 12 else "p"
    if half == "":
        return Atom("time", (hour % 12, minute, ""), text, start, end)
    return Atom("time", (hour % 12, minute, half), text, start, end)


def _scan(text: str, found: list[Atom]) -> None:
    words = tokens(text)
    at = 0
    while at < len(words):
        for read in (_dated, _timed, _spelled, _summed, _counted, _worded):
            hit = read(words, at, text)
            if hit is not None:
                made, at = hit
                found += made
                break
        else:
            at += 1


_Hit = tuple[list[Atom], int]


def _low(words: Sequence[Token], at: int) -> str:
    return words[at].low if 0 <= at < len(words) else ""


def _made(
    kind: AtomKind, value: object, words: Sequence[Token], first: int, after: int, text: str, unit: str = ""
) -> Atom:
    start, end = words[first].start, words[after - 1].end
    return Atom(kind, value, text[start:end], start, end, unit)


def _dated(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    low = _low(words, at)
    if low in WEEKDAYS and (low not in _SHORT or words[at].text[0].isupper()):
        after = at + 1
        if _low(words, after) == "." and low in _SHORT:
            after += 1
        return [_made("weekday", WEEKDAYS[low], words, at, at + 1, text)], after
    if low in MONTHS and words[at].text[0].isupper():
        after = at + 1
        skip = after + 1 if _low(words, after) in {".", "the"} else after
        day = ordinal(words, skip) or cardinal(words, skip)
        if day is not None and 1 <= day[0] <= 31:
            year, end = _year(words, day[1])
            return [_made("date", (year, MONTHS[low], day[0]), words, at, end, text)], end
        if low == "may" and not _is_month(words, at):
            return None
        year, end = _year(words, after)
        made = [_made("month", MONTHS[low], words, at, after, text)]
        if year:
            made.append(_made("year", Decimal(year), words, end - 1, end, text))
        return made, end
    day = ordinal(words, at) or (cardinal(words, at) if low.isdecimal() else None)
    if day is not None and 1 <= day[0] <= 31:
        end = day[1] + 1 if _low(words, day[1]) == "of" else day[1]
        if _low(words, end) in MONTHS and words[end].text[0].isupper():
            year, after = _year(words, end + 1)
            return [_made("date", (year, MONTHS[_low(words, end)], day[0]), words, at, after, text)], after
    return None


def _is_month(words: Sequence[Token], at: int) -> bool:
    return _low(words, at - 1) in {"in", "of", "since", "until", "by", "last", "next", "this", "during"}


def _year(words: Sequence[Token], at: int) -> tuple[int | None, int]:
    start = at + 1 if _low(words, at) == "," else at
    low = _low(words, start)
    if low.isdecimal() and len(low) == 4 and 1900 <= int(low) <= 2199:
        return int(low), start + 1
    hit = cardinal(words, start)
    if hit and hit[0] in {19, 20} and (rest := cardinal(words, hit[1])) and 0 < rest[0] < 100:
        return hit[0] * 100 + rest[0], rest[1]
    return None, at


def _timed(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    low = _low(words, at)
    if low in {"noon", "midday", "midnight"}:
        return [_made("time", (0, 0, "a" if low == "midnight" else "p"), words, at, at + 1, text)], at + 1
    if low in {"half", "quarter"} and _low(words, at + 1) in {"past", "to", "after"}:
        hour = cardinal(words, at + 2)
        if hour is not None and 1 <= hour[0] <= 12:
            minute = 30 if low == "half" else 15
            value = hour[0]
            if _low(words, at + 1) == "to":
                value, minute = value - 1, 60 - minute
            half, after = _half(words, hour[1])
            return [_made("time", (value % 12, minute, half), words, at, after, text)], after
    hour = cardinal(words, at)
    if hour is None or not 0 < hour[0] <= 12:
        return None
    after, minute = hour[1], 0
    if _low(words, after) in {"oh", "o"} and (unit := cardinal(words, after + 1)) and unit[0] < 10:
        minute, after = unit[0], unit[1]
    elif not low.isdecimal() and (tail := cardinal(words, after)) and 10 <= tail[0] < 60:
        minute, after = tail
    half, end = _half(words, after)
    if half:
        return [_made("time", (hour[0] % 12, minute, half), words, at, end, text)], end
    if _low(words, after) == "o'clock":
        return [_made("time", (hour[0] % 12, minute, ""), words, at, after + 1, text)], after + 1
    if minute and _low(words, at - 1) in {
        "at",
        "by",
        "from",
        "until",
        "till",
        "around",
        "to",
        "before",
        "after",
    }:
        return [_made("time", (hour[0] % 12, minute, ""), words, at, after, text)], after
    return None


def _half(words: Sequence[Token], at: int) -> tuple[str, int]:
    low = _low(words, at)
    if low in {"am", "pm"}:
        return low[0], at + 1
    if low in {"a", "p"} and _low(words, at + 1) == "m":
        return low, at + 2
    if low in {"a", "p"} and _low(words, at + 1) == "." and _low(words, at + 2) == "m":
        return low, at + 4 if _low(words, at + 3) == "." else at + 3
    return "", at


def _spelled(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    """Digits said one by one, three or more, with letters before them or not: a code."""
    after, code, count = at, "", 0
    while after < len(words):
        low = words[after].low
        if low in DIGITS:
            code, count = code + str(DIGITS[low]), count + 1
        elif low.isdecimal() and len(low) == 1 and code:
            code, count = code + low, count + 1
        elif low in {"oh", "o"} and code:
            code, count = code + "0", count + 1
        elif len(low) == 1 and words[after].text.isupper() and low.isalpha():
            code += words[after].text
        elif not (low in {",", "-"} and code):
            break
        after += 1
    while after > at and words[after - 1].low in {",", "-"}:
        after -= 1
    if count < 3 and not (count >= 2 and len(code) > count + 1):
        return None
    return [_made("identifier", code, words, at, after, text)], after


def number(words: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """A number at `at` with its decimals and halves, and the index after it."""
    low = _low(words, at)
    if not (low.isdecimal() or low in DIGITS or low in TEENS or low in TENS or low in {"a", "hundred"}):
        return None
    hit = cardinal(words, at)
    if hit is None:
        return None
    value, after = Decimal(hit[0]), hit[1]
    if low.isdecimal() and _low(words, at + 1) in ORDINAL_SUFFIXES and words[at + 1].start == words[at].end:
        return None
    if _low(words, after) in {"quarters", "thirds", "halves", "fifths", "eighths", "tenths"}:
        part = FRACTIONS[_low(words, after)]
        return value * part.numerator / part.denominator, after + 1
    if (
        _low(words, after) == "."
        and _low(words, after + 1).isdecimal()
        and words[after].start == words[after - 1].end
        and words[after + 1].start == words[after].end
    ):
        value, after = _scaled(Decimal(f"{hit[0]}.{_low(words, after + 1)}"), words, after + 2)
    elif _low(words, after) == "point":
        places, end = "", after + 1
        while _low(words, end) in DIGITS or (_low(words, end).isdecimal()):
            places += str(DIGITS.get(_low(words, end), _low(words, end)))
            end += 1
        if places:
            value, after = _scaled(Decimal(f"{hit[0]}.{places}"), words, end)
    elif _low(words, after) == "and" and _low(words, after + 1) in {"a", "one", "three"}:
        fraction = FRACTIONS.get(_low(words, after + 2))
        if fraction is not None:
            times = 3 if _low(words, after + 1) == "three" else 1
            value, after = value + Decimal(times * fraction.numerator) / fraction.denominator, after + 3
    return value, after


def _scaled(value: Decimal, words: Sequence[Token], at: int) -> tuple[Decimal, int]:
    scale = SCALES.get(_low(words, at), 0)
    return (value * scale, at + 1) if scale >= 1000 else (value, at)


def _summed(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    low = _low(words, at)
    if low in {"$", "£", "€", "¥"}:
        hit = number(words, at + 1)
        return None if hit is None else ([_made("amount", hit[0], words, at, hit[1], text)], hit[1])
    hit = number(words, at)
    if hit is None and low == "a" and _low(words, at + 1) in {"dollar", "buck", "pound", "euro", "cent"}:
        hit = (Decimal(1), at + 1)
    if hit is None:
        return None
    value, after = hit
    if _low(words, after) in {"cent", "cents", "pence"}:
        return [_made("amount", value / 100, words, at, after + 1, text)], after + 1
    if _low(words, after) in {"%", "percent"} or (
        _low(words, after) == "per" and _low(words, after + 1) == "cent"
    ):
        end = after + (2 if _low(words, after) == "per" else 1)
        return [_made("percent", value, words, at, end, text)], end
    if _low(words, after) not in CURRENCY_WORDS:
        return None
    end = after + 1
    tail = number(words, end + 1 if _low(words, end) == "and" else end)
    if tail is not None and tail[0] < 100 and _low(words, tail[1]) in {"cent", "cents", "pence"}:
        value, end = value + tail[0] / 100, tail[1] + 1
    return [_made("amount", value, words, at, end, text)], end


def _counted(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    low = _low(words, at)
    hit = number(words, at)
    if hit is None or (low == "one" and hit[0] == 1 and _pronoun(words, at)):
        return _placed(words, at, text)
    value, after = hit
    digits = words[at].text if after == at + 1 and low.isdecimal() else ""
    if digits and (len(digits) >= 5 or (digits[0] == "0" and len(digits) > 1)):
        return [_made("identifier", digits, words, at, after, text)], after
    if len(digits) >= 3 and {_low(words, at - 1), _low(words, at - 2)} & CODE_NAMES:
        return [_made("identifier", digits, words, at, after, text)], after
    if _low(words, after) in {"dozen", "dozens"}:
        value, after = value * 12, after + 1
    unit = _unit(words, after)
    return [_made("number", value, words, at, after, text, unit)], after


def _placed(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    """Ordinals that are not of a date: "third attempt"; "first" as an adverb is none."""
    hit = ordinal(words, at)
    if hit is None or _low(words, at) == "second" and _low(words, at - 1) in {"a", "one", "per"}:
        return None
    if hit[0] == 1 and (
        at == 0 or _low(words, at + 1) in {"name", "of", "time", ",", ""} or _low(words, at - 1) == ","
    ):
        return None
    if hit[0] in {3, 4} and _low(words, at) in FRACTIONS and _low(words, at - 1) in {"a", "one", "two"}:
        return None
    kind: AtomKind = "day" if _low(words, at - 1) == "the" and hit[0] <= 31 and hit[0] > 3 else "ordinal"
    return [_made(kind, Decimal(hit[0]), words, at, hit[1], text)], hit[1]


def _worded(words: Sequence[Token], at: int, text: str) -> _Hit | None:
    """ "twice", "a dozen", "half", "free", "tomorrow"."""
    low = _low(words, at)
    if low in MULTIPLES:
        return [_made("number", MULTIPLES[low], words, at, at + 1, text, "time")], at + 1
    if low == "dozen" or low == "couple":
        unit_at = at + 2 if _low(words, at + 1) == "of" else at + 1
        return [
            _made(
                "number", Decimal(12 if low == "dozen" else 2), words, at, at + 1, text, _unit(words, unit_at)
            )
        ], at + 1
    if low in FRACTIONS and low not in ORDINALS:
        times = Decimal(3) if _low(words, at - 1) == "three" else Decimal(1)
        value = times * FRACTIONS[low].numerator / FRACTIONS[low].denominator
        return [_made("number", value, words, at, at + 1, text, "part")], at + 1
    if low in {"today", "tomorrow", "yesterday", "tonight", "overnight"}:
        return [_made("relative", low, words, at, at + 1, text)], at + 1
    if low in {"next", "this", "last"} and _low(words, at + 1) in {"week", "month", "year", "weekend"}:
        return [_made("relative", f"{low} {_low(words, at + 1)}", words, at, at + 2, text)], at + 2
    return None


def _pronoun(words: Sequence[Token], at: int) -> bool:
    return (
        _low(words, at - 1) in NOT_ONE_BEFORE or _low(words, at + 1) in NOT_ONE_AFTER or at + 1 >= len(words)
    )


def _unit(words: Sequence[Token], at: int) -> str:
    """Normal form of the noun that follows a number, past "-", "business", "more"."""
    while _low(words, at) in {"-", "business", "working", "more", "full", "calendar"}:
        at += 1
    low = _low(words, at)
    if low in UNITS:
        slash = f"{low}/{_low(words, at + 2)}" if _low(words, at + 1) == "/" else ""
        return UNITS.get(slash, UNITS[low])
    return low if len(low) > 3 and low.isalpha() else ""
