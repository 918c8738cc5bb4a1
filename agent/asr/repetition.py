"""Finds the loop in a decode that says its sentence again and again: pure, on words."""

from collections.abc import Sequence

FASTEST_WORDS_PER_S = 6.5
"""Nobody says more of the same in a second of voice."""
SENTENCE_WORDS = 4
"""A phrase this long, twice in a row, is a decoder's loop or a caller's repetition: either way once is
enough."""
NUMBERS = frozenset(
    "zero oh nought one two three four five six seven eight nine ten eleven twelve double triple".split()
)
"""Said twice, numbers mean twice."""


def bare(word: str) -> str:
    """`word` without case and punctuation."""
    return "".join(letter for letter in word.lower() if letter.isalnum() or letter == "'")


def keep(words: Sequence[str], voiced_s: float, capped: bool = False) -> int:
    """How many of `words` to keep: all, or up to the end of the first round of a loop at the end.

    `capped` says that the decoder was stopped by its length, as loops are: its last round may be a part.
    """
    plain = [bare(word) for word in words]
    too_fast = len(plain) > FASTEST_WORDS_PER_S * max(voiced_s, 0.2) + 0.5
    for length in range(1, len(plain)):
        first = _loop_start(plain, length)
        rounds = (len(plain) - first) / length
        part = capped and length >= 3 and len(plain) - first >= length + 2
        if rounds < 2 and not part:
            continue
        if all(_is_number(word) for word in plain[first : first + length]):
            looped = too_fast
        else:
            looped = too_fast or part or length >= SENTENCE_WORDS or _is_sentence(words, first, length)
        if looped:
            return first + length
    return len(words)


def _loop_start(plain: Sequence[str], length: int) -> int:
    """From where on the words repeat with period `length` up to the end."""
    first = len(plain) - length
    while first > 0 and plain[first - 1] == plain[first - 1 + length]:
        first -= 1
    return first


def _is_sentence(words: Sequence[str], first: int, length: int) -> bool:
    """Whether the round is a sentence of two words or more: "Thank you. Thank you." """
    closes = words[first + length - 1][-1] in ".?!"
    return length >= 2 and closes and (first == 0 or words[first - 1][-1] in ".?!")


def _is_number(word: str) -> bool:
    return word.isdigit() or word in NUMBERS
