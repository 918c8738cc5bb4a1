"""Numbers, sums, percentages and codes that a sentence states, in digits or in words. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from agent.dialogue.claims_atoms import AtomKind, Hit, atom_of, low_at
from agent.dialogue.claims_words import (
    CODE_NAMES,
    CURRENCY_WORDS,
    MULTIPLES,
    NOT_ONE_AFTER,
    NOT_ONE_BEFORE,
    UNITS,
)
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
)

_SPANS = frozenset("within in for have has takes take about than least most after every to".split())
_NO_UNITS = frozenset("until till from before after with have must should when then that this which".split())
_TIMES = frozenset({"hour", "day", "night", "week", "month", "year"})


def number(words: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """A number at `at` with its decimals and halves, and the index after it."""
    low = low_at(words, at)
    if not (low.isdecimal() or low in DIGITS or low in TEENS or low in TENS or low in {"a", "hundred"}):
        return None
    hit = cardinal(words, at)
    if hit is None:
        return None
    value, after = Decimal(hit[0]), hit[1]
    if low.isdecimal() and low_at(words, at + 1) in ORDINAL_SUFFIXES and words[at + 1].start == words[at].end:
        return None
    if low_at(words, after) in {"quarters", "thirds", "halves", "fifths", "eighths", "tenths"}:
        part = FRACTIONS[low_at(words, after)]
        return value * part.numerator / part.denominator, after + 1
    if (
        low_at(words, after) == "."
        and low_at(words, after + 1).isdecimal()
        and words[after].start == words[after - 1].end
        and words[after + 1].start == words[after].end
    ):
        value, after = _scaled(Decimal(f"{hit[0]}.{low_at(words, after + 1)}"), words, after + 2)
    elif low_at(words, after) == "point":
        places, end = "", after + 1
        while low_at(words, end) in DIGITS or (low_at(words, end).isdecimal()):
            places += str(DIGITS.get(low_at(words, end), low_at(words, end)))
            end += 1
        if places:
            value, after = _scaled(Decimal(f"{hit[0]}.{places}"), words, end)
    elif low_at(words, after) == "and" and low_at(words, after + 1) in {"a", "one", "three"}:
        fraction = FRACTIONS.get(low_at(words, after + 2))
        if fraction is not None:
            times = 3 if low_at(words, after + 1) == "three" else 1
            value, after = value + Decimal(times * fraction.numerator) / fraction.denominator, after + 3
    return value, after


def _scaled(value: Decimal, words: Sequence[Token], at: int) -> tuple[Decimal, int]:
    scale = SCALES.get(low_at(words, at), 0)
    return (value * scale, at + 1) if scale >= 1000 else (value, at)


def summed(words: Sequence[Token], at: int, text: str) -> Hit | None:
    low = low_at(words, at)
    if low in {"$", "£", "€", "¥"}:
        hit = number(words, at + 1)
        return None if hit is None else ([atom_of("amount", hit[0], words, at, hit[1], text)], hit[1])
    hit = number(words, at)
    if hit is None and low == "a" and low_at(words, at + 1) in {"dollar", "buck", "pound", "euro", "cent"}:
        hit = (Decimal(1), at + 1)
    if hit is None:
        return None
    value, after = hit
    if low_at(words, after) in {"cent", "cents", "pence"}:
        return [atom_of("amount", value / 100, words, at, after + 1, text)], after + 1
    if low_at(words, after) in {"%", "percent"} or (
        low_at(words, after) == "per" and low_at(words, after + 1) == "cent"
    ):
        end = after + (2 if low_at(words, after) == "per" else 1)
        return [atom_of("percent", value, words, at, end, text)], end
    if low_at(words, after) not in CURRENCY_WORDS:
        return _price(words, at, hit, text)
    end = after + 1
    joined = low_at(words, end) == "and"
    tail = number(words, end + 1 if joined else end)
    if tail is not None and tail[0] < 100 and low_at(words, tail[1]) in {"cent", "cents", "pence"}:
        value, end = value + tail[0] / 100, tail[1] + 1
    elif (
        tail is not None
        and 10 <= tail[0] < 100
        and not _unit(words, tail[1])
        and low_at(words, after)[-1] == "s"
    ):
        value, end = value + tail[0] / 100, tail[1]  # "84 dollars 90"
    return [atom_of("amount", value, words, at, end, text)], end


def _price(words: Sequence[Token], at: int, hit: tuple[Decimal, int], text: str) -> Hit | None:
    """ "thirty-nine eighty": dollars and cents, where no noun follows."""
    value, after = hit
    if low_at(words, at).isdecimal() or low_at(words, after).isdecimal() or not 10 < value < 1000:
        return None
    if low_at(words, at - 1) in {"at", "by", "until", "till", "from", "of", "in", "nineteen", "twenty"}:
        return None
    tail = number(words, after)
    if tail is None or not 10 <= tail[0] < 100 or value % 1 or tail[0] % 1 or _unit(words, tail[1]):
        return None
    if value in (19, 20):  # a year
        return None
    if low_at(words, at - 1) in CODE_NAMES:  # "number fifty-five twelve"
        return [atom_of("identifier", f"{value}{tail[0]}", words, at, tail[1], text)], tail[1]
    return [atom_of("amount", value + tail[0] / 100, words, at, tail[1], text)], tail[1]


def counted(words: Sequence[Token], at: int, text: str) -> Hit | None:
    low = low_at(words, at)
    hit = number(words, at)
    if low == "first" and UNITS.get(low_at(words, at + 1)) in _TIMES and low_at(words, at + 1)[-1] != "s":
        return [atom_of("number", Decimal(1), words, at, at + 2, text, UNITS[low_at(words, at + 1)])], at + 2
    if hit is None or (low == "one" and hit[0] == 1 and _pronoun(words, at)):
        return _placed(words, at, text)
    value, after = hit
    digits = words[at].text if after == at + 1 and low.isdecimal() else ""
    if digits and (len(digits) >= 5 or (digits[0] == "0" and len(digits) > 1)):
        return [atom_of("identifier", digits, words, at, after, text)], after
    if len(digits) >= 3 and {low_at(words, at - 1), low_at(words, at - 2)} & CODE_NAMES:
        return [atom_of("identifier", digits, words, at, after, text)], after
    if low_at(words, after) in {"dozen", "dozens"}:
        value, after = value * 12, after + 1
    of = 2 if low_at(words, after) == "of" and low_at(words, after + 1) in {"a", "an"} else 0
    if of and value % 1 and UNITS.get(low_at(words, after + of)) in _TIMES:  # "three quarters of an hour"
        after += of
    unit = _unit(words, after)
    return [atom_of("number", value, words, at, after, text, unit)], after


def _placed(words: Sequence[Token], at: int, text: str) -> Hit | None:
    """Ordinals that are not of a date: "third attempt"; "first" as an adverb is none."""
    hit = ordinal(words, at)
    if hit is None or (low_at(words, at) == "second" and low_at(words, at - 1) in {"a", "one", "per"}):
        return None
    if hit[0] == 1 and (
        at == 0 or low_at(words, at + 1) in {"name", "of", "time", ",", ""} or low_at(words, at - 1) == ","
    ):
        return None
    if hit[0] in {3, 4} and low_at(words, at) in FRACTIONS and low_at(words, at - 1) in {"a", "one", "two"}:
        return None
    weekday = low_at(words, at - 1) == "the" and low_at(words, at - 2).strip(",").endswith("day")
    named = low_at(words, at - 1) == "the" and hit[0] <= 31 and (hit[0] > 3 or weekday)
    kind: AtomKind = "day" if named else "ordinal"
    return [atom_of(kind, Decimal(hit[0]), words, at, hit[1], text)], hit[1]


def worded(words: Sequence[Token], at: int, text: str) -> Hit | None:
    """ "twice", "a dozen", "half", "free", "tomorrow"."""
    low = low_at(words, at)
    if low in MULTIPLES:
        return [atom_of("number", MULTIPLES[low], words, at, at + 1, text, "time")], at + 1
    if low == "dozen" or low == "couple":
        unit_at = at + 2 if low_at(words, at + 1) == "of" else at + 1
        return [
            atom_of(
                "number", Decimal(12 if low == "dozen" else 2), words, at, at + 1, text, _unit(words, unit_at)
            )
        ], at + 1
    if low == "fortnight":
        return [atom_of("number", Decimal(2), words, at, at + 1, text, "week")], at + 1
    if low == "half" and (past := at + 1 + (low_at(words, at + 1) in {"a", "an"})):
        unit = UNITS.get(low_at(words, past), "")
        if unit in _TIMES:
            return [atom_of("number", Decimal("0.5"), words, at, past + 1, text, unit)], past + 1
    if low in {"a", "an"} and low_at(words, at - 1) in _SPANS and UNITS.get(low_at(words, at + 1)) in _TIMES:
        unit = UNITS[low_at(words, at + 1)]
        return [atom_of("number", Decimal(1), words, at, at + 2, text, unit)], at + 2
    if low in FRACTIONS and low not in ORDINALS:
        times = Decimal(3) if low_at(words, at - 1) == "three" else Decimal(1)
        value = times * FRACTIONS[low].numerator / FRACTIONS[low].denominator
        return [atom_of("number", value, words, at, at + 1, text, "part")], at + 1
    if low in {"today", "tomorrow", "yesterday", "tonight", "overnight"}:
        return [atom_of("relative", low, words, at, at + 1, text)], at + 1
    if low in {"next", "this", "last"} and low_at(words, at + 1) in {"week", "month", "year", "weekend"}:
        return [atom_of("relative", f"{low} {low_at(words, at + 1)}", words, at, at + 2, text)], at + 2
    return None


def from_now(words: Sequence[Token], at: int, text: str) -> Hit | None:
    """ "the day after tomorrow", "a week from tomorrow", "five days ago": days from today, with a sign."""
    days = _from_now(words, at)
    if days is None:
        return None
    return [atom_of("relative", f"{days[0]:+d}", words, at, days[1], text)], days[1]


def _from_now(words: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Days from today of "the day after tomorrow", "a week from tomorrow", "five days ago"."""
    low = low_at(words, at)
    start = at + 1 if low == "the" else at
    if low_at(words, start) == "day":
        two = (low_at(words, start + 1), low_at(words, start + 2))
        if two in {("after", "tomorrow"), ("before", "yesterday")}:
            return (2 if two[0] == "after" else -2), start + 3
    hit = (Decimal(1), at + 1) if low in {"a", "one"} else number(words, at)
    if hit is None or hit[0] % 1:
        return None
    unit = {"day": 1, "days": 1, "week": 7, "weeks": 7}.get(low_at(words, hit[1]))
    if unit is None:
        return None
    span, after = int(hit[0]) * unit, hit[1] + 1
    if low_at(words, after) == "ago":
        return -span, after + 1
    base = {"today": 0, "now": 0, "tomorrow": 1}.get(low_at(words, after + 1))
    return (span + base, after + 2) if low_at(words, after) == "from" and base is not None else None


def _pronoun(words: Sequence[Token], at: int) -> bool:
    return (
        low_at(words, at - 1) in NOT_ONE_BEFORE
        or low_at(words, at + 1) in NOT_ONE_AFTER
        or at + 1 >= len(words)
    )


def _unit(words: Sequence[Token], at: int) -> str:
    """Normal form of the noun that follows a number, past "-", "business", "more"."""
    while low_at(words, at) in {"-", "business", "working", "more", "full", "calendar"}:
        at += 1
    low = low_at(words, at)
    if low == "in" and low_at(words, at + 1).isalpha():
        return ""
    if low in UNITS:
        slash = f"{low}/{low_at(words, at + 2)}" if low_at(words, at + 1) == "/" else ""
        return UNITS.get(slash, UNITS[low])
    return low if len(low) > 3 and low.isalpha() and low not in _NO_UNITS else ""
