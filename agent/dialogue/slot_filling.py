"""The value of a business's slot in a caller's words, by the slot's type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import time as Time

from agent.dialogue import slots
from agent.dialogue.business import Slot
from agent.dialogue.protocol import Expects

EXPECTED: dict[str, Expects] = {
    "digits": "digits",
    "choice": "choice",
    "date": "date",
    "time": "free",
    "yes_no": "yes_no",
    "name": "name",
    "text": "free",
}
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


def fill(
    slot: Slot, text: str, *, today: Date, options: Sequence[str] = (), asked: bool, confident: bool = True
) -> Filled | None:
    """The value that `text` gives `slot`, or None. `asked`: the caller was asked for it: guesses count."""
    if slot.type == "digits":
        return _digits(slot, text, asked=asked, confident=confident)
    if slot.type == "choice":
        return choose(text, options, asked=asked)
    if slot.type == "date":
        found_date = slots.date(text, today)
        if found_date is None or (not asked and found_date.value < today):
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
    cleaned = text.strip(" .,!?")
    return Filled(cleaned, not confident) if asked and cleaned else None


def _digits(slot: Slot, text: str, *, asked: bool, confident: bool) -> Filled | None:
    if len(numbers := several(text, slot.length)) > 1:
        return Filled(numbers[0], not confident, more=numbers[1:])
    found = slots.digits(text, slot.length)
    if found is None:
        return None
    if slot.length is not None and len(found.value) != slot.length:
        # "one thing", "two weeks ago": a digit or two in a sentence is no number
        return Filled(found.value, True, incomplete=True) if asked and len(found.value) > 1 else None
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
