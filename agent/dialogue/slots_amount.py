"""Money as callers say it: "twelve dollars fifty", "$12.50", "fifty cents"."""

import re
from collections.abc import Sequence
from decimal import Decimal

from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import Token, cardinal, digit_value, words

_WRITTEN = re.compile(
    r"[$£€]\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?(?!\d)|\b(\d{1,3}(?:,\d{3})+|\d+)\.(\d{2})\b"
)
_WHOLE = frozenset("dollar dollars buck bucks pound pounds euro euros quid".split())
_PART = frozenset("cent cents penny pence".split())


def amount(text: str) -> Found[Decimal] | None:
    """The sum of money in `text`. Doubtful where neither a currency nor cents were said ("twelve fifty")."""
    if match := _WRITTEN.search(text):
        whole, part = (match[1], match[2]) if match[1] else (match[3], match[4])
        value = Decimal(whole.replace(",", "")) + Decimal((part or "0").ljust(2, "0")) / 100
        return Found(value, match.span())
    found = words(text)
    best: Found[Decimal] | None = None
    at = 0
    while at < len(found):
        hit = cardinal(found, at)
        if (
            hit is None
            and found[at].low == "a"
            and at + 1 < len(found)
            and found[at + 1].low in _WHOLE | {"grand"}
        ):
            hit = (1, at + 1)
        if hit is None:
            at += 1
            continue
        value, after = Decimal(hit[0]), hit[1]
        lows = [t.low for t in found[after : after + 5]] + [""] * 5
        if lows[:3] == ["and", "a", "half"]:
            value, after = value + Decimal("0.5"), after + 3
            lows = [t.low for t in found[after : after + 5]] + [""] * 5
        if lows[0] in _PART:
            return Found(value / 100, (found[at].start, found[after].end))
        if lows[0] == "grand":
            return Found(value * 1000, (found[at].start, found[after].end))
        if lows[0] in _WHOLE:
            end = after
            tail = cardinal(found, after + 2 if lows[1] == "and" else after + 1)
            if tail is not None and tail[0] < 100 and (lows[1] != "and" or _has_part(found, tail[1])):
                value += Decimal(tail[0]) / 100
                end = tail[1] if _has_part(found, tail[1]) else tail[1] - 1
            return Found(value, (found[at].start, found[end].end))
        cents = cardinal(found, after) if after < len(found) else None
        if cents is not None and 10 <= cents[0] < 100 and digit_value(found[after].low):
            best = Found(
                value + Decimal(cents[0]) / 100, (found[at].start, found[cents[1] - 1].end), True, "guess"
            )
            at = cents[1]
            continue
        best = best or Found(value, (found[at].start, found[after - 1].end), True, "guess")
        at = after
    return best


def _has_part(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and found[at].low in _PART
