"""Letters as callers spell them: "A as in alpha", "B for bravo", "double l"; codes, telephone numbers."""

import re
from collections.abc import Sequence

from agent.dialogue.slots_digits import REPEATS, WEAK, digits
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import DIGITS, TEENS, TENS, Token, tokens

NATO = {
    "alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F",
    "golf": "G", "hotel": "H", "india": "I", "juliet": "J", "juliett": "J", "kilo": "K", "lima": "L",
    "mike": "M", "november": "N", "oscar": "O", "papa": "P", "quebec": "Q", "romeo": "R", "sierra": "S",
    "tango": "T", "uniform": "U", "victor": "V", "whiskey": "W", "whisky": "W", "xray": "X", "yankee": "Y",
    "zulu": "Z",
}  # fmt: skip
_SOUNDS = {
    "ay": "A", "bee": "B", "be": "B", "cee": "C", "see": "C", "sea": "C", "dee": "D", "ee": "E", "ef": "F",
    "eff": "F", "gee": "G", "aitch": "H", "eye": "I", "bye": "I", "jay": "J", "kay": "K", "okay": "K",
    "el": "L", "ell": "L",
    "em": "M", "en": "N", "pee": "P", "pea": "P", "cue": "Q", "queue": "Q", "are": "R", "ar": "R", "ess": "S",
    "tee": "T", "tea": "T", "you": "U", "vee": "V", "ex": "X", "why": "Y", "zee": "Z", "zed": "Z",
}  # fmt: skip
"""Words that Whisper writes for the names of letters; letters only beside other letters or digits."""
_AS_IN = frozenset({"as", "like", "for", "is", "in"})
_BETWEEN = frozenset(
    {",", ".", "-", "–", "/", ";", ":", "dash", "hyphen", "space", "uh", "um", "then", "and"}
)
_MOST_GLUED = 4
"""Capital letters written together ("AB") are read as spelled up to this many."""


def identifier(text: str, *, length: int | None = None, pattern: str | None = None) -> Found[str] | None:
    """A code of letters and digits, in capitals without separators: "A as in alpha, B, one two" -> AB12.

    `pattern` is a regular expression for the whole code and `length` its number of characters; the run
    of symbols that satisfies them is taken. Doubtful where nothing satisfies them, or where a word such
    as "see" had to be read as a letter. None where no letter or digit was spelled.
    """
    best: Found[str] | None = None
    for run in _runs(tokens(text)):
        for symbols_, sounds in _windows(run):
            value = "".join(s for s, _, _ in symbols_)
            if (length is None or len(value) == length) and (pattern is None or re.fullmatch(pattern, value)):
                span = (symbols_[0][1].start, symbols_[-1][2].end)
                hit = Found(value, span, sounds, "homophone" if sounds else "")
                asked = length is not None or pattern is not None
                if best is None or (best.doubtful and not sounds) or len(value) > len(best.value) or asked:
                    best = hit
                break
    if best is not None or (length is None and pattern is None):
        return best
    fallback = identifier(text)
    if fallback is None:
        return None
    return Found(fallback.value, fallback.span, True, "length" if length is not None else "pattern")


def symbols(text: str) -> str:
    """Every letter and digit spelled in `text`, in order, in capitals."""
    return "".join(symbol for run in _runs(tokens(text)) for symbol, _, _, _ in run)


def spelled_word(text: str) -> Found[str] | None:
    """A name spelled letter by letter ("S M I T H", "double l"), three letters or more."""
    hits = [run for run in _runs(tokens(text)) if len(run) >= 3 and all(s[0].isalpha() for s in run)]
    if not hits:
        return None
    run = max(hits, key=len)
    return Found("".join(s[0] for s in run).capitalize(), (run[0][1].start, run[-1][2].end))


def phone(text: str, country_code: str = "1", length: int = 10) -> Found[str] | None:
    """A telephone number as +<country><number>. Doubtful where it hasn't `length` digits."""
    found = digits(text, length)
    if found is None:
        return None
    with_country = digits(text, length + len(country_code))
    if with_country is not None and not with_country.doubtful and with_country.value.startswith(country_code):
        return Found(f"+{with_country.value}", with_country.span)
    if len(found.value) == length:
        return Found(f"+{country_code}{found.value}", found.span, found.doubtful, found.why)
    if len(found.value) > length and re.search(r"\+|\bplus\b", text.lower()):
        return Found(f"+{found.value}", found.span)
    return Found(found.value, found.span, True, "length")


Symbol = tuple[str, Token, Token, str]
"""Symbol, first and last token, how sure: `sure`, `sound` (see), `article` (a, I), `homophone` (for)."""


