"""How each pattern of written English is read: from a match to its words. Pure."""

import re
import unicodedata
from decimal import Decimal

from agent.dialogue.speech_numbers import (
    CURRENCIES,
    cardinal_words,
    date_words,
    decimal_words,
    identifier_words,
    money_words,
    ordinal_words,
    time_words,
    year_words,
)
from agent.dialogue.speech_text_words import ABBREVIATIONS, DAYS, SPELLED, UNITS

_SYMBOL = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR", "C$": "CAD", "A$": "AUD", "US$": "USD"}
_SCALE = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000, "bn": 1_000_000_000}
_SCALE_WORD = {1_000: "thousand", 1_000_000: "million", 1_000_000_000: "billion"}
_FRACTION_NAMES = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_ADDRESS_SIGNS = {
    "@": " at ", ".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus ", "/": " slash ",
    "=": " equals ",
    "&": " and ", "%": " percent ", "#": " hash ", ":": " colon ", "~": " tilde ",
}  # fmt: skip


_NEVER_LAST = frozenset(
    {"vs.", "e.g.", "i.e.", "approx.", "mr.", "mrs.", "ms.", "dr.", "prof.", "max.", "min."}
)
"""Abbreviations whose full stop ends no sentence."""
_LETTERED = re.compile(r"\.(uk|io|us|eu|de|fr|ca|au|tv)(?=/|$)")
"""Ends of addresses that are said letter by letter."""


def vulgar(m: re.Match[str]) -> str:
    top, bottom = unicodedata.normalize("NFKC", m[2]).split("⁄")
    said = fraction(int(top), int(bottom))
    return f"{cardinal_words(int(m[1]))} and {said} " if m[1] else f"{said} "


def fraction(top: int, bottom: int) -> str:
    one, many = _FRACTION_NAMES.get(bottom, (ordinal_words(bottom), ordinal_words(bottom) + "s"))
    if top == 1:
        return f"a {one}" if bottom in _FRACTION_NAMES else f"one {one}"
    return f"{cardinal_words(top)} {many}"


def address(m: re.Match[str]) -> str:
    """An e-mail or web address, sign by sign."""
    text = re.sub(r"^https?://|^www\.", "", m[0].rstrip("./"), flags=re.IGNORECASE)
    text = _LETTERED.sub(lambda s: f".{' '.join(s[1].upper())}", text)
    said = re.sub(r"[^A-Za-z0-9]", lambda s: _ADDRESS_SIGNS.get(s[0], " "), text)
    return re.sub(r"\d+", lambda d: " " + identifier_words(d[0]) + " ", said) + (
        "." if m[0].endswith(".") else ""
    )


def clock(m: re.Match[str]) -> str:
    hour, minute = int(m[1]), int(m[2] or 0)
    if hour > 24 or minute > 59:
        return m[0]
    half = m[3].lower() if m[3] else None
    if minute == 0 and (hour == 12 or (half is None and hour % 24 == 0)):
        return "midnight" if half == "a" or hour != 12 else "noon"
    if half is None and 0 < hour < 13 and not m[1].startswith("0"):
        return time_words(hour, minute, "" if hour < 12 or minute else "p")
    return time_words(hour % 24, minute, half)


def money(m: re.Match[str]) -> str:
    sign, symbol, digits, scale = m[1], m[2], m[3], (m[4] or "").lower().strip()
    currency = _SYMBOL.get(symbol, "USD")
    return ("minus " if sign else "") + sum_of_money(digits, scale, currency)


def money_code(m: re.Match[str]) -> str:
    code = m["before"] or m["after"]
    return sum_of_money(m["first"] or m["second"], "", code)


def sum_of_money(digits: str, scale: str, currency: str) -> str:
    value = Decimal(digits.replace(",", ""))
    if scale == "k" and value * 1_000 == int(value * 1_000):
        return money_words(value * 1_000, currency)
    if scale in _SCALE or scale in _SCALE_WORD.values():
        word = scale if scale in _SCALE_WORD.values() else _SCALE_WORD[_SCALE[scale]]
        return f"{decimal_words(digits)} {word} {CURRENCIES[currency][1]}"
    return money_words(value, currency)


def money_range(m: re.Match[str]) -> str:
    currency = _SYMBOL.get(m[1], "USD")
    if not m[3] and m[2].isdecimal() and m[4].isdecimal():
        return f"{cardinal_words(int(m[2]))} to {sum_of_money(m[4], '', currency)}"
    return f"{sum_of_money(m[2], '', currency)} to {sum_of_money(m[4], '', currency)}"


def unit(m: re.Match[str]) -> str:
    one, many = UNITS[m[2]]
    return f"{signed(m[1])} {one if m[1] == '1' else many}"


def unit_range(m: re.Match[str]) -> str:
    return f"{signed(m[1])} to {signed(m[2])} {UNITS[m[3]][1]}"


def signed(text: str) -> str:
    if text.startswith(("-", "−")):
        return "minus " + decimal_words(text[1:])
    return decimal_words(text)


