"""Money as callers say it: "twelve dollars fifty", "forty two fifty", "$12.50", "fifty cents"."""

import re
from collections.abc import Sequence
from decimal import Decimal

from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import DIGITS, SCALES, TENS, Token, cardinal, words

_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)"
_WRITTEN = re.compile(
    rf"[$£€]\s*{_NUMBER}(?:[.,](\d{{1,2}}))?(?!\d)|\b{_NUMBER}[.](\d{{2}})\b|\b(\d+),(\d{{2}})\b(?!,?\d)"
)
_TOGETHER = re.compile(r"(?<![\d.,])(\d\d(?!00)\d\d)(?![\d.,]\d)(?!\d)")
"""How a recogniser writes "forty two fifty": 4250."""
_NAMED = re.compile(r"^\s*(?:dollars?|bucks?|pounds?|euros?|quid|grand)\b", re.I)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SEPARATE = re.compile(r"(?<=[a-z])-(?=[a-z])", re.I)
_WHOLE = frozenset("dollar dollars buck bucks pound pounds euro euros quid".split())
_PART = frozenset("cent cents penny pence".split())
_OH = frozenset({"oh", "o"})


def amount(text: str) -> Found[Decimal] | None:
    """The sum of money in `text`. Doubtful where neither a currency nor cents were said ("twelve fifty")."""
    if match := _WRITTEN.search(text):
        parts = [part for part in match.groups() if part is not None]
        cents = parts[1].ljust(2, "0") if len(parts) > 1 else "0"
        return Found(Decimal(parts[0].replace(",", "")) + Decimal(cents) / 100, match.span())
    if (match := _TOGETHER.search(text)) and not _NAMED.search(text[match.end() :]):
        return Found(Decimal(match[1]) / 100, match.span(), True, "together")
    found = words(_SEPARATE.sub(" ", _THOUSANDS.sub("", text)))
    best: Found[Decimal] | None = None
    at = 0
    while at < len(found):
        hit = _sum(found, at)
        if hit is None:
            at += 1
            continue
        value, after, sure = hit
        read = Found(value, (found[at].start, found[after - 1].end), not sure, "" if sure else "guess")
        if sure:
            return read
        best = best or read
        at = after
    return best


def _sum(found: Sequence[Token], at: int) -> tuple[Decimal, int, bool] | None:
    """The sum that begins at `at`, the index after it, and whether a currency was said."""
    whole = _whole(found, at)
    if whole is None:
        return None
    value, after = whole
    low = _low(found, after)
    if low in _PART:
        return value / 100, after + 1, True
    if low == "grand":
        return value * 1000, after + 1, True
    if low not in _WHOLE and after == at + 1 and _low(found, at) == "one":
        return None  # "the red one"
    if low not in _WHOLE:
        bare = _bare(found, at, value, after)
        return (
            bare
            if bare[1] == len(found) or _low(found, bare[1]) not in _WHOLE
            else (bare[0], bare[1] + 1, True)
        )
    after += 1
    joined = _low(found, after) == "and"
    cents = _cents(found, after + 1 if joined else after)
    if cents is None or (joined and _low(found, cents[1]) not in _PART):
        return value, after, True
    last = cents[1] + 1 if _low(found, cents[1]) in _PART else cents[1]
    return value + Decimal(cents[0]) / 100, last, True


def _whole(found: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """A number before its currency: "a", "half a", "one and a half thousand", "eighty four point nine"."""
    low = _low(found, at)
    if low == "half" and _low(found, at + 1) == "a" and _low(found, at + 2) in _WHOLE | {"grand"}:
        return Decimal("0.5"), at + 2
    hit = cardinal(found, at)
    if hit is None:
        return (Decimal(1), at + 1) if low == "a" and _low(found, at + 1) in _WHOLE | {"grand"} else None
    value, after = Decimal(hit[0]), hit[1]
    if [t.low for t in found[after : after + 3]] == ["and", "a", "half"]:
        value, after = value + Decimal("0.5"), after + 3
        if _low(found, after) in SCALES:
            value, after = value * SCALES[_low(found, after)], after + 1
    elif _low(found, after) == "point":
        fraction, after = _fraction(found, after + 1)
        value += fraction
    return value, after


def _fraction(found: Sequence[Token], at: int) -> tuple[Decimal, int]:
    """What stands behind "point": "nine oh", "twenty five", "9"."""
    digits, after = "", at
    while len(digits) < 2:
        low = _low(found, after)
        if low in DIGITS or low in _OH:
            digits, after = digits + str(DIGITS.get(low, 0)), after + 1
        elif not digits and (hit := cardinal(found, after)) and hit[0] < 100:
            digits, after = str(hit[0]), hit[1]
            break
        else:
            break
    return (Decimal(f"0.{digits}") if digits else Decimal(0)), after


def _bare(found: Sequence[Token], at: int, value: Decimal, after: int) -> tuple[Decimal, int, bool]:
    """Numbers side by side without a currency: "forty two fifty", "three oh five", "two twelve forty"."""
    groups: list[int] = []
    end = after
    while len(groups) < 2 and (cents := _pair(found, end)) is not None:
        groups.append(cents[0])
        end = cents[1]
    if not groups or value != value.to_integral():
        return value, after, False
    if len(groups) == 2 and 1 <= value < 100 and _below_hundred(found, at):
        return value * 100 + groups[0] + Decimal(groups[1]) / 100, end, False
    return value + Decimal(groups[0]) / 100, (_pair(found, after) or (0, after))[1], False


def _below_hundred(found: Sequence[Token], at: int) -> bool:
    return _low(found, at + 1) not in SCALES


def _pair(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Two digits said as cents: "fifty", "oh five", "50"."""
    if _low(found, at) in _OH and (unit := DIGITS.get(_low(found, at + 1), 0)) > 0:
        return unit, at + 2
    low = _low(found, at)
    if low.isdecimal() and len(low) != 2:
        return None
    hit = cardinal(found, at)
    if hit is None or not 10 <= hit[0] < 100:
        return None
    if low in TENS and hit[1] - at == 1 and _low(found, hit[1]) in SCALES:
        return None
    return hit


def _cents(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    if (pair := _pair(found, at)) is not None:
        return pair
    hit = cardinal(found, at)
    return hit if hit is not None and hit[0] < 100 else None


def _low(found: Sequence[Token], at: int) -> str:
    return found[at].low if 0 <= at < len(found) else ""
