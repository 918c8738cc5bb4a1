"""Finds the loop in a decode that says its sentence again and again: pure, on words."""

from collections.abc import Sequence
from dataclasses import dataclass

FASTEST_WORDS_PER_S = 6.5
"""Nobody says more of the same in a second of voice."""
SENTENCE_WORDS = 4
"""A phrase this long, twice in a row, may be a loop at any speed."""
NUMBERS = frozenset(
    "zero oh nought one two three four five six seven eight nine ten eleven twelve double triple".split()
)
"""Said twice, numbers mean twice."""


def bare(word: str) -> str:
    """`word` without case and punctuation."""
    return "".join(letter for letter in word.lower() if letter.isalnum() or letter == "'")


@dataclass(frozen=True, slots=True)
class Loop:
    """Words that come again and again from `first` on, `length` at a time."""

    first: int
    length: int
    sure: bool
    """Nobody can have said them in that time. Else the sound must tell: a caller may say a sentence twice."""

    @property
    def keep(self) -> int:
        """How many words there are up to the end of the first round."""
        return self.first + self.length


def find(words: Sequence[str], voiced_s: float, capped: bool = False) -> Loop | None:
    """The loop that goes on to the end of `words`, if there is one.

    `capped` says that the decoder was stopped by its length, as loops are: then the last word may be part of
    one, and what follows two equal rounds is the loop, if not equal.
    """
    plain = [bare(word) for word in words]
    too_fast = len(plain) > FASTEST_WORDS_PER_S * max(voiced_s, 0.2) + 0.5
    if capped:
        plain = plain[:-1]
    for first in range(len(plain)):
        for length in range(1, len(plain) - first):
            if _loops(words, plain, first, length, too_fast, capped):
                return Loop(first, length, too_fast)
    return None


def _loops(
    words: Sequence[str], plain: Sequence[str], first: int, length: int, too_fast: bool, capped: bool
) -> bool:
    end = first + length
    while end < len(plain) and plain[end] == plain[end - length]:
        end += 1
    again = end - first - length
    to_the_end = end == len(plain)
    part = capped and to_the_end and length >= 3 and again >= 2
    if not part and (again < length or not (to_the_end or (capped and length >= 3))):
        return False
    if all(_is_number(word) for word in plain[first : first + length]):
        return too_fast and to_the_end
    return too_fast or part or length >= SENTENCE_WORDS or _is_sentence(words, first, length)


def _is_sentence(words: Sequence[str], first: int, length: int) -> bool:
    """Whether the round is a sentence of two words or more: "Thank you. Thank you." """
    closes = words[first + length - 1][-1] in ".?!"
    return length >= 2 and closes and (first == 0 or words[first - 1][-1] in ".?!")


def _is_number(word: str) -> bool:
    return word.isdigit() or word in NUMBERS
