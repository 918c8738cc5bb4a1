"""When the caller's turn is over: how much silence a pause needs, from what was said before it.

Pure. Three witnesses: Smart Turn (how it sounded), the words (whether they can stand as an end),
and what the agent asked for (a number of five digits is over at the fifth).
"""

import re
from dataclasses import dataclass
from typing import Literal

from agent.settings.tree import Turns

_UNFINISHED = frozenset(
    "a an the my your his her our their this these those and or but so because if when that which "
    "to of for from with at in on by about is are was it's its i'm um uh er like number code".split()
)
_UNITS = frozenset("zero oh nought one two three four five six seven eight nine".split())
_TENS = frozenset("twenty thirty forty fifty sixty seventy eighty ninety".split())
_TEENS = frozenset("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())
_ANSWERS = frozenset("yes yeah yep yup no nope nah correct right sure okay ok".split())

_ASKS = frozenset(
    "what where when who which why how is are was were do does did can could will would should has".split()
)
"""A recogniser often writes a question without its mark; in English it begins with one of these."""
LEAST_QUESTION_WORDS = 3
FEW_DIGITS = 2
"""A number of so few digits at the end ("where is my order nine") is often the begin of a longer one."""

Expects = Literal["digits", "date", "yes_no", "name", "choice", "free"]


@dataclass(frozen=True, slots=True)
class Pause:
    """What is known when the caller has stopped making sound."""

    text: str
    complete: float | None = None
    """Smart Turn's probability, 0..1; None where it didn't run."""
    expects: Expects = "free"
    expects_digits: int | None = None


def required_silence_ms(pause: Pause, settings: Turns) -> int:
    """Silence, from the caller's last sound, after which the turn is over."""
    words = re.findall(r"[a-z']+|\d", pause.text.lower())
    if not words:
        return settings.unsure_silence_ms
    if pause.expects == "yes_no" and _ANSWERS & set(words):
        return settings.min_silence_ms
    digits = spoken_digits(words)
    if pause.expects == "digits" and digits:
        return _digits_silence_ms(digits, pause, settings)
    if is_unfinished(pause.text, words):
        return settings.max_silence_ms
    if pause.expects == "name" and is_spelling(pause.text):
        return max(settings.unsure_silence_ms, _by_sound_ms(pause.complete, settings))
    by_sound = _by_sound_ms(pause.complete, settings)
    if 0 < trailing_digits(words) <= FEW_DIGITS:
        return max(settings.unsure_silence_ms, by_sound)
    if words_suffice(pause.text):
        return min(by_sound, settings.question_silence_ms)
    return by_sound


def words_suffice(text: str) -> bool:
    """Whether the words alone decide: nothing was said, or a whole question."""
    words = re.findall(r"[a-z']+|\d", text.lower())
    if not words or text.rstrip().endswith("?"):
        return True
    return words[0] in _ASKS and len(words) >= LEAST_QUESTION_WORDS and not is_unfinished(text, words)


def is_unfinished(text: str, words: list[str]) -> bool:
    """Whether the words can't stand as the end of a turn ("my order number is ...")."""
    stripped = text.rstrip()
    if stripped.endswith("?"):
        return False
    return stripped.endswith(("...", "…", ",", "-")) or words[-1] in _UNFINISHED


def is_spelling(text: str) -> bool:
    """Whether `text` ends in a letter or sign that is dictated: "S M I", "S-M-I", "jane dot"."""
    return re.search(r"(?:\b[a-z]|\b(?:dot|underscore|dash|hyphen))\W*$", text.lower()) is not None


def spoken_digits(words: list[str]) -> int:
    """How many digits the words make, as a caller dictates them."""
    count = 0
    repeat = 1
    for index, word in enumerate(words):
        if word in ("double", "triple"):
            repeat = 2 if word == "double" else 3
            continue
        if word.isdigit() or word in _UNITS:
            # "twenty three" is two digits: the unit takes the place of the tens' zero.
            count += 0 if index and words[index - 1] in _TENS else repeat
        elif word in _TENS or word in _TEENS:
            count += 2
        repeat = 1
    return count


def trailing_digits(words: list[str]) -> int:
    """How many digits, said one by one, the words end in."""
    count = 0
    for word in reversed(words):
        if not (word.isdigit() or word in _UNITS):
            break
        count += 1
    return count


def _digits_silence_ms(digits: int, pause: Pause, settings: Turns) -> int:
    if pause.expects_digits is None:
        return max(settings.unsure_silence_ms, _by_sound_ms(pause.complete, settings))
    if digits == pause.expects_digits:
        return settings.min_silence_ms
    if digits < pause.expects_digits:
        return settings.max_silence_ms
    return settings.unsure_silence_ms


def _by_sound_ms(complete: float | None, settings: Turns) -> int:
    """Sure: the least silence. Unsure: from `unsure` up to half as much again, as it sounds open.

    Smart Turn misses the end of many a whole sentence on a telephone line (dev/LOG.md), so that its
    "no" alone is not worth the longest wait.
    """
    if complete is None:
        return settings.unsure_silence_ms
    if complete >= settings.complete_probability:
        return settings.min_silence_ms
    share = 1 - complete / settings.complete_probability
    return min(settings.max_silence_ms, round(settings.unsure_silence_ms * (1 + share / 2)))