def _windows(run: list[Symbol]) -> list[tuple[list[tuple[str, Token, Token]], bool]]:
    """The run without, then with, the doubtful symbols at its edges; whether a sound was read as a letter."""
    inner = list(run)
    while inner and inner[0][3] != "sure":
        inner.pop(0)
    while inner and inner[-1][3] != "sure":
        inner.pop()
    if not inner:
        return []
    start = run.index(inner[0])
    stop = start + len(inner)
    found = []
    for extra_left in range(start + 1):
        for extra_right in range(len(run) - stop + 1):
            window = run[start - extra_left : stop + extra_right]
            unsure = any(s[3] in {"sound", "homophone"} for s in window if s not in inner)
            found.append(([(s[0], s[1], s[2]) for s in window], unsure))
    return found


def runs_of_symbols(text: str) -> list[list[Symbol]]:
    """Letters and digits spelled side by side, with their tokens, in order."""
    return _runs(tokens(text))


def _runs(found: Sequence[Token]) -> list[list[Symbol]]:
    runs: list[list[Symbol]] = []
    current: list[Symbol] = []
    at = 0
    while at < len(found):
        read = _symbol(found, at)
        if read is not None:
            values, after, sure = read
            current += [(value, found[at], found[after - 1], sure) for value in values]
            at = after
        elif current and found[at].low in _BETWEEN:
            at += 1
        else:
            if current:
                runs.append(current)
                current = []
            at += 1
    if current:
        runs.append(current)
    return [run for run in runs if any(s[3] == "sure" for s in run)]


def _symbol(found: Sequence[Token], at: int) -> tuple[str, int, str] | None:
    """Symbols at `at`, the index after them, and how sure."""
    token = found[at]
    low = token.low
    following = found[at + 1].low if at + 1 < len(found) else ""
    if low in REPEATS and following:
        read = _symbol(found, at + 1)
        if read is not None and read[0]:
            return read[0][0] * REPEATS[low] + read[0][1:], read[1], "sure"
        return None
    letter = token.text.upper() if len(low) == 1 and low.isalpha() and low.isascii() else _SOUNDS.get(low)
    if low == "x" and _dashed_ray(found, at):
        return "X", at + (3 if following == "-" else 2), "sure"
    if letter is not None:
        after = _example(found, at, letter)
        if after is not None:
            return letter, after, "sure"
    if len(low) == 1 and low.isalpha() and low.isascii():
        article = low in {"a", "i", "o"} and (token.text.islower() or low == "i")
        return low.upper(), at + 1, "article" if article else "sure"
    if low.isdecimal() and low.isascii():
        return low, at + 1, "sure"
    if low in NATO:
        return (
            NATO[low],
            at + 1,
            "sure" if low not in {"mike", "november", "hotel", "india", "victor"} else "sound",
        )
    if low in TENS:
        unit_at = at + 2 if following == "-" else at + 1
        unit = DIGITS.get(found[unit_at].low, 0) if unit_at < len(found) else 0
        return (str(TENS[low] + unit), unit_at + 1, "sure") if unit else (str(TENS[low]), at + 1, "sure")
    if low in TEENS or low in DIGITS:
        return str(TEENS.get(low, DIGITS.get(low))), at + 1, "sure"
    if low in {"nought", "naught"} or low == "oh":
        return "0", at + 1, "sure" if low != "oh" else "homophone"
    if (
        token.text.isupper()
        and token.text.isascii()
        and 1 < len(token.text) <= _MOST_GLUED
        and token.text.isalpha()
    ):
        return token.text, at + 1, "sure"
    if low in WEAK:
        return WEAK[low], at + 1, "homophone"
    if low in _SOUNDS:
        return _SOUNDS[low], at + 1, "sound"
    return None


def _dashed_ray(found: Sequence[Token], at: int) -> bool:
    return [t.low for t in found[at + 1 : at + 3] if t.low != "-"][:1] == ["ray"]


def _example(found: Sequence[Token], at: int, letter: str) -> int | None:
    """The index after "as in alpha", "for bravo", "like boy", where its word begins with `letter`."""
    index = at + 1
    if index < len(found) and found[index].low == ",":
        index += 1
    if index >= len(found) or found[index].low not in _AS_IN:
        return None
    if (
        found[index].low == "as" and index + 1 < len(found) and found[index + 1].low in {"in", "an", "and"}
    ) or (found[index].low == "is" and index + 1 < len(found) and found[index + 1].low == "for"):
        index += 1
    index += 1
    if index < len(found) and len(found[index].low) > 2 and found[index].low[0].upper() == letter:
        return index + 1
    return None
