"""Addresses as a person says them: streets, house numbers, states, boxes, roads. Pure.

"450 W. 33rd St., New York, NY 10001" -> "four hundred fifty West thirty-third Street, New York, New York
10001"; postcodes are read with the other codes.
"""

import re
from collections.abc import Callable

from agent.dialogue.speech_numbers import cardinal_words, digit_words, identifier_words, ordinal_words

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
WORDS_TOO = frozenset({"OK", "OR", "IN", "HI", "ME", "OH", "ID", "MD", "LA", "MA", "PA"})
"""Also words, so that they are states only before a postcode."""
STREETS = {
    "St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
    "Ct": "Court", "Pl": "Place", "Sq": "Square", "Pkwy": "Parkway", "Ter": "Terrace", "Cir": "Circle",
}  # fmt: skip
COMPASS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest",
    "SE": "Southeast", "SW": "Southwest",
}  # fmt: skip
_TYPES = "|".join([*STREETS, *STREETS.values()])
_SURE = "|".join(state for state in STATES if state not in WORDS_TOO)


def _house(number: str) -> str:
    """ "305" -> "three hundred five"; "1245" -> "twelve forty-five"; five digits one by one."""
    if len(number) > 4 or number.startswith("0"):
        return identifier_words(number)
    hundreds, rest = divmod(int(number), 100)
    if len(number) < 4 or int(number) % 1000 == 0:
        return cardinal_words(int(number))
    if rest == 0:
        return f"{cardinal_words(hundreds)} hundred"
    return f"{cardinal_words(hundreds)} {'oh ' if rest < 10 else ''}{cardinal_words(rest)}"


def _street_address(m: re.Match[str]) -> str:
    number, letter, between, kind, stop, quarter = m.groups()
    said = f"{digit_words(number)} {letter}" if letter else _house(number)
    words = [_street_word(word) for word in between.split()]
    words.append(STREETS.get(kind, kind))
    if quarter:
        words.append(COMPASS[quarter.strip()])
    rest = m.string[m.end() :].lstrip()
    ends = stop and not quarter and (not rest or rest[0].isupper())
    return " ".join([said, *words]) + ("." if ends else "")


def _street_word(word: str) -> str:
    plain = word.rstrip(".")
    ordinal = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", plain)
    return ordinal_words(int(ordinal[1])) if ordinal else COMPASS.get(plain, word)


def _road(name: str) -> Callable[[re.Match[str]], str]:
    def read(m: re.Match[str]) -> str:
        return f"{name} {digit_words(m[1]) if len(m[1]) == 3 else cardinal_words(int(m[1]))}"

    return read


_c = re.compile
RULES: list[Rule] = [
    (
        _c(
            r"(?<![\w.,$#-])(\d{1,5})([A-Z])?\s((?:(?:[NSEW]\.?|[A-Z][a-z'’]+|\d{1,3}(?:st|nd|rd|th))\s){1,4}?)"
            rf"({_TYPES})\b(\.?)(\s(?:NW|NE|SW|SE)\b)?"
        ),
        _street_address,
    ),
    (
        _c(r"\b([A-Z][a-z]+|\d{1,3}(?:st|nd|rd|th))\s(Ave|Blvd|Rd|Ln|Pkwy)\b(?!\.)"),
        lambda m: f"{_street_word(m[1])} {STREETS[m[2]]}",
    ),
    (_c(r"\b([A-Z][a-z]+)\sSt(?=[,;]|$)"), lambda m: f"{m[1]} Street"),
    (
        _c(rf"\b([A-Z][a-z]+,?\s)({'|'.join(STATES)})(?=\s\d{{5}}(?:-\d{{4}})?\b)"),
        lambda m: m[1] + STATES[m[2]],
    ),
    (_c(rf"\b([A-Z][a-z]+,\s)({_SURE})(?=$|[.,;!?])"), lambda m: m[1] + STATES[m[2]]),
    (_c(r"\bP\.?\s?O\.?\s?Box\s#?(\d+)\b"), lambda m: f"P O Box {identifier_words(m[1])}"),
    (_c(r"\bMt\.\s(?=[A-Z])"), lambda m: "Mount "),
    (_c(r"\bFt\.\s(?=[A-Z])"), lambda m: "Fort "),
    (_c(r"\bHwy\.?\s(\d{1,3})\b"), _road("Highway")),
    (_c(r"\bRte?\.?\s(\d{1,3})\b"), _road("Route")),
    (_c(r"\bI-(\d{1,2})\b"), _road("I")),
]
"""In the order in which they are read, before abbreviations and numbers."""
