"""From written form to spoken form: no digit left, nothing a voice stumbles over. Pure, never raises.

    spoken("Order 12345 ships Nov 27.")     -> "Order one two three, four five ships November twenty-seventh."
    spoken_identifier("12345")              -> "one two three, four five"
    format_value(value, kind)               -> written form of a typed fact
    spoken_value(value, kind)               -> spoken form of a typed fact

`spoken` leaves spoken text as it is, so a template may be spoken after its values were put in as words.
"""

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from agent.dialogue.speech_numbers import (
    cardinal_words,
    clock_words,
    date_words,
    decimal_words,
    identifier_words,
    money_words,
)
from agent.dialogue.speech_text_rules import replace_all
from agent.dialogue.speech_text_words import SIGNS

ValueKind = Literal[
    "text", "identifier", "count", "decimal", "money", "date", "time", "phone", "email", "percent", "yes_no"
]
VALUE_KINDS: tuple[str, ...] = get_args(ValueKind)
_ALLOWED = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ž' ,.?!;:\-]")
_LANGUAGES = frozenset({"en"})


def spoken(text: str, language: str = "en-US", today: dt.date | None = None) -> str:
    """`text` as a voice says it: words, and , . ? ! ; : - ' only.

    English is done well; other languages get their digits read in English words. A year is left out
    where `today` is given and the date is less than 300 days away. Never raises.
    """
    said = replace_all(unicodedata.normalize("NFC", text), today)
    for sign, words in SIGNS.items():
        if sign in said:
            said = said.replace(sign, words)
    said = "".join(_plain(char) for char in said.replace("’", "'").replace("‘", "'"))
    if language.split("-")[0].lower() in _LANGUAGES:
        said = _ALLOWED.sub(" ", said)
    else:
        said = "".join(c if c.isalpha() or c in "' ,.?!;:-" else " " for c in said)
    return _tidied(said)


def spoken_identifier(value: str) -> str:
    """An order number, a code: character by character in groups. "AB123" -> "A B, one two three"."""
    return identifier_words(unicodedata.normalize("NFKC", value))


def format_value(value: object, kind: ValueKind = "text", *, currency: str = "USD") -> str:
    """A typed fact in written form: "$1,234.50", "November 27, 2026", "5:30 PM", "1,234".

    `value` may be the type itself or its text ("2026-11-27", "12.5"). Text that doesn't parse is kept.
    """
    if kind == "yes_no":
        return "yes" if _truth(value) else "no"
    if kind in {"money", "count", "decimal", "percent"}:
        number = _number(value)
        if number is None:
            return str(value)
        if kind == "money":
            return format_currency(number, currency, locale="en_US")
        written = format_decimal(number, locale="en_US", decimal_quantization=False)
        return f"{written}%" if kind == "percent" else written
    if kind == "date":
        day = _date(value)
        return str(value) if day is None else format_date(day, "MMMM d, y", locale="en_US")
    if kind == "time":
        clock = _time(value)
        return (
            str(value)
            if clock is None
            else format_time(clock, "h:mm a", locale="en_US").replace("\u202f", " ")
        )
    return str(value)


def spoken_value(
    value: object, kind: ValueKind = "text", *, currency: str = "USD", today: dt.date | None = None
) -> str:
    """A typed fact as a voice says it: identifiers and telephone numbers digit by digit, money as money."""
    if kind == "identifier" or kind == "phone":
        text = str(value)
        plus = "plus " if kind == "phone" and text.strip().startswith("+") else ""
        return plus + (spoken_identifier(text) if kind == "identifier" else _phone(text))
    number = _number(value) if kind in {"money", "count", "decimal", "percent"} else None
    if number is not None:
        if kind == "money":
            return money_words(number, currency)
        plain = format(number.normalize(), "f") if number != number.to_integral() else str(int(number))
        said = decimal_words(plain) if number >= 0 else "minus " + decimal_words(plain.lstrip("-"))
        return f"{said} percent" if kind == "percent" else said
    if kind == "date" and (day := _date(value)) is not None:
        near = today is not None and abs((day - today).days) < 300
        return date_words(day.month, day.day, None if near else day.year)
    if kind == "time" and (clock := _time(value)) is not None:
        return clock_words(clock)
    return spoken(format_value(value, kind, currency=currency), today=today)


def _phone(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))
    return identifier_words(digits)


def _plain(char: str) -> str:
    """A sign without compatibility forms; digits of any script as words."""
    if char.isascii():
        return f" {cardinal_words(int(char))} " if char.isdigit() else char
    value = unicodedata.numeric(char, -1)
    if value >= 0:
        return f" {cardinal_words(int(value))} "
    if unicodedata.category(char).startswith("M"):
        return ""
    return unicodedata.normalize("NFKC", char) if not char.isalpha() else char


def _tidied(said: str) -> str:
    said = re.sub(r"\s+", " ", said)
    said = re.sub(r"\s+([,.?!;:])", r"\1", said)
    said = re.sub(r"[,;:]+(?=[,.?!;:])", "", said)
    said = re.sub(r"([.?!])[.?!,;:]*([.?!])", lambda m: "?" if "?" in m[0] else m[1], said)
    said = re.sub(r"([,;:?!])(?=[^\W\d_])", r"\1 ", said)
    said = re.sub(r"(?<![^\W\d_])-|-(?![^\W\d_])", " ", said)
    said = re.sub(r"(?<![^\W\d_])'(?![^\W\d_])", " ", said)
    said = re.sub(r"\s+", " ", said).strip()
    return re.sub(r"^[,.;:?! ]+", "", said)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(re.sub(r"[,$£€%\s]", "", str(value)))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def _time(value: object) -> dt.time | None:
    if isinstance(value, dt.datetime):
        return value.time()
    if isinstance(value, dt.time):
        return value
    try:
        return dt.time.fromisoformat(str(value).strip().rjust(5, "0")[:8])
    except ValueError:
        return None


def _truth(value: object) -> bool:
    return value is True or str(value).strip().lower() in {"1", "true", "yes", "y"}
