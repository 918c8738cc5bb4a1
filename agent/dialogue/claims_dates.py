"""Dates and times that a sentence states: "Friday, November 27", "half past two". Pure."""

from collections.abc import Sequence
from decimal import Decimal

from agent.dialogue.calendar_days import MONTHS, WEEKDAYS
from agent.dialogue.claims_atoms import Hit, atom_of, low_at
from agent.dialogue.slots_numbers import Token, cardinal, ordinal

_SHORT = frozenset({"sun", "sat", "wed", "mon", "mar", "may", "march", "second"})


def dated(words: Sequence[Token], at: int, text: str) -> Hit | None:
    low = low_at(words, at)
    low = low[:-1] if low.endswith("days") else low
    if low in WEEKDAYS and (low not in _SHORT or words[at].text[0].isupper()):
        after = at + 1
        if low_at(words, after) == "." and low in _SHORT:
            after += 1
        return [atom_of("weekday", WEEKDAYS[low], words, at, at + 1, text)], after
    if low in MONTHS and words[at].text[0].isupper():
        after = at + 1
        skip = after + 1 if low_at(words, after) in {".", "the"} else after
        day = ordinal(words, skip) or cardinal(words, skip)
        if day is not None and 1 <= day[0] <= 31:
            year, end = _year(words, day[1])
            return [atom_of("date", (year, MONTHS[low], day[0]), words, at, end, text)], end
        if low == "may" and not _is_month(words, at):
            return None
        year, end = _year(words, after)
        made = [atom_of("month", MONTHS[low], words, at, after, text)]
        if year:
            made.append(atom_of("year", Decimal(year), words, end - 1, end, text))
        return made, end
    day = ordinal(words, at) or (cardinal(words, at) if low.isdecimal() else None)
    if day is not None and 1 <= day[0] <= 31:
        end = day[1] + 1 if low_at(words, day[1]) == "of" else day[1]
        if low_at(words, end) in MONTHS and words[end].text[0].isupper():
            year, after = _year(words, end + 1)
            return [
                atom_of("date", (year, MONTHS[low_at(words, end)], day[0]), words, at, after, text)
            ], after
    return None


def _is_month(words: Sequence[Token], at: int) -> bool:
    return low_at(words, at - 1) in {"in", "of", "since", "until", "by", "last", "next", "this", "during"}


def _year(words: Sequence[Token], at: int) -> tuple[int | None, int]:
    start = at + 1 if low_at(words, at) == "," else at
    low = low_at(words, start)
    if low.isdecimal() and len(low) == 4 and 1900 <= int(low) <= 2199:
        return int(low), start + 1
    hit = cardinal(words, start)
    if hit and hit[0] in {19, 20} and (rest := cardinal(words, hit[1])) and 0 < rest[0] < 100:
        return hit[0] * 100 + rest[0], rest[1]
    return None, at


def timed(words: Sequence[Token], at: int, text: str) -> Hit | None:
    low = low_at(words, at)
    if low in {"noon", "midday", "midnight"}:
        return [atom_of("time", (0, 0, "a" if low == "midnight" else "p"), words, at, at + 1, text)], at + 1
    if low in {"half", "quarter"} and low_at(words, at + 1) in {"past", "to", "after"}:
        hour = cardinal(words, at + 2)
        if hour is not None and 1 <= hour[0] <= 12:
            minute = 30 if low == "half" else 15
            value = hour[0]
            if low_at(words, at + 1) == "to":
                value, minute = value - 1, 60 - minute
            half, after = _half(words, hour[1])
            return [atom_of("time", (value % 12, minute, half), words, at, after, text)], after
    hour = cardinal(words, at)
    if hour is None or not 0 < hour[0] <= 12:
        return None
    after, minute = hour[1], 0
    if low_at(words, after) in {"oh", "o"} and (unit := cardinal(words, after + 1)) and unit[0] < 10:
        minute, after = unit[0], unit[1]
    elif not low.isdecimal() and (tail := cardinal(words, after)) and 10 <= tail[0] < 60:
        minute, after = tail
    half, end = _half(words, after)
    if half:
        return [atom_of("time", (hour[0] % 12, minute, half), words, at, end, text)], end
    if low_at(words, after) == "o'clock":
        return [atom_of("time", (hour[0] % 12, minute, ""), words, at, after + 1, text)], after + 1
    if minute and low_at(words, at - 1) in {
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
        return [atom_of("time", (hour[0] % 12, minute, ""), words, at, after, text)], after
    return None


def _half(words: Sequence[Token], at: int) -> tuple[str, int]:
    low = low_at(words, at)
    if low in {"am", "pm"}:
        return low[0], at + 1
    if low in {"a", "p"} and low_at(words, at + 1) == "m":
        return low, at + 2
    if low in {"a", "p"} and low_at(words, at + 1) == "." and low_at(words, at + 2) == "m":
        return low, at + 4 if low_at(words, at + 3) == "." else at + 3
    return "", at
