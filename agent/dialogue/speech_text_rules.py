"""Patterns of written English, each with its reading: dates, times, money, units, codes, addresses. Pure."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from agent.dialogue.dates import MONTHS
from agent.dialogue.speech_numbers import (
    CURRENCIES,
    MONTH_NAMES,
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

_MONTH = "|".join(
    sorted(
        {m.capitalize() for m in MONTHS} | {m for m in MONTHS if len(m) > 3 and m != "march"},
        key=len,
        reverse=True,
    )
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_SYMBOL = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR", "C$": "CAD", "A$": "AUD", "US$": "USD"}
_CODES = "|".join(CURRENCIES)
_MONEY_SIGN = r"(?:US|C|A)?[$£€¥₹]"
_SCALE = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000, "bn": 1_000_000_000}
_SCALE_WORD = {1_000: "thousand", 1_000_000: "million", 1_000_000_000: "billion"}
_LABELS = (
    r"order|orders|account|invoice|reference|ref|tracking|confirmation|ticket|case|code|id|pin|zip|"
    r"return|number|"
    r"customer|bill|ending|ends|booking|extension|serial|model|sku|flight|room|claim|policy|member|"
    r"postcode|passcode|suite|no"
)
_COUNTED = "days?|weeks?|hours?|minutes?|items?|months?|years?|percent|orders?|dollars?"
_VULGAR = re.compile(r"(\d*)\s?([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_FRACTION_NAMES = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_TOP_LEVEL = "com|org|net|edu|gov|io|co|uk|us|info|biz|shop|store|app|dev|me|eu|de|fr|ca|au|test|example"

Replace = Callable[[re.Match[str]], str]


def replace_all(text: str, today: dt.date | None) -> str:
    """`text` with every pattern read out; single signs and stray digits remain for the caller."""

    def dated(month: int, day: int, year: int | None) -> str | None:
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        if year is not None and today is not None:
            try:
                near = abs((dt.date(year, month, day) - today).days) < 300
            except ValueError:
                near = False
            year = None if near else year
        return date_words(month, day, year)

    def iso(m: re.Match[str]) -> str:
        said = dated(int(m[2]), int(m[3]), int(m[1]))
        if said is None:
            return m[0]
        return f"{said} at {time_words(int(m[4]), int(m[5]))}" if m[4] and int(m[4]) < 24 else said

    def slashed(m: re.Match[str]) -> str:
        year = int(m[3]) if m[3] else None
        if year is not None and year < 100:
            year += 2000
        return dated(int(m[1]), int(m[2]), year) or dated(int(m[2]), int(m[1]), year) or m[0]

    def month_first(m: re.Match[str]) -> str:
        said = dated(MONTHS[m[1].lower()], int(m[2]), int(m[3]) if m[3] else None)
        return m[0] if said is None else said

    def day_first(m: re.Match[str]) -> str:
        said = dated(MONTHS[m[2].lower()], int(m[1]), int(m[3]) if m[3] else None)
        return m[0] if said is None else said

    text = _VULGAR.sub(_vulgar, text)
    text = re.sub(r"[\uff01-\uff5e]+", lambda m: unicodedata.normalize("NFKC", m[0]), text)
    text = re.sub(
        r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b",
        iso,
        text,
    )
    text = re.sub(
        rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d)\b)?(?!:)", month_first, text
    )
    text = re.sub(
        rf"\b(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b\.?(?:,?\s+((?:19|20)\d\d)\b)?",
        day_first,
        text,
    )
    text = re.sub(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/])", slashed, text)
    for pattern, reading in _RULES:
        text = pattern.sub(reading, text)
    return text


def _vulgar(m: re.Match[str]) -> str:
    top, bottom = unicodedata.normalize("NFKC", m[2]).split("⁄")
    said = _fraction(int(top), int(bottom))
    return f"{cardinal_words(int(m[1]))} and {said} " if m[1] else f"{said} "


def _fraction(top: int, bottom: int) -> str:
    one, many = _FRACTION_NAMES.get(bottom, (ordinal_words(bottom), ordinal_words(bottom) + "s"))
    if top == 1:
        return f"a {one}" if bottom in _FRACTION_NAMES else f"one {one}"
    return f"{cardinal_words(top)} {many}"


_ADDRESS_SIGNS = {
    "@": " at ", ".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus ", "/": " slash ", "=": " equals ",
    "&": " and ", "%": " percent ", "#": " hash ", ":": " colon ", "~": " tilde ",
}  # fmt: skip


def _address(m: re.Match[str]) -> str:
    """An e-mail or web address, sign by sign."""
    text = re.sub(r"^https?://|^www\.", "", m[0].rstrip("./"), flags=re.IGNORECASE)
    said = re.sub(r"[^A-Za-z0-9]", lambda s: _ADDRESS_SIGNS.get(s[0], " "), text)
    return re.sub(r"\d+", lambda d: " " + identifier_words(d[0]) + " ", said) + (
        "." if m[0].endswith(".") else ""
    )


def _time(m: re.Match[str]) -> str:
    hour, minute = int(m[1]), int(m[2] or 0)
    if hour > 24 or minute > 59:
        return m[0]
    half = m[3].lower() if m[3] else None
    if half is None and 0 < hour < 13 and not m[1].startswith("0"):
        return time_words(hour, minute, "" if hour < 12 or minute else "p")
    return time_words(hour % 24, minute, half)


def _money(m: re.Match[str]) -> str:
    sign, symbol, digits, scale = m[1], m[2], m[3], (m[4] or "").lower().strip()
    currency = _SYMBOL.get(symbol, "USD")
    return ("minus " if sign else "") + _sum(digits, scale, currency)


def _money_code(m: re.Match[str]) -> str:
    code = m["before"] or m["after"]
    return _sum(m["first"] or m["second"], "", code)


def _sum(digits: str, scale: str, currency: str) -> str:
    value = Decimal(digits.replace(",", ""))
    if scale in _SCALE or scale in _SCALE_WORD.values():
        word = scale if scale in _SCALE_WORD.values() else _SCALE_WORD[_SCALE[scale]]
        return f"{decimal_words(digits)} {word} {CURRENCIES[currency][1]}"
    return money_words(value, currency)


def _money_range(m: re.Match[str]) -> str:
    currency = _SYMBOL.get(m[1], "USD")
    return f"{_sum(m[2], '', currency)} to {_sum(m[3], '', currency)}"


def _unit(m: re.Match[str]) -> str:
    one, many = UNITS[m[2]]
    return f"{_signed(m[1])} {one if m[1] == '1' else many}"


def _unit_range(m: re.Match[str]) -> str:
    return f"{_signed(m[1])} to {_signed(m[2])} {UNITS[m[3]][1]}"


def _signed(text: str) -> str:
    if text.startswith(("-", "−")):
        return "minus " + decimal_words(text[1:])
    return decimal_words(text)


def _ordinal(m: re.Match[str]) -> str:
    return ordinal_words(int(m[1].replace(",", "")))


def _labelled(m: re.Match[str]) -> str:
    return f"{m[1]}{m[2].replace('#', ' ')}{identifier_words(m[3])}"


def _code(m: re.Match[str]) -> str:
    return identifier_words(m[0])


def _year(m: re.Match[str]) -> str:
    return f"{m[1]}{year_words(int(m[2]))}"


def _phone(m: re.Match[str]) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    groups = re.findall(r"\d+", m[0])
    return plus + ", ".join(identifier_words(group) for group in groups)


def _abbreviation(m: re.Match[str]) -> str:
    said = ABBREVIATIONS[m[0].lower()]
    rest = m.string[m.end() :].lstrip()
    if m[0][0].isupper() and said[0].islower() and said not in {"a m", "p m"}:
        said = said[0].upper() + said[1:]
    ends = m[0].endswith(".") and (not rest or (rest[0].isupper() and said[0].islower()))
    return said + ("." if ends else "")


def _capitals(m: re.Match[str]) -> str:
    word = m[0]
    if word in SPELLED or not re.search(r"[AEIOUY]", word):
        return " ".join(word)
    return word


def _slash_fraction(m: re.Match[str]) -> str:
    top, bottom = int(m[2]), int(m[3])
    if not 0 < top < bottom or bottom > 100:
        return f"{m[1] or ''}{cardinal_words(top)} of {cardinal_words(bottom)}" if top > 0 else m[0]
    whole = f"{cardinal_words(int(m[1]))} and " if m[1] and m[1].strip().isdecimal() else ""
    return whole + _fraction(top, bottom)


def _number(m: re.Match[str]) -> str:
    text = m[2]
    minus = "minus " if m[1] else ""
    if "," not in text and "." not in text and (len(text) >= 5 or (len(text) > 1 and text[0] == "0")):
        return identifier_words(text)
    return minus + decimal_words(text)


def _word_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Addresses, abbreviations, days and times, before any number is read."""
    abbreviations = "|".join(re.escape(a) for a in sorted(ABBREVIATIONS, key=len, reverse=True))
    months = "|".join(MONTH_NAMES)
    c = re.compile
    return [
        (c(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.?"), _address),
        (c(r"\b(?:https?://|www\.)[^\s,;!)\]]+", re.I), _address),
        (c(rf"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:{_TOP_LEVEL})\b(?:/[^\s,;!)\]]*)?"), _address),
        (c(r"(?<![\w.])v?(\d+(?:\.\d+){2,})(?!\w)|\bv(\d+(?:\.\d+)*)\b"), _version),
        (c(r"(?<=[\dmM])\s?[-–—]\s?(?=\d{1,2}(?::\d\d)?\s?[apAP]\.?[mM]\b|\d{1,2}:\d\d)"), lambda m: " to "),
        (
            c(rf"\b({'|'.join(DAYS)})\s?[-–—]\s?({'|'.join(DAYS)})\b"),
            lambda m: f"{DAYS[m[1]]} to {DAYS[m[2]]}",
        ),
        (c(r"(?<![\w.])(\d+)['′]\s?(\d+)(?:[\"″]|'')"), _feet),
        (c(r"(?<![\w.])(\d+)[\"″](?=\W|$)"), lambda m: f"{cardinal_words(int(m[1]))} inches"),
        (c(r"\b((?:on|by|due|from|until|since|before|after)\s)(\d{1,2})/(\d{1,2})\b(?!/)"), _month_slash_day),
        (c(r"(?<![\w.,-])(\d[\d,]*(?:\.\d+)?)-(?=[a-z]{2,})"), lambda m: f"{decimal_words(m[1])}-"),
        (c(r"\b911\b(?!\s\w+s\b)"), lambda m: "nine one one"),
        (c(r"\band/or\b", re.I), lambda m: "and or"),
        (c(r"\bA/C\b"), lambda m: "A C"),
        (c(r"\b24/7\b"), lambda m: "twenty-four seven"),
        (c(r"\bNos?\.\s?(?=\d)"), lambda m: "number "),
        (c(r"\bSt\.\s(?=[A-Z][a-z])"), lambda m: "Saint "),
        (c(r"\bSt\.(?=\W|$)"), _street),
        (c(r"\bDr\.(?=\s*(?:$|,|[a-z]))"), lambda m: "Drive"),
        (c(rf"(?<![\w.])(?:{abbreviations})(?!\w)", re.I), _abbreviation),
        (c(rf"\b({'|'.join(DAYS)})\b(?=[\s,-]*(?:[A-Z\d&]|to\b|and\b|$|[.,;]))"), _day_name),
        (c(rf"(\b(?:{months}),?\s)((?:19|20)\d\d)\b"), _year),
        (c(r"\b(\d{1,2})(?::(\d{2}))?\s?([AaPp])\.?\s?[Mm]\b\.?(?=\W|$)"), _time),
        (c(r"\b([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?()(?!\d)"), _time),
    ]


def _number_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Telephone numbers, money, measures, codes and what remains of numbers, in the order they are read."""
    c = re.compile
    return [
        (c(r"(?<![\w.])\+\d[\d\s().-]{6,}\d\b"), _phone),
        (c(r"(?<![\w.,$£€-])1[-.\s]\d{3}[-.\s]\d{3}[-.\s]\d{4}\b"), _phone),
        (c(r"(?<![\w.,$£€-])(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}\b"), _phone),
        (c(r"(?<![\w.,$£€-])\d{3}-\d{4}\b"), _phone),
        (
            c(rf"({_MONEY_SIGN})\s?({_NUMBER})\s?[-–—]\s?(?:{_MONEY_SIGN})?({_NUMBER})(?![\w.]*\d)"),
            _money_range,
        ),
        (
            c(rf"([-−]\s?)?({_MONEY_SIGN})\s?({_NUMBER})(\s?(?:[kKmMbB]|bn|thousand|million|billion)\b)?"),
            _money,
        ),
        (
            c(
                rf"\b(?:(?P<before>{_CODES})\s?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})\s?(?P<after>{_CODES})\b)"
            ),
            _money_code,
        ),
        (c(rf"({_NUMBER})\s?¢"), lambda m: f"{decimal_words(m[1])} cents"),
        (c(rf"({_NUMBER})\s?€"), lambda m: _sum(m[1], "", "EUR")),
        (
            c(rf"({_NUMBER})\s?%?\s?[-–]\s?({_NUMBER})\s?%"),
            lambda m: f"{decimal_words(m[1])} to {decimal_words(m[2])} percent",
        ),
        (
            c(rf"((?<!\w)[-−])?({_NUMBER})\s?%"),
            lambda m: f"{'minus ' if m[1] else ''}{decimal_words(m[2])} percent",
        ),
        (c(rf"(?<![\w.])({_NUMBER})\s?[-–]\s?({_NUMBER})\s?({_UNIT})(?![\w/])"), _unit_range),
        (c(rf"(?<![\w.,])((?:(?<!\w)[-−])?(?:{_NUMBER}))\s?({_UNIT})(?![\w/])(?!\s+stock)"), _unit),
        (
            c(r"(?<![\w.,])(\d+)\s?[x×]\s?(\d+)(?!\w)"),
            lambda m: f"{decimal_words(m[1])} by {decimal_words(m[2])}",
        ),
        (c(r"(?<![\w.,])(\d+)x(?!\w)"), lambda m: f"{decimal_words(m[1])} times"),
        (c(r"\b(\d[\d,]*)(?:st|nd|rd|th)\b"), _ordinal),
        (
            c(
                rf"\b((?:{_LABELS})s?\b)((?:\s*(?:is|in|with|number|no\.?|code|:|#))*\s*#?\s*)"
                rf"(?=[A-Z0-9-]*\d)([A-Z0-9]+(?:-[A-Z0-9]+)*)\b(?![.,]\d)(?!\s?(?:{_COUNTED})\b)",
                re.I,
            ),
            _labelled,
        ),
        (c(r"(?<![\w.,])(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b"), _code),
        (
            c(
                r"(\b(?:in|since|of|until|from|by|year|before|after|during)\s)((?:19|20)\d\d)\b(?![.,]\d|\s\w+s\b)",
                re.I,
            ),
            _year,
        ),
        (c(r"(?<![\d/.])((?:\d+\s)?)(\d{1,3})/(\d{1,3})(?![\d/.]\d)"), _slash_fraction),
        (
            c(rf"(?<![\w.,])({_NUMBER})\s?[-–—]\s?({_NUMBER})(?![\w-]|[.,]\d)"),
            lambda m: f"{decimal_words(m[1])} to {decimal_words(m[2])}",
        ),
        (c(rf"((?<![\w)])[-−])?(?<![\d.])({_NUMBER})(?![\d])"), _number),
        (c(r"\b[A-Z]{2,5}\b"), _capitals),
    ]


def _version(m: re.Match[str]) -> str:
    numbers = (m[1] or m[2]).split(".")
    return ("version " if m[0][0] == "v" else "") + " point ".join(cardinal_words(int(n)) for n in numbers)


def _feet(m: re.Match[str]) -> str:
    return f"{cardinal_words(int(m[1]))} {'foot' if m[1] == '1' else 'feet'} {cardinal_words(int(m[2]))}"


def _month_slash_day(m: re.Match[str]) -> str:
    month, day = int(m[2]), int(m[3])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return m[0]
    return m[1] + date_words(month, day)


def _street(m: re.Match[str]) -> str:
    rest = m.string[m.end() :].lstrip()
    return "Street" + ("" if rest else ".")


def _day_name(m: re.Match[str]) -> str:
    return DAYS[m[1]]


_RULES = _word_rules() + _number_rules()