def ordinal(m: re.Match[str]) -> str:
    return ordinal_words(int(m[1].replace(",", "")))


def labelled(m: re.Match[str]) -> str:
    return f"{m[1]}{m[2].replace('#', ' ')}{identifier_words(m[3])}"


def code(m: re.Match[str]) -> str:
    return identifier_words(m[0])


def year(m: re.Match[str]) -> str:
    return f"{m[1]}{year_words(int(m[2]))}"


def phone(m: re.Match[str]) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    groups = re.findall(r"\d+", m[0])
    return plus + ", ".join(identifier_words(group) for group in groups)


def abbreviation(m: re.Match[str]) -> str:
    said = ABBREVIATIONS[m[0].lower()]
    rest = m.string[m.end() :].lstrip()
    if m[0][0].isupper() and said[0].islower() and said not in {"a m", "p m"}:
        said = said[0].upper() + said[1:]
    ends = (
        m[0].endswith(".")
        and m[0].lower() not in _NEVER_LAST
        and (not rest or (rest[0].isupper() and said[0].islower()))
    )
    return said + ("." if ends else "")


def capitals(m: re.Match[str]) -> str:
    word = m[0]
    if word in SPELLED or not re.search(r"[AEIOUY]", word):
        return " ".join(word)
    return word


def slash_fraction(m: re.Match[str]) -> str:
    top, bottom = int(m[2]), int(m[3])
    if not 0 < top < bottom or bottom > 100:
        return f"{m[1] or ''}{cardinal_words(top)} of {cardinal_words(bottom)}" if top > 0 else m[0]
    whole = f"{cardinal_words(int(m[1]))} and " if m[1] and m[1].strip().isdecimal() else ""
    return whole + fraction(top, bottom)


def number(m: re.Match[str]) -> str:
    text = m[2]
    minus = "minus " if m[1] else ""
    if "," not in text and "." not in text and (len(text) >= 5 or (len(text) > 1 and text[0] == "0")):
        return identifier_words(text)
    return minus + decimal_words(text)


def version(m: re.Match[str]) -> str:
    numbers = (m[1] or m[2]).split(".")
    return ("version " if m[0][0] == "v" else "") + " point ".join(cardinal_words(int(n)) for n in numbers)


def feet(m: re.Match[str]) -> str:
    return f"{cardinal_words(int(m[1]))} {'foot' if m[1] == '1' else 'feet'} {cardinal_words(int(m[2]))}"


def month_slash_day(m: re.Match[str]) -> str:
    month, day = int(m[2]), int(m[3])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return m[0]
    return m[1] + date_words(month, day)


def street(m: re.Match[str]) -> str:
    rest = m.string[m.end() :].lstrip()
    return "Street" + ("" if rest else ".")


def extension(m: re.Match[str]) -> str:
    return f", extension {identifier_words(m[1])}"


def short_number(m: re.Match[str]) -> str:
    return f"{m[1]} {identifier_words(m[2])}"


def grouped_code(m: re.Match[str]) -> str:
    return m[1] + ", ".join(identifier_words(group) for group in re.findall(r"\d+", m[2]))


def established(m: re.Match[str]) -> str:
    return f"established {year_words(int(m[1]))}"


def stopped_unit(m: re.Match[str]) -> str:
    """ "15 min." is minutes, not minimum; its full stop stays where a sentence ends."""
    ends = not m["rest"] or m["rest"].isupper()
    one, many = UNITS[m[2]]
    return f"{m[1]} {one if m[1] == '1' else many}" + ("." if ends else "")


def each(m: re.Match[str]) -> str:
    name = UNITS[m[1]][0] if m[1] in UNITS else m[1]
    return f" {'an' if name[0] in 'aeio' or name == 'hour' else 'a'} {name}"


def priced(m: re.Match[str]) -> str:
    """ "a $5 fee": the sum stands before a noun."""
    one = CURRENCIES[_SYMBOL.get(m[2], "USD")][0]
    return f"{m[1]}{_joined(int(m[3]))}-{one.replace(' ', '-')} "


def sized(m: re.Match[str]) -> str:
    """ "a 5 kg bag": the measure stands before a noun."""
    return f"{m[1]}{_joined(int(m[2]))}-{UNITS[m[3]][0].replace(' ', '-')} "


def _joined(value: int) -> str:
    return cardinal_words(value).replace(" ", "-")


def part_of_unit(m: re.Match[str]) -> str:
    top, bottom = int(m[1]), int(m[2])
    if not 0 < top < bottom:
        return m[0]
    return fraction(top, bottom) + (" " if top == 1 else " of a ") + UNITS[m[3]][0]


def out_of(m: re.Match[str]) -> str:
    return f"{decimal_words(m[1])} out of {decimal_words(m[2])}"


def years(m: re.Match[str]) -> str:
    if int(m[1]) >= int(m[2]):
        return m[0]
    return f"{year_words(int(m[1]))} to {year_words(int(m[2]))}"


def day_name(m: re.Match[str]) -> str:
    return DAYS[m[1]]
