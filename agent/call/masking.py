"""Card numbers out of what is kept: 13 to 19 digits that pass Luhn's check become `****1111`.

Pure. Digits count however they are written or said: `4111 1111 1111 1111`, `4111-1111-...`,
"four one one one ...", "double one", "forty one eleven". Order numbers and telephone numbers stay.
Lengths are those of ISO/IEC 7812-1 (a card number has at most 19 digits, in practice 13 or more).
A number in which one digit was misheard doesn't pass Luhn's check and is not seen as a card.
"""

import re
from collections.abc import Mapping
from typing import Any

SHORTEST, LONGEST = 13, 19
"""Digits of a card number."""

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_UNITS = {word: str(digit) for digit, word in enumerate(_DIGITS)} | dict.fromkeys(
    ("oh", "o", "nought", "naught"), "0"
)
_TEENS = {
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
_TENS = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_BETWEEN = {"um", "uh", "er", "erm", "and", "then", "dash", "hyphen", "space", "minus"}
"""Words that callers put between the digits of one number."""

_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{12,18}"
)
"""First digits and lengths of the card networks (ISO/IEC 7812 issuer ranges as the networks publish them)."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s.\-–—/:;]|_")
_Digit = tuple[str, int, int]
"""A digit with the span of the text that says it."""


def mask(text: str) -> str:
    """`text` with each card number in it replaced by four stars and its last four digits."""
    masked = text
    for start, end, digits in reversed(cards(text)):
        masked = f"{masked[:start]}****{digits[-4:]}{masked[end:]}"
    return masked


def mask_across(first: str, second: str) -> tuple[str, str]:
    """Two turns' transcripts in a row, masked, and a card number that was said over both as well."""
    border = len(first)
    for start, end, digits in cards(f"{first} {second}"):
        if start < border < end - 1:
            return mask(f"{first[:start]}****"), mask(f"****{digits[-4:]}{second[end - border - 1 :]}")
    return mask(first), mask(second)


def mask_value(value: Any) -> Any:
    """`value` with every text in it masked: strings, and mappings and sequences of them.

    A whole number is masked as its digits would be, and is then a string.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if mask(str(value)) == str(value) else mask(str(value))
    if isinstance(value, Mapping):
        return {mask(str(key)): mask_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_value(item) for item in value]
    return value


def cards(text: str) -> list[tuple[int, int, str]]:
    """(start, end, digits) of each card number in `text`, in order; spans never overlap."""
    found: list[tuple[int, int, str]] = []
    for run in _runs(text):
        first = 0
        while len(run) - first >= SHORTEST:
            hit = _card_in(run, first)
            if hit is None:
                break
            begin, end = hit
            found.append((run[begin][1], run[end - 1][2], "".join(d for d, _, _ in run[begin:end])))
            first = end
    return found


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card_in(run: list[_Digit], first: int) -> tuple[int, int] | None:
    """The first card number in `run` at or after `first`: [begin, end).

    All that is left of the run, if it passes; else a stretch of it that begins and is as long as a
    network's numbers are, so that other digits said before or after don't hide it: whole groups of
    digits first, then any.
    """
    text = "".join(digit for digit, _, _ in run)
    if len(run) - first <= LONGEST and luhn(text[first:]):
        return first, len(run)
    borders = {0, len(run)} | {i for i in range(1, len(run)) if run[i][1] > run[i - 1][2]}
    windows = [
        (begin, begin + length)
        for begin in range(first, len(run) - SHORTEST + 1)
        for length in (16, 15, 14, 19, 18, 17, 13)
        if begin + length <= len(run)
    ]
    windows.sort(key=lambda window: not borders.issuperset(window))
    for begin, end in windows:
        if _NETWORKS.fullmatch(text, begin, end) and luhn(text[begin:end]):
            return begin, end
    return None


class _Reader:
    """Collects runs of digits from the words of a text, left to right."""

    def __init__(self) -> None:
        self.runs: list[list[_Digit]] = [[]]
        self._repeat = 1
        self._tens: _Digit | None = None
        self._group = 0
        self._comma = False

    def read(self, word: str, start: int, end: int) -> None:
        tens, self._tens = self._tens, None
        if tens is not None:
            unit = _UNITS.get(word, "0")
            if unit != "0":
                self._add([tens, (unit, start, end)])
                return
            self._add([tens, ("0", tens[1], tens[2])])
        if word.isdigit():
            self._written(word, start)
        elif digits := _UNITS.get(word) or _TEENS.get(word):
            self._add([(digit, start, end) for digit in digits * self._repeat])
        elif word in _TENS:
            self._tens = (_TENS[word], start, end)
        elif word in _REPEATS:
            self._repeat = _REPEATS[word]
        elif word == "," or word in _BETWEEN:
            self._comma = True
        else:
            self._break()

    def finish(self) -> list[list[_Digit]]:
        if self._tens is not None:
            self._add([self._tens, ("0", self._tens[1], self._tens[2])])
        return [run for run in self.runs if len(run) >= SHORTEST]

    def _written(self, word: str, start: int) -> None:
        if self._comma and self._group == len(word) >= 5:
            self._break()  # a list of numbers of one kind, not the groups of one number
        digits = [(str(int(digit)), start + i, start + i + 1) for i, digit in enumerate(word)]
        self._add(digits * self._repeat)
        self._group = len(word)

    def _add(self, digits: list[_Digit]) -> None:
        self.runs[-1] += digits
        self._repeat, self._group, self._comma = 1, 0, False

    def _break(self) -> None:
        self.runs.append([])
        self._repeat, self._group, self._comma = 1, 0, False


def _runs(text: str) -> list[list[_Digit]]:
    """Stretches of digits with nothing between them but spaces, punctuation and fillers."""
    reader = _Reader()
    for match in _TOKEN.finditer(text):
        reader.read(match[0].lower(), match.start(), match.end())
    return reader.finish()
