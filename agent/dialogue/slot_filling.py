"""The value of a business's slot in a caller's words, by the slot's type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import time as Time

from agent.dialogue import slots
from agent.dialogue.birth_dates import past_date
from agent.dialogue.business import Slot
from agent.dialogue.protocol import Expects
from agent.dialogue.slots_count import count
from agent.dialogue.slots_postcode import ZIP_DIGITS

_EXPECTED: dict[str, Expects] = {
    "digits": "digits",
    "choice": "choice",
    "date": "date",
    "yes_no": "yes_no",
    "name": "name",
    "email": "name",
}
_POSTCODE_BESIDE = re.compile(r",?\s*\b(?:and )?(?:my |the )?(?:zip|post(?:al)?)[\s-]*(?:code)?\b.*$", re.I)
_TEXT_LEADS = re.compile(
    r"^(?:(?:it's|it is|that's|that is|yes|yeah|no|nope|sorry|actually|okay|ok|well|so|uh|um|i said|i meant?|"
    r"my (?:new )?\w+ is|to)\b[\s,:]*)+",
    re.I,
)
_NO_TEXT = frozenset(
    "wrong incorrect not right correct quite true that it is isn't yes no nope what pardon".split()
)
_TAKEN_BACK = re.compile(r"\b(?:no|not|sorry|mean|meant|wait|actually|instead|correction|rather)\b", re.I)
_SIDE_BY_SIDE = re.compile(r"\b(?:and|also|plus|or)\b|&", re.I)
_LEADS = re.compile(
    r"^(?:(?:no|nope|nah|yes|yeah|ok|okay|sorry|actually|oh|uh|um|well|then|rather|please|better|instead|"
    r"make (?:it|that)|(?:let's )?say|(?:how|what) about|i said|i meant?|it's|(?:can|could) we do|let's do|"
    r"at|around|by|for)\b[\s,.]*)+"
)
_TAILS = frozenset(
    "a p m am pm o'clock please instead then rather better thanks in the at morning afternoon evening night "
    "sharp".split()
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot's value: as it is stored (ISO dates, digits, an option's name)."""

    value: str
    doubtful: bool = False
    options: tuple[str, ...] = ()
    """The options that fit alike, where several do."""
    incomplete: bool = False
    """Digits of another length than the slot's."""
    more: tuple[str, ...] = ()
    """Further numbers of the slot's length, said in the same breath."""


def expected(slot: Slot, country: str) -> tuple[Expects, int | None]:
    """What a caller who is asked for `slot` will say, and how many digits complete it."""
    if slot.type == "postcode":
        return ("digits", ZIP_DIGITS) if country == "US" else ("free", None)
    return _EXPECTED.get(slot.type, "free"), slot.length


def fill(
    slot: Slot,
    text: str,
    *,
    today: Date,
    options: Sequence[str] = (),
    asked: bool,
    confident: bool = True,
    country: str = "US",
) -> Filled | None:
    """The value that `text` gives `slot`, or None. `asked`: the caller was asked for it: guesses count."""
    if slot.type == "digits":
        return _digits(slot, text, asked=asked, confident=confident)
    if slot.type == "count":
        many = count(text, today, asked=asked)
        return None if many is None else Filled(str(many.value), many.doubtful or not confident)
    if slot.type in ("name", "postcode", "email", "amount"):
        return _said(slot, text, asked=asked, confident=confident, country=country)
    if slot.type == "choice":
        return choose(_in_its_words(slot, text), options, asked=asked)
    if slot.type == "date":
        read = past_date if slot.past else slots.date
        found_date = read(text, today, day_first=country == "GB")
        if found_date is None or (not asked and not slot.past and found_date.value < today):
            return None
        return Filled(found_date.value.isoformat(), found_date.doubtful or not confident)
    if slot.type == "time":
        found_time = slots.time_of_day(_without_date(text, today)) or (_bare_time(text) if asked else None)
        if found_time is None:
            return None
        return Filled(found_time.value.strftime("%H:%M"), found_time.doubtful or not confident)
    if slot.type == "yes_no":
        answer = slots.yes_no(text) if asked else None
        return None if answer is None else Filled("yes" if answer else "no")
    cleaned = _TEXT_LEADS.sub("", text.strip(" .,!?"))
    if not asked or set(re.findall(r"[\w']+", cleaned.lower())) <= _NO_TEXT:
        return None
    return Filled(cleaned, slot.reads_back or not confident)


def _in_its_words(slot: Slot, text: str) -> str:
    """`text` with the options' own words in the place of those that stand for them."""
    for option, words in slot.also.items():
        text = re.sub(rf"\b(?:{'|'.join(map(re.escape, words))})\b", option, text, flags=re.I)
    return text


