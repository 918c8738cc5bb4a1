"""Patterns of written English, each with its reading: dates, times, money, units, codes, addresses. Pure."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable

from agent.dialogue import speech_text_calendar as calendar
from agent.dialogue import speech_text_names as names
from agent.dialogue import speech_text_places as places
from agent.dialogue import speech_text_readings as read
from agent.dialogue.calendar_days import MONTHS
from agent.dialogue.speech_numbers import (
    CURRENCIES,
    MONTH_NAMES,
    cardinal_words,
    date_words,
    decimal_words,
    time_words,
)
from agent.dialogue.speech_text_calendar import MONTH
from agent.dialogue.speech_text_words import ABBREVIATIONS, DAYS, UNITS

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_CODES = "|".join(CURRENCIES)
_MONEY_SIGN = r"(?:US|C|A)?[$£€¥₹]"
_LABELS = (
    r"order|orders|account|invoice|reference|ref|tracking|confirmation|ticket|case|code|id|pin|zip|"
    r"return|number|"
    r"customer|bill|ending|ends|booking|extension|serial|model|sku|flight|room|claim|policy|member|"
    r"postcode|passcode|suite|no"
)
_COUNTED = "days?|weeks?|hours?|minutes?|items?|months?|years?|percent|orders?|dollars?"
_VULGAR = re.compile(r"(\d*)\s?([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
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

    text = _VULGAR.sub(read.vulgar, text)
    text = re.sub(r"[\uff01-\uff5e]+", lambda m: unicodedata.normalize("NFKC", m[0]), text)
    for pattern, reading in calendar.FIRST:
        text = pattern.sub(reading, text)
    text = re.sub(
        r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b",
        iso,
        text,
    )
    text = re.sub(
        rf"\b({MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d)\b)?(?!:)", month_first, text
    )
    text = re.sub(
        rf"\b(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({MONTH})\b\.?(?:,?\s+((?:19|20)\d\d)\b)?",
        day_first,
        text,
    )
    text = re.sub(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/])", slashed, text)
    for pattern, reading in _RULES:
        text = pattern.sub(reading, text)
    return text


def _word_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Addresses, names, telephone numbers with letters, lengths: what other rules would take apart."""
    c = re.compile
    return [
        (c(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.?"), read.address),
        (c(r"\b(?:https?://|www\.)[^\s,;!)\]]+", re.I), read.address),
        (c(rf"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:{_TOP_LEVEL})\b(?:/[^\s,;!)\]]*)?"), read.address),
        *places.RULES,
        *names.RULES,
        (c(r"(?<![\w.])(?:1\.)?\d{3}\.\d{3}\.\d{4}\b"), read.phone),
        (c(r"(?<=\d{4}),?\s(?:ext\.?|x)\s?(\d{1,6})\b"), read.extension),
        (c(r"\b([Cc]all|[Dd]ial)\s(\d{3})\b(?=$|[.,;!?]|\s(?:for|if|in|or|now|to)\b)"), read.short_number),
        (c(r"(?<![\w.])v?(\d+(?:\.\d+){2,})(?!\w)|\bv(\d+(?:\.\d+)*)\b"), read.version),
        (c(r"(?<=[\dmM])\s?[-–—]\s?(?=\d{1,2}(?::\d\d)?\s?[apAP]\.?[mM]\b|\d{1,2}:\d\d)"), lambda m: " to "),
        (
            c(rf"\b({'|'.join(DAYS)})\s?[-–—]\s?({'|'.join(DAYS)})\b"),
            lambda m: f"{DAYS[m[1]]} to {DAYS[m[2]]}",
        ),
        (c(r"(?<![\w.])(\d+)['′]\s?(\d+)(?:[\"″]|'')"), read.feet),
        (c(r"(?<![\w.])(\d+)[\"″](?=\W|$)"), lambda m: f"{cardinal_words(int(m[1]))} inches"),
        (c(r"(?<=inches)\s?[x×]\s?(?=[\w-]+ inches)"), lambda m: " by "),
        (
            c(r"\b((?:on|by|due|from|until|since|before|after)\s)(\d{1,2})/(\d{1,2})\b(?!/)"),
            read.month_slash_day,
        ),
        (c(r"(?<![\w.,-])(\d[\d,]*(?:\.\d+)?)-(?=[a-z]{2,})"), lambda m: f"{decimal_words(m[1])}-"),
        (c(r"\b911\b(?!\s\w+s\b)"), lambda m: "nine one one"),
        (c(r"\band/or\b", re.I), lambda m: "and or"),
        (c(r"\bA/C\b"), lambda m: "A C"),
        (c(r"\b24/7\b"), lambda m: "twenty-four seven"),
    ]


def _noun_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Numbers that belong to a noun: "No. 5", "a $5 fee", "1/2 lb", "$20/hr"."""
    c = re.compile
    return [
        (c(r"\bNos\.\s?(?=\d)"), lambda m: "numbers "),
        (c(r"\b[Nn]o\.\s?(?=#?\d)"), lambda m: "number "),
        (c(r"\best\.\s((?:1[5-9]|20)\d\d)\b"), read.established),
        (c(rf"(?<![\w.,])(\d+(?:\.\d+)?)\s?({_UNIT})\.(?=\s|$|,)(?=\s*(?P<rest>\S?))"), read.stopped_unit),
        (c(rf"\bper\s({_UNIT})\b\.?"), lambda m: f"per {UNITS[m[1]][0]}"),
        (c(r"(?<=\d)/(mo|yr|wk|hr|lb|month|year|week|day|hour|night|person|item)\b\.?"), read.each),
        (c(rf"\b([Aa]n?\s)({_MONEY_SIGN})(\d+)\s(?=[a-z]{{3,}})(?!per\b|for\b|off\b|and\b)"), read.priced),
        (c(rf"\b([Aa]n?\s)(\d+)\s?((?!in\s)(?:{_UNIT}))\s(?=[a-z]{{3,}})(?!per\b|for\b|and\b)"), read.sized),
        (c(rf"(?<![\d/.])(\d{{1,2}})/(\d{{1,2}})\s?((?!in\b)(?:{_UNIT}))\b"), read.part_of_unit),
        (c(r"(?<![\d/])(\d+(?:\.\d+)?)/(\d+)(?=\s(?:stars?|points?)\b)"), read.out_of),
        (c(r"(?<![\d/.])(\d+)/(\1)(?![\d/])"), read.out_of),
        (c(r"(?<![\d.])(\d+),(\d{2})\s?(?=€)"), lambda m: f"{m[1]}.{m[2]} "),
        (c(r"(€\s?\d+),(\d{2})(?!\d)"), lambda m: f"{m[1]}.{m[2]}"),
        (c(r"\)(?=\s*(?:$|[.?!,;]))"), lambda m: ""),
    ]


def _abbreviation_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Abbreviations, names of days, years of months, and times."""
    abbreviations = "|".join(re.escape(a) for a in sorted(ABBREVIATIONS, key=len, reverse=True))
    months = "|".join(MONTH_NAMES)
    c = re.compile
    return [
        (c(r"\bSt\.\s(?=[A-Z][a-z])"), lambda m: "Saint "),
        (c(r"\bSt\.(?=\W|$)"), read.street),
        (c(r"\bDr\.(?=\s*(?:$|,|[a-z]))"), lambda m: "Drive"),
        (c(rf"(?<![\w.])(?:{abbreviations})(?!\w)", re.I), read.abbreviation),
        (c(rf"\b({'|'.join(DAYS)})\b(?=[\s,-]*(?:[A-Z\d&]|to\b|and\b|$|[.,;]))"), read.day_name),
        (c(rf"(\b(?:{months}),?\s)((?:19|20)\d\d)\b"), read.year),
        (c(r"\b(\d{1,2})(?::(\d{2}))?\s?([AaPp])\.?\s?[Mm]\b\.?(?=\W|$)"), read.clock),
        (c(r"\b([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?()(?!\d)"), read.clock),
        *calendar.AFTER_CLOCKS,
    ]


def _money_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Telephone numbers and sums of money."""
    c = re.compile
    return [
        (c(r"(?<![\w.])\+\d[\d\s().-]{6,}\d\b"), read.phone),
        (c(r"(?<![\w.,$£€-])1[-.\s]\d{3}[-.\s]\d{3}[-.\s]\d{4}\b"), read.phone),
        (c(r"(?<![\w.,$£€-])(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}\b"), read.phone),
        (c(r"(?<![\w.,$£€-])\d{3}-\d{4}\b"), read.phone),
        (
            c(rf"({_MONEY_SIGN})\s?({_NUMBER})\s?[-–—]\s?({_MONEY_SIGN})?({_NUMBER})(?![\w.]*\d)"),
            read.money_range,
        ),
        (
            c(rf"([-−]\s?)?({_MONEY_SIGN})\s?({_NUMBER})(\s?(?:[kKmMbB]|bn|thousand|million|billion)\b)?"),
            read.money,
        ),
        (
            c(
                rf"\b(?:(?P<before>{_CODES})\s?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})\s?(?P<after>{_CODES})\b)"
            ),
            read.money_code,
        ),
        (c(rf"({_NUMBER})\s?¢"), lambda m: f"{decimal_words(m[1])} cents"),
        (c(rf"({_NUMBER})\s?€"), lambda m: read.sum_of_money(m[1], "", "EUR")),
    ]


def _measure_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Percentages, measures, dimensions and ordinals."""
    c = re.compile
    return [
        (
            c(rf"({_NUMBER})\s?%?\s?[-–]\s?({_NUMBER})\s?%"),
            lambda m: f"{decimal_words(m[1])} to {decimal_words(m[2])} percent",
        ),
        (
            c(rf"((?<!\w)[-−])?({_NUMBER})\s?%"),
            lambda m: f"{'minus ' if m[1] else ''}{decimal_words(m[2])} percent",
        ),
        (c(rf"(?<![\w.])({_NUMBER})\s?[-–]\s?({_NUMBER})\s?({_UNIT})(?![\w/])"), read.unit_range),
        (c(rf"(?<![\w.,])((?:(?<!\w)[-−])?(?:{_NUMBER}))\s?({_UNIT})(?![\w/])(?!\s+stock)"), read.unit),
        (
            c(r"(?<![\w.,])(\d+)\s?[x×]\s?(\d+)(?!\w)"),
            lambda m: f"{decimal_words(m[1])} by {decimal_words(m[2])}",
        ),
        (c(r"(?<![\w.,])(\d+)x(?!\w)"), lambda m: f"{decimal_words(m[1])} times"),
        (c(r"\b(\d[\d,]*)(?:st|nd|rd|th)\b"), read.ordinal),
    ]


def _code_rules() -> list[tuple[re.Pattern[str], Replace]]:
    """Codes, years, fractions, and what remains of numbers."""
    c = re.compile
    return [
        (
            c(
                r"\b((?:tracking|account|card|confirmation|reference|member)\s(?:number|no\.?):?\s(?:is\s)?)"
                r"(\d{2,6}(?:[ -]\d{2,6})+)\b",
                re.I,
            ),
            read.grouped_code,
        ),
        (
            c(
                rf"\b((?:{_LABELS})s?\b)((?:\s*(?:is|in|with|number|no\.?|code|:|#))*\s*#?\s*)"
                rf"(?=[A-Z0-9-]*\d)([A-Z0-9]+(?:-[A-Z0-9]+)*)\b(?![.,]\d)(?!\s?(?:{_COUNTED})\b)",
                re.I,
            ),
            read.labelled,
        ),
        (c(r"(?<![\w.,])(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b"), read.code),
        (
            c(
                r"(\b(?:in|since|of|until|from|by|year|before|after|during)\s)((?:19|20|21)\d\d)\b(?![.,]\d|\s\w+s\b)",
                re.I,
            ),
            read.year,
        ),
        (c(r"\b((?:19|20)\d\d)\s?[-–—]\s?((?:19|20)\d\d)\b(?!\s\w+s\b)"), read.years),
        (c(r"(?<![\d/.])((?:\d+\s)?)(\d{1,3})/(\d{1,3})(?![\d/.]\d)"), read.slash_fraction),
        (
            c(rf"(?<![\w.,])({_NUMBER})\s?[-–—]\s?({_NUMBER})(?![\w-]|[.,]\d)"),
            lambda m: f"{decimal_words(m[1])} to {decimal_words(m[2])}",
        ),
        (c(rf"((?<![\w)])[-−])?(?<![\d.])({_NUMBER})(?![\d])"), read.number),
        (c(r"\b[A-Z]{2,5}\b"), read.capitals),
    ]


_RULES = [
    *_word_rules(),
    *_noun_rules(),
    *_abbreviation_rules(),
    *_money_rules(),
    *_measure_rules(),
    *_code_rules(),
]
"""In the order in which they are read."""
