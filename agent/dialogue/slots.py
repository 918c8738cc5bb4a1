"""Values in what a caller says, each with its doubt. The face of the slot readers; pure, no I/O.

Readers return `Found(value, span, doubtful, why)`, or None where nothing was said; `yes_no` returns
True, False or None. Ask the caller to confirm what is doubtful.

    digits(text, length=None) -> Found[str]             "one double seven four" -> 1774
    identifier(text, length=, pattern=) -> Found[str]   "A as in alpha, B, one two" -> AB12
    name(text) -> Found[str]                            "Smith, S M Y T H" -> Smyth
    postcode(text, country="US"), phone(text), email(text), spelled_word(text) -> Found[str]
    correction(text, previous) -> Found[str]            "no, four not five"
    in_breath(text, said) -> Found[str]                 "12345, I mean six" -> 12346
    name_corrected, postcode_corrected, email_corrected     "with a Y", "dot org not dot com"
    yes_no(text) -> bool | None
    consent(text, question) -> bool | None              a yes to a change: plain, or it's None
    date(text, today, day_first=False) -> Found[datetime.date]
    time_of_day(text) -> Found[datetime.time]
    amount(text) -> Found[Decimal]
    choice(text, options) -> Found[str]                 "the second one", "the blue one"
    keypad(keys, length=None) -> Found[str]             `#` ends, `*` starts over
"""

from agent.dialogue.dates import date
from agent.dialogue.slots_amount import amount
from agent.dialogue.slots_answers import choice, keypad, yes_no
from agent.dialogue.slots_consent import consent
from agent.dialogue.slots_correction import correction, in_breath
from agent.dialogue.slots_digits import digit_runs, digits, only_numbers
from agent.dialogue.slots_email import email
from agent.dialogue.slots_found import DigitsFound, Found
from agent.dialogue.slots_name import name
from agent.dialogue.slots_parts import email_corrected, name_corrected, postcode_corrected, text_corrected
from agent.dialogue.slots_postcode import is_postcode, names_postcode, postcode
from agent.dialogue.spelling import identifier, phone, spelled_word
from agent.dialogue.times import time_of_day

__all__ = [
    "DigitsFound", "Found", "amount", "choice", "consent", "correction", "date", "digit_runs", "digits",
    "email", "email_corrected", "identifier", "in_breath", "is_postcode", "keypad", "name", "name_corrected",
    "names_postcode", "only_numbers", "phone", "postcode", "postcode_corrected", "spelled_word",
    "text_corrected", "time_of_day", "yes_no",
]  # fmt: skip