def _said(slot: Slot, text: str, *, asked: bool, confident: bool, country: str) -> Filled | None:
    """A name, a postcode, an address or a sum. Unasked, a name or postcode counts where it is announced."""
    if slot.type == "amount":
        found_sum = slots.amount(text)
        if found_sum is None or (found_sum.doubtful and not asked and found_sum.value % 1 == 0):
            return None
        unsure = found_sum.doubtful and (not asked or found_sum.why == "together")
        return Filled(f"{found_sum.value:.2f}", slot.reads_back or unsure or not confident)
    if slot.type == "postcode":
        if not asked and not slots.names_postcode(text):
            return None
        found = slots.postcode(text, country)
    elif slot.type == "email":
        found = slots.email(text)
    else:
        found = slots.name(_POSTCODE_BESIDE.sub("", text), asked=asked)
    if found is None:
        return None
    if found.why == "length":
        return Filled(found.value, True, incomplete=True) if asked else None
    return Filled(found.value, slot.reads_back or found.doubtful or not confident)


def corrected(slot: Slot, held: str, text: str, country: str) -> Filled | None:
    """`held` with the part that `text` puts right ("no, with a Y", "dot org"), or None."""
    if slot.type == "digits":
        mended = slots.correction(text, held)
        complete = mended is not None and slot.length in (None, len(mended.value))
        return None if mended is None else Filled(mended.value, mended.doubtful, incomplete=not complete)
    if slot.type == "name":
        part = slots.name_corrected(text, held)
    elif slot.type == "email":
        part = slots.email_corrected(text, held)
    elif slot.type == "postcode":
        part = slots.postcode_corrected(text, held, country)
    elif slot.type == "text":
        part = slots.text_corrected(text, held)
    else:
        return None
    if part is None or (slot.type == "postcode" and not slots.is_postcode(part.value, country)):
        return None
    return Filled(part.value, slot.reads_back or part.doubtful)


def _digits(slot: Slot, text: str, *, asked: bool, confident: bool) -> Filled | None:
    if len(numbers := several(text, slot.length)) > 1:
        return Filled(numbers[0], not confident, more=numbers[1:])
    found = slots.digits(text, slot.length)
    if found is None:
        return None
    if slot.prefix and (value := slot.without_prefix(found.value)) != found.value:
        return Filled(value, not confident)
    if slot.length is not None and len(found.value) != slot.length:
        # "one thing", "two weeks ago": a digit or two in a sentence is no number
        return Filled(found.value, True, incomplete=True) if asked and len(found.value) > 1 else None
    if slot.length is not None and (mended := slots.in_breath(text, found)) is not None:
        return Filled(mended.value, True)
    return Filled(found.value, found.doubtful or not confident)


def several(text: str, length: int | None) -> tuple[str, ...]:
    """Different numbers of `length` digits side by side in `text`; none where one is taken back."""
    if length is None or _TAKEN_BACK.search(text):
        return ()
    found = re.findall(rf"(?<!\d)\d{{{length}}}(?!\d)", text)
    if len(found) < 2:
        runs = [slots.digits(part, length) for part in _SIDE_BY_SIDE.split(text)]
        found = [run.value for run in runs if run and len(run.value) == length and not run.doubtful]
    return tuple(dict.fromkeys(found)) if len(set(found)) > 1 else ()


def _without_date(text: str, today: Date) -> str:
    """Without a date in words: the year of "December second, twenty twenty-six" is no time."""
    found = slots.date(text, today)
    if found is None or not re.search(r"[A-Za-z]", text[slice(*found.span)]):
        return text
    return f"{text[: found.span[0]]} {text[found.span[1] :]}"


def _bare_time(text: str) -> slots.Found[Time] | None:
    """A time that is all that was said: "ten", "no, make it ten"."""
    alone = "at " + _LEADS.sub("", text.lower().strip())
    found = slots.time_of_day(alone)
    if found is None or found.span[0] > len("at "):
        return None
    return found if set(re.findall(r"[\w']+", alone[found.span[1] :])) <= _TAILS else None


def choose(text: str, options: Sequence[str], *, asked: bool) -> Filled | None:
    """The option that `text` names; `Filled.options` where several share the word that was said."""
    squeezed = re.sub(r"[^a-z0-9]", "", text.lower())
    whole = [option for option in options if re.sub(r"[^a-z0-9]", "", option.lower()) in squeezed]
    if len(whole) == 1:
        return Filled(whole[0])
    alike = sharing(text, options)
    if len(alike) > 1:
        if asked and (placed := slots.choice(text, options)) is not None and not placed.doubtful:
            return Filled(placed.value)
        return Filled(alike[0], True, tuple(alike[:2]))
    if len(alike) == 1:
        return Filled(alike[0])
    if not asked:
        return None
    found = slots.choice(text, options)
    return None if found is None else Filled(found.value, found.doubtful)


def sharing(text: str, options: Sequence[str]) -> list[str]:
    """The options with the most words that stand in `text`, singular and plural alike."""
    said = {stem(word) for word in re.findall(r"[a-z0-9]+", text.lower())}
    counts = {option: len({stem(word) for word in option.lower().split()} & said) for option in options}
    most = max(counts.values(), default=0)
    return [option for option, count in counts.items() if count == most] if most else []


def stem(word: str) -> str:
    """A word without its plural's ending."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
