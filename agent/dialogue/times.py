"""Times of day as callers say them: "half past three", "quarter to five in the afternoon", "10.30"."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import Token, cardinal, words

_CLOCK = re.compile(r"\b(\d{1,2})\s*[:.]\s*(\d{2})\s*([ap])?\.?\s*(?:m\b\.?)?", re.IGNORECASE)
_LIKE_PAST = {
    "half": {"pass", "passed", "by"},
    "have": {"past", "pass", "passed"},
    "quarter": {"pass", "passed"},
}
"""What recognisers write of "half past" and "quarter past"; of "have" the caller is asked."""
_HALVES = {"am": "a", "pm": "p", "a": "a", "p": "p"}


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
        of_quarter = token.low == "of" and at and found[at - 1].low == "quarter"
        past = at > 0 and token.low in _LIKE_PAST.get(found[at - 1].low, ())
        if (token.low in {"past", "after", "to", "till", "before"} and at) or of_quarter or past:
            hit = _past_or_to(found, at, half)
            if hit is not None:
                return hit
    for at, token in enumerate(found):
        if token.low == "half" and (of_half := cardinal(found, at + 1)) and 1 <= of_half[0] <= 12:
            return _clock(of_half[0], 30, half, (token.start, found[of_half[1] - 1].end))
        hit = _hour(found, at, half)
        if hit is not None:
            return hit
    return None


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
    before = found[at - 1].low
    misheard = found[at].low in _LIKE_PAST.get(before, ())
    minutes = {"half": 30, "quarter": 15}.get(before, 30 if misheard else None)
    if minutes is None:
        value = cardinal(found, at - 2) if at >= 2 else None
        if value is None or value[1] != at:
            value = cardinal(found, at - 1)
        minutes = value[0] if value is not None and value[1] == at else None
    hour = cardinal(found, at + 1)
    if minutes is None or hour is None or not 1 <= hour[0] <= 12 or minutes > 59:
        return None
    span = (found[at - 1].start, found[hour[1] - 1].end)
    if found[at].low in {"past", "after"} or misheard:
        said = _clock(hour[0], minutes, half, span)
        return replace(said, doubtful=True, why="homophone") if before == "have" else said
    return _clock(hour[0] - 1 or 12, 60 - minutes, half, span)


def _hour(found: Sequence[Token], at: int, half: str | None) -> Found[dt.time] | None:
    """ "3 pm", "three thirty", "five o'clock", "at four", "at 1030", "ten in the morning"."""
    hour = cardinal(found, at)
    before = found[at - 1].low if at else ""
    if hour is None or ((wider := cardinal(found, at - 1) if at else None) and wider[1] == hour[1]):
        return None
    after, minute = hour[1], 0
    low = found[after].low if after < len(found) else ""
    value, together = hour[0], False
    if (found[at].low.isdecimal() and len(found[at].low) in (3, 4)) or low == "hours":
        value, minute, together = hour[0] // 100, hour[0] % 100, True
    if not 0 <= value < 24 or minute > 59:
        return None
    spoken_minutes = cardinal(found, after)
    if together:
        pass
    elif low in {"oh", "o"} and (unit := cardinal(found, after + 1)) and unit[0] < 10:
        minute, after = unit[0], unit[1]
    elif spoken_minutes is not None and 10 <= spoken_minutes[0] < 60:
        minute, after = spoken_minutes
    named = before in {"at", "around", "by", "about"} or low in _HALVES or low in {"o'clock", "hours"}
    if not (named or (minute and not together) or _names_half(found, after)):
        if together or half is None or len(found) > 4:
            return None
    return _clock(value, minute, half, (found[at].start, found[after - 1].end))


def _names_half(found: Sequence[Token], at: int) -> bool:
    """Whether "in the morning", "tomorrow evening", "at night" begins at `at`."""
    lows = [token.low for token in found[at : at + 3]]
    halves = {"morning", "afternoon", "evening", "night"}
    return (
        lows[:1] in (["tonight"], *([half] for half in halves))
        or (lows[:1] in (["tomorrow"], ["this"], ["at"]) and lows[1:2] != [] and lows[1] in halves)
        or (lows[:2] == ["in", "the"] and lows[2:3] != [] and lows[2] in halves)
    )
