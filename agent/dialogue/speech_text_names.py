"""Roman numerals where they are sure, sizes, files, hash tags, and product names that are said their own way.
Pure."""

import re
from collections.abc import Callable

from agent.dialogue.speech_numbers import cardinal_words, identifier_words, ordinal_words

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

NAMES = {"WD-40": "W D forty", "7-Eleven": "Seven Eleven", "USB-C": "U S B C", "USB-A": "U S B A"}
"""Products whose name follows no rule of codes."""
RULERS = (
    "Henry|Elizabeth|Louis|Charles|George|Edward|Richard|James|William|Philip|Benedict|Paul|Pius|Catherine|"
    "Frederick|Napoleon|Nicholas|Mary"
)
COUNTED = (
    "Chapter|Part|Phase|Volume|Vol\\.|Section|Act|Type|Class|Level|Stage|World War|Article|Super Bowl|Title|"
    "Schedule|Grade|Tier|Figure|Table|Appendix"
)
_ROMAN = re.compile(r"(?=.)(?:X{0,3})(?:XL|L?)(?:X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
_SIZE = r"\d?X{0,3}[SL]|M"
_SPELLED_FILES = frozenset({"pdf", "jpg", "png", "csv"})


def roman(text: str) -> int | None:
    """ "XIV" -> 14; None for what is no numeral up to 89."""
    if not _ROMAN.fullmatch(text):
        return None
    total = 0
    for char, following in zip(text, [*text[1:], "I"], strict=True):
        value = _VALUES[char]
        total += -value if value < _VALUES[following] else value
    return total


def _ruler(m: re.Match[str]) -> str:
    value = roman(m[2])
    return m[0] if value is None else f"{m[1]} the {ordinal_words(value).title()}"


def _counted(m: re.Match[str]) -> str:
    value = roman(m[2])
    return m[0] if value is None else f"{m[1]} {cardinal_words(value)}"


def _file(m: re.Match[str]) -> str:
    name, kind = m[1], m[2].lower()
    return f"{name} dot {' '.join(kind.upper()) if kind in _SPELLED_FILES else kind}"


def _letter_and_number(m: re.Match[str]) -> str:
    return f"{m[1]} {m[2]} {cardinal_words(int(m[3]))}"


_NUMERAL = r"([IVXL]{2,7}|[VX]|I(?=$|[.,;:!?]|\s[A-Z]))"
_c = re.compile
RULES: list[Rule] = [
    (_c("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in NAMES)), lambda m: NAMES[m[0]]),
    (_c(rf"\b({RULERS})\s{_NUMERAL}(?![\w'’])"), _ruler),
    (_c(rf"\b({COUNTED})\s{_NUMERAL}(?![\w'’])"), _counted),
    (_c(rf"\b([Ss]izes?\s)({_SIZE})\s?[-–—]\s?({_SIZE})\b"), lambda m: f"{m[1]}{m[2]} to {m[3]}"),
    (_c(r"\bAAA(?=\s(?:batter|cell))"), lambda m: "triple A"),
    (_c(r"\bAA(?=\s(?:batter|cell))"), lambda m: "double A"),
    (
        _c(r"\b(\d)-in-(\d)\b"),
        lambda m: f"{cardinal_words(int(m[1]))}-in-{cardinal_words(int(m[2]))}",
    ),
    (_c(r"\b([Gg]ates?|[Vv]itamin|[Ss]eat|[Aa]isle|[Bb]ay)\s([A-Z])(\d{1,2})\b"), _letter_and_number),
    (_c(r"\b([A-Z][a-z]+)-(?=[A-Z]\b)"), lambda m: f"{m[1]} "),
    (_c(r"\b([A-Za-z][\w-]*)\.(pdf|jpg|png|csv|docx?|zip|wav)\b"), _file),
    (_c(r"(?<![\w/&])#(?=[a-z]{3,})"), lambda m: "hashtag "),
    (_c(r"\b([Tt]ext|[Rr]eply|[Ss]end)\s([A-Z]{3,})\b"), lambda m: f"{m[1]} {m[2].lower()}"),
    (
        _c(r"\b1-(8\d\d)-([A-Z]{4,})\b"),
        lambda m: f"one, {identifier_words(m[1])}, {m[2].lower()}",
    ),
]
"""Before abbreviations and numbers."""
