"""How many: "for four", "a party of six", "the two of us", "three". A time and a date are no count. Pure."""

import datetime as dt
import re

from agent.dialogue.dates import date
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import cardinal, words
from agent.dialogue.times import time_of_day

LEADS = frozenset({"for", "of", "us", "we're", "are", "be", "it", "make"})
HEADS = frozenset("people persons guests adults seats of person guest more".split())
LARGEST = 999


def count(text: str, today: dt.date, *, asked: bool) -> Found[int] | None:
    """The number of things that `text` speaks of. Unasked it counts where the words say so: "for four", "six
    people"."""
    rest = _without(text, today)
    found = words(re.sub(r"\b(?:a|one) (?:couple|pair)\b", "two", rest, flags=re.I))
    at = 0
    while at < len(found):
        hit = cardinal(found, at)
        if hit is None:
            at += 1
            continue
        before = found[at - 1].low if at else ""
        after = found[hit[1]].low if hit[1] < len(found) else ""
        told = before in LEADS or after in HEADS or (asked and after not in ("day", "days", "week", "weeks"))
        if told and 0 < hit[0] <= LARGEST:
            return Found(hit[0], (found[at].start, found[hit[1] - 1].end))
        at = hit[1]
    return None


def _without(text: str, today: dt.date) -> str:
    """`text` without its date and its time of day."""
    for read in (lambda said: date(said, today), time_of_day):
        found = read(text)
        if found is not None and re.search(r"[a-z:/]", text[slice(*found.span)], re.I):
            text = f"{text[: found.span[0]]} , {text[found.span[1] :]}"
    return text
