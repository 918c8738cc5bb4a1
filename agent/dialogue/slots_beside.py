"""A number and a ZIP code said in one breath: "12345, zip 19901", "one two three four five, 1 9 9 0 1"."""

import re

from agent.dialogue.slots_digits import digit_runs, digits
from agent.dialogue.slots_postcode import PLUS_FOUR_DIGITS, ZIP_DIGITS, in_form

_NAMED = re.compile(
    r"(?:\b(?:and|with|at|in|my|the|its|it's|for|of)\b[\s,]*)*\b(?:zip|post(?:al)?)(?:[\s-]*code)?\b(?:['’]s\b)?"
    r"(?:\W+(?:number|there|here|is|it's|of|was|be|would)\b)*",
    re.I,
)
_GAP = re.compile(r"[\s,.;:]+")
_AND = re.compile(r"\W(?:and|also|plus|or)\W", re.I)


def named_zip(text: str) -> tuple[str, str] | None:
    """The ZIP code that `text` calls so, and the rest of `text`; None where none is named."""
    for name in _NAMED.finditer(text):
        behind = text[name.end() :]
        for cut in _cuts(behind):
            value = _exactly(behind[:cut], ZIP_DIGITS) or _exactly(behind[:cut], PLUS_FOUR_DIGITS)
            if value is not None:
                if digit_runs(behind)[0].span[0] > _first_word(behind):
                    break  # other words stand between
                return in_form(value, "US"), f"{text[: name.start()]} ; {behind[cut:]}"
    return None


def zip_behind(text: str, length: int) -> tuple[str, str] | None:
    """The ZIP code said right behind a number of `length` digits, and the text of that number; None where
    `text` holds anything but these two. Joined by "and", numbers of one length are two of a kind."""
    for cut in _cuts(text):
        before, behind = text[:cut], text[cut:]
        if _exactly(before, length) is None or (value := _exactly(behind, ZIP_DIGITS)) is None:
            continue
        if length == ZIP_DIGITS and _AND.search(f" {text} "):
            return None
        return value, before
    return None


def _cuts(text: str) -> list[int]:
    return [*(gap.start() for gap in _GAP.finditer(text) if gap.start()), len(text)]


def _first_word(text: str) -> int:
    word = re.search(r"[^\W_]", text)
    return word.start() if word is not None else 0


def _exactly(text: str, length: int) -> str | None:
    """The digits of `text`, where they are `length` in one run."""
    found = digits(text, length)
    if found is None or found.doubtful or len(found.value) != length or len(digit_runs(text)) != 1:
        return None
    return found.value
