"""Postcodes as callers say them: ZIP, ZIP+4, British, Canadian; "oh" is a letter or a zero by its place."""

import re

from agent.dialogue.slots_digits import digits
from agent.dialogue.slots_found import Found
from agent.dialogue.spelling import identifier

ZIP_DIGITS = 5
PLUS_FOUR_DIGITS = 9
_WRITTEN_ZIP = re.compile(r"(?<![\d-])(\d{5})[\s-]?(\d{4})(?![\d-])|(?<!\d)(\d{5})(?!\d)")
_WRITTEN = {
    "GB": re.compile(r"(?<![A-Z0-9])[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}(?![A-Z0-9])", re.I),
    "CA": re.compile(r"(?<![A-Z0-9])[A-Z]\d[A-Z][\s-]?\d[A-Z]\d(?![A-Z0-9])", re.I),
}
_UK_FORMS = ("A9", "A99", "AA9", "AA99", "A9A", "AA9A")
"""Outward codes; each is followed by a digit and two letters."""
_UK_NO_START = frozenset("QVX")
_UK_INWARD = frozenset("ABDEFGHJLNPQRSTUWXYZ")
_CA_START = frozenset("ABCEGHJKLMNPRSTVXY")
_CA_LETTERS = frozenset("ABCEGHJKLMNPRSTVWXYZ")
_AS_DIGIT = {"O": "0", "I": "1", "L": "1", "S": "5", "Z": "2"}
_AS_LETTER = {"0": "O"}
_NAMED = re.compile(r"\b(?:zip|post(?:al)?)[\s-]*code\b|\bzip\b|\bpostcode\b", re.I)

_BEHIND_ITS_NAME = re.compile(
    r"\b(?:zip|postal|post)(?:[\s-]*code)?(?:\W+(?:is|of|it's))?\W+(\d{5})(?![\d-])", re.I
)


def postcode(text: str, country: str = "US") -> Found[str] | None:
    """The postcode in `text` in its country's form: "02139", "90210-1234", "SW1A 1AA", "K1A 0B1".

    `country` is US, GB or CA. Doubtful where it isn't whole (`why` is `length`), or where a letter had to
    be guessed from its sound. None where nothing like one was said.
    """
    if country == "US":
        return _zip(text)
    return _lettered(text, country)


def names_postcode(text: str) -> bool:
    """Whether `text` says that a postcode follows ("my zip code is ...")."""
    return _NAMED.search(text) is not None


def is_postcode(value: str, country: str) -> bool:
    """Whether `value` is a whole postcode of that country, as `postcode` writes it."""
    if country == "US":
        return re.fullmatch(r"\d{5}(?:-\d{4})?", value) is not None
    return _fitted(value.replace(" ", ""), country) == value


def in_form(symbols: str, country: str) -> str:
    """Letters and digits in the country's form; as they are where they fit none."""
    if country == "US":
        return f"{symbols[:5]}-{symbols[5:]}" if len(symbols) == 9 else symbols
    return _fitted(symbols, country) or symbols


def _zip(text: str) -> Found[str] | None:
    text = re.sub(r"\b(?:dash|hyphen|minus)\b", " ", text, flags=re.I)
    if written := _WRITTEN_ZIP.findall(text):
        found = {f"{a}-{b}" if a else short for a, b, short in written}
        if len(found) == 1:
            match = _WRITTEN_ZIP.search(text)
            return Found(found.pop(), match.span() if match else (0, 0))
        if named := _BEHIND_ITS_NAME.search(text):
            return Found(named[1], named.span(1))
    long = digits(text, PLUS_FOUR_DIGITS)
    if long is not None and len(long.value) == PLUS_FOUR_DIGITS and not long.doubtful:
        return Found(in_form(long.value, "US"), long.span)
    return digits(text, ZIP_DIGITS)


def _lettered(text: str, country: str) -> Found[str] | None:
    """The run of letters and digits that fits a form; wider runs, with doubtful edges, last."""
    for match in _WRITTEN[country].finditer(text):
        value = _fitted(re.sub(r"[\s-]", "", match[0]).upper(), country)
        if value is not None:
            return Found(value, match.span())
    lengths = (6,) if country == "CA" else (7, 6, 5)
    for length in lengths:
        for said in (text, _with_oh(text)):
            found = identifier(said, length=length)
            if found is None or len(found.value) != length:
                continue
            value = _fitted(found.value, country)
            if value is not None:
                return Found(value, found.span, found.doubtful, found.why)
    rough = identifier(text)
    if rough is None or len(rough.value) < 3 or not re.search(r"\d", rough.value):
        return None
    return Found(rough.value, rough.span, True, "length")


def _with_oh(text: str) -> str:
    """ "oh" between letters and digits as the letter, which the form then reads by its place."""
    return re.sub(r"\b(?:oh|o)\b", "O", text, flags=re.I)


def _fitted(symbols: str, country: str) -> str | None:
    """`symbols` with O and 0 as their places ask, spaced; None where no form fits."""
    forms = ("A9A9A9",) if country == "CA" else tuple(f"{form}9AA" for form in _UK_FORMS)
    for form in forms:
        if len(form) != len(symbols):
            continue
        value = "".join(_placed(symbol, place) for symbol, place in zip(symbols, form, strict=True))
        if all((s.isdigit() if place == "9" else s.isalpha()) for s, place in zip(value, form, strict=True)):
            if _allowed(value, country):
                return f"{value[:-3]} {value[-3:]}"
    return None


def _placed(symbol: str, place: str) -> str:
    return (_AS_DIGIT if place == "9" else _AS_LETTER).get(symbol, symbol)


def _allowed(value: str, country: str) -> bool:
    """Whether the country uses these letters at these places."""
    if country == "CA":
        return value[0] in _CA_START and value[2] in _CA_LETTERS and value[4] in _CA_LETTERS
    return value[0] not in _UK_NO_START and set(value[-2:]) <= _UK_INWARD
