"""How words bear on a wish's slots: a denial, another one of them, a new day, the rest of a number."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, takewhile

from agent.dialogue import slots
from agent.dialogue.business import Slot, ValueKind
from agent.dialogue.knowledge_words import EMPTY, words_of
from agent.dialogue.phrasing import Value, Values
from agent.dialogue.slot_filling import Filled, several
from agent.dialogue.state import Frame

SPOKEN_KINDS: Mapping[str, ValueKind] = {
    "digits": "identifier",
    "date": "date",
    "time": "time",
    "postcode": "identifier",
    "email": "email",
    "amount": "money",
}
_SPELLED_GROUP = 3
"""Letters of a name that are spelled back in one breath."""
LONGEST_BREATH = 3
"""Further numbers of one breath that are answered."""

_DENIED = re.compile(
    r"\W*(?:(?:um|uh|er|oh|well|hm+)\W+)*(?:no|nope|nah|actually|sorry|wait|not|i meant?|i said)\b", re.I
)
_OTHER = re.compile(r"\b(?:other|another|different)\b", re.I)
_OTHER_OF = re.compile(r"\b(?:other|another|different)\b(?:\s+([a-z]+))?")
_NO_NOUNS = frozenset("number code id new last first".split())
_BETWEEN = frozenset("number no id code the is it's its that's was are".split())
_NAMES_ONLY = re.compile(
    r"\W*(?:(?:okay|ok|so|well|and|or|then|also|what about|how about|for)\b\W*)+"
    r"(?:the|my|a|an|order|account)?\W*(?:[a-z'-]+\W*){0,3}(?:\d[\d\W]*)?(?:please\W*|then\W*)?",
    re.I,
)
_NOTHING_MORE = frozenset(
    "no nope nah not thanks thank you thx that that's thats is it all nothing else more i i'm im am good "
    "fine ok okay set done please bye goodbye for now today really very so much many sir ma'am madam great "
    "perfect don't need want anything everything was just leave never mind nevermind worry bother um uh oh "
    "well".split()
)


_BEFORE_NOUNS = frozenset(
    "sell sells have has got carry stock take accept offer the a an any some your".split()
)
_LONGEST_NOUN = 3
"""Words of a noun: "flying carpets"."""


def denies(text: str) -> bool:
    """Whether `text` begins by taking something back ("no, ...", "actually ...")."""
    return _DENIED.match(text) is not None


def nouns(text: str) -> list[str]:
    """What `text` asks about: the content words behind "sell", "have", "the" and their like."""
    found = []
    said = words_of(text)
    for at, word in enumerate(said):
        if word in _BEFORE_NOUNS:
            behind = takewhile(lambda one: one not in EMPTY and one not in _BEFORE_NOUNS, said[at + 1 :])
            found.append(" ".join(islice(behind, _LONGEST_NOUN)))
    return [noun for noun in found if noun]


def names_another(text: str) -> bool:
    """Whether `text` speaks of another one than the last ("the other order")."""
    return _OTHER.search(text) is not None


def renames(text: str, slot: str, wanted: Collection[str]) -> bool:
    """Whether `text` speaks of another `slot` than the one known: "the other order" of order_number, "another
    one" of each, "another appointment" of no account_number where an appointment_date is `wanted` too."""
    for match in _OTHER_OF.finditer(text.lower()):
        noun = match[1] or ""
        named = {name for name in wanted if noun in name.split("_")}
        if slot in named or not named:
            return True
    return False


def names_only(text: str) -> bool:
    """Whether `text` only names something ("and the smart plug?", "what about order 12345")."""
    return _NAMES_ONLY.fullmatch(text) is not None


def nothing_beside(text: str) -> bool:
    """Whether nothing stands in `text` beside a no, thanks and their like."""
    return set(re.findall(r"[\w']+", text.lower().replace("’", "'"))) <= _NOTHING_MORE


def differs(slot: Slot, held: str, filled: Filled, today: date, *, denied: bool) -> bool:
    """Whether `filled` is another value than `held`, not the same one said once more."""
    if filled.value == held:
        return False
    if slot.type == "time" and filled.doubtful:  # "at eight" for 20:00
        return int(filled.value[:2]) % 12 != int(held[:2]) % 12 or filled.value[3:] != held[3:]
    if slot.type == "date" and not denied:  # "Friday" for the Friday that was settled
        named, before = date.fromisoformat(filled.value), date.fromisoformat(held)
        return named.weekday() != before.weekday() or named - today > timedelta(days=7)
    return True


