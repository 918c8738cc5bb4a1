"""Values that a sentence states: numbers, sums, dates, times, codes, in digits or in words. Pure.

Each becomes an `Atom` whose value compares exactly: 2.5 is not 25, November 3 is not the 4th.
"""

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from agent.dialogue.claims_atoms import Atom, Hit, atom_of
from agent.dialogue.claims_counts import counted, from_now, summed, worded
from agent.dialogue.claims_dates import dated, timed
from agent.dialogue.claims_words import UNITS
from agent.dialogue.slots_numbers import DIGITS, Token, cardinal, tokens

_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*")
_ADDRESS = re.compile(
    r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|io|co)\b\S*"
)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[\s.-]\(?\d{2,4}\)?){2,}(?!\w)")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?\S*)?")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2}):(\d{2})(?::\d{2})?(?:\s?([ap])\.?\s?m\b\.?)?", re.I)


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


_REPEATED = {"double": 2, "triple": 3, "treble": 3}
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
        for read in (dated, timed, _spelled, from_now, summed, counted, worded):
            hit = read(words, at, text)
            if hit is not None:
                made, at = hit
                found += made
                break
        else:
            at += 1


def _number_in_code(words: Sequence[Token], at: int, code: str) -> tuple[str, int] | None:
    """ "seventy" in "S W seven seventy", "twenty-one" before the C of a seat."""
    hit = cardinal(words, at)
    if hit is None or words[at].low in DIGITS or not words[at].low.isalpha() or words[at].low == "a":
        return None
    if re.search(r"[A-Z]", code) or (
        not code and _is_letter(words, hit[1]) and words[hit[1]].text not in "AI"
    ):
        return str(hit[0]), hit[1]
    return None


def _is_prefix(words: Sequence[Token], at: int) -> bool:
    """Capitals before a number: "SK four fifty"."""
    text = words[at].text
    if not (2 <= len(text) <= 3 and text.isupper() and text.isalpha()) or at + 1 >= len(words):
        return False
    return words[at + 1].low in DIGITS or words[at + 1].low.isdecimal() or cardinal(words, at + 1) is not None


def _is_letter(words: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(words) and len(words[at].text) == 1 and words[at].text.isupper()


def _beside_letter(words: Sequence[Token], at: int) -> bool:
    """Whether a letter by itself stands beside the digits: "12 C", "B 14"."""
    return any(_is_letter(words, place) and words[place].text not in "AI" for place in (at - 1, at + 1))


def _mixed(code: str) -> bool:
    return any(sign.isdigit() for sign in code) and any(sign.isalpha() for sign in code)


def _spelled(words: Sequence[Token], at: int, text: str) -> Hit | None:
    """Digits said one by one, three or more, with letters before them or not: a code."""
    after, code, count = at, "", 0
    while after < len(words):
        low = words[after].low
        times = _REPEATED.get(low, 0)
        if times and after + 1 < len(words) and words[after + 1].low in DIGITS:
            code, count = code + str(DIGITS[words[after + 1].low]) * times, count + times
            after += 1
        elif low in DIGITS:
            code, count = code + str(DIGITS[low]), count + 1
        elif low.isdecimal() and ((len(low) == 1 and code) or _beside_letter(words, after)):
            code, count = code + low, count + 1
        elif low in {"oh", "o"} and code:
            code, count = code + "0", count + 1
        elif (number := _number_in_code(words, after, code)) is not None:
            code, count, after = code + number[0], count + len(number[0]), number[1] - 1
        elif (not code and _is_prefix(words, after)) or _is_letter(words, after):
            code += words[after].text
        elif not (low in {",", "-"} and code):
            break
        after += 1
    while after > at and words[after - 1].low in {",", "-"}:
        after -= 1
    if count < 3 and not (count >= 2 and len(code) > count + 1) and not _mixed(code):
        return None
    return [atom_of("identifier", code, words, at, after, text)], after
