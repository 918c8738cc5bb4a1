"""A number that was asked for, in a transcript: how many digits were said, and where it is whole. Pure.

Whisper drops or doubles equal digits in a row ("one zero zero zero zero four": 1004). With digits one by one
in the decoder's prompt it keeps them, but loses its timestamps, and so loops: only its first whole number
is looked at, and the unprompted model compares both readings by the sound.
"""

import re

from agent.asr.repetition import bare

PROMPT = "0, 0, 0, 0, 4, 4, 1, 1, 2."
"""Digits one by one, equal ones in a row."""
UNITS = frozenset("zero oh o nought one two three four five six seven eight nine".split())
TIMES = {"double": 1, "triple": 2}
FEWEST = 2
"""Fewer digits than this are a word of the sentence."""


def count(text: str) -> int:
    """How many digits `text` says."""
    return sum(_digits(word) for word in text.split())


def whole(text: str, length: int) -> str | None:
    """The beginning of `text` up to its `length`th digit, where a number ends there; else None."""
    words = text.split()
    said = 0
    for place, word in enumerate(words):
        said += _digits(word)
        if said >= length:
            ends = place + 1 == len(words) or word[-1] in ".?!" or not _digits(words[place + 1])
            return " ".join(words[: place + 1]) if said == length and ends else None
    return None


def _digits(word: str) -> int:
    plain = bare(word)
    if plain in UNITS:
        return 1
    return TIMES.get(plain, len(re.findall(r"\d", word)))