def joined(slot: Slot, heard: str, text: str, *, confident: bool) -> Filled | None:
    """The number that `text` goes on with after the digits `heard`; None where it begins anew."""
    if slot.length is None or not heard:
        return None
    whole = slots.digits(text, slot.length)
    if whole is not None and len(whole.value) == slot.length and not whole.doubtful:
        return None
    rest = slots.digits(text, slot.length - len(heard))
    if rest is None or rest.value == heard or len(text.split()) > 2 * len(rest.value) + 3:
        return None
    value = heard + rest.value
    if len(value) > slot.length:
        return None
    if len(value) < slot.length:
        return Filled(value, True, incomplete=True)
    return Filled(value, rest.doubtful or not confident)


def is_whole(text: str, length: int | None) -> bool:
    """Whether a number of `length` digits stands in `text`."""
    found = slots.digits(text, length)
    return found is not None and len(found.value) == length and not found.doubtful


def named_number(text: str, name: str, slot: Slot) -> str | None:
    """The digits that `text` calls the slot's: "order 70", "account number is 100004"; two at least."""
    if slot.type != "digits":
        return None
    nouns = set(name.split("_")) - _NO_NOUNS
    for run in slots.digit_runs(text):
        before = re.findall(r"[a-z']+|[^\w\s]", text[: run.span[0]].lower())
        while before and (before[-1] in _BETWEEN or not before[-1].isalpha()):
            before.pop()
        if len(run.value) > 1 and before and before[-1].removesuffix("s") in nouns:
            return run.value
    return None


def misfit(text: str, name: str, slot: Slot) -> Filled | None:
    """A number that `text` gives the slot and that has not its length."""
    said = named_number(text, name, slot)
    if said is None or slot.length in (None, len(said)) or len(slot.without_prefix(said)) == slot.length:
        return None
    return Filled(said, True, incomplete=True)


def without_numbers(text: str, wanted: Iterable[Slot]) -> str:
    """`text` without the whole numbers that `wanted` slots take: their digits are no dates and times."""
    for slot in wanted:
        if slot.type == "digits" and slot.length is not None and is_whole(text, slot.length):
            found = slots.digits(text, slot.length)
            if found is not None:
                text = f"{text[: found.span[0]]} ; {text[found.span[1] :]}"
    return text


def without_address(text: str) -> str:
    """`text` without the e-mail address in it, whose digits are no numbers."""
    found = slots.email(text)
    return text if found is None else f"{text[: found.span[0]]} ; {text[found.span[1] :]}"


def number_corrected(frame: Frame, numbers: Mapping[str, Slot], text: str) -> Frame | None:
    """The frame with one of its `numbers` corrected ("no, four not five"), or None."""
    for name, slot in numbers.items():
        if len(several(text, slot.length)) > 1:
            return None
        mended = slots.correction(text, frame.slots[name])
        length = slot.length if slot.type == "digits" else len(frame.slots[name])
        if mended is None or length not in (None, len(mended.value)):
            continue
        kept = {n: v for n, v in frame.slots.items() if n != name}
        if mended.doubtful:
            return replace(frame, slots=kept, asking=name, confirming=mended.value, made=False)
        known = {**kept, name: mended.value}
        return replace(frame, slots=known, asking=None, confirming=None, made=False)
    return None


def doubted(frame: Frame, filled: Filled) -> Frame:
    """The frame that puts a doubtful value, or options that fit alike, to the caller."""
    if filled.options:
        return replace(frame, options=filled.options, confirming=None)
    return replace(frame, confirming=filled.value, options=(), heard="")


def caller_value(slot: Slot, name: str, value: str | None) -> Values:
    """A slot's value as the caller's own; of a name also how it's spelled, as `<slot>_spelled`."""
    if value is None:
        return {}
    values = {name: Value(name, value, SPOKEN_KINDS.get(slot.type, "text"), "caller")}
    if slot.type == "name":
        values[f"{name}_spelled"] = Value(f"{name}_spelled", spelled_back(value), "text", "caller")
    return values


def spelled_back(value: str) -> str:
    """A name letter by letter, in groups: "Eriksen" -> "E R I, K S E N"."""
    words = []
    for word in re.findall(r"[^\W\d_]+", value.upper()):
        cuts = list(range(0, len(word), _SPELLED_GROUP))
        if len(cuts) > 1 and len(word) - cuts[-1] < 2:
            cuts.pop()  # no letter is left alone
        groups = [word[a:b] for a, b in zip(cuts, [*cuts[1:], len(word)], strict=True)]
        words.append(", ".join(" ".join(group) for group in groups))
    return "; ".join(words)


def with_more(frame: Frame, name: str, filled: Filled) -> Frame:
    """The frame with the further numbers that stood beside `filled`."""
    if not filled.more:
        return frame
    return replace(frame, more=tuple((name, value) for value in filled.more[:LONGEST_BREATH]))


def choices(name: str, options: tuple[str, ...]) -> Values:
    """The two options that are put to the caller, as facts."""
    first, second = options[0], options[1]
    return {
        "first_choice": Value("first_choice", first, "text", f"options of {name}"),
        "second_choice": Value("second_choice", second, "text", f"options of {name}"),
    }
