"""One system turn of a schema-guided dialogue: its acts, its facts, and its words with the facts' names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.dialogue.business import ValueKind
from agent.dialogue.prompts import act
from finetune.data import acts
from finetune.data.rows import NamedFact

LONGEST_WORDS = 36
LEFT_OVER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|"
    r"dozen|half|today|tomorrow|tonight|next week|afternoon|morning|evening|noon|midnight)\b",
    re.I,
)
"""Numbers and days that stand beside the names: a fact that the acts don't have."""
OPINION = re.compile(
    r"\b(?:nice|good|great|lovely|beautiful|interesting|popular|wonderful|amazing|perfect|best|fun|cool|"
    r"delicious|fantastic|excellent|awesome|famous)\b",
    re.I,
)
"""What a service's agent can't know of what it tells."""
UNTIDY = re.compile(r"\b[A-Z]{2}[a-z]|[a-z][.?!,][A-Za-z]|\w\{|\}\w|[.?!,]{2}|  |\bi\b")
"""Slips of the set's writers."""
CURRENCY = re.compile(r"\} ?(?:dollars|bucks|usd|us)\b|[$%]", re.I)
CAPITALS = re.compile(r"(?<![.?!:] )(?<!^)(?<![\w'{])(?!I\b|OK\b|Sir\b|Ma'am\b)[A-Z][a-z]+")
"""A word that begins with a capital inside a sentence: a proper name that no fact has."""
SPELLED = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven"}
SPELLED |= {"8": "eight", "9": "nine", "10": "ten"}
KINDS: tuple[tuple[str, ValueKind], ...] = (
    (r"(^|_)date(_|$)", "date"),
    (r"(^|_)(wait_time|ride_duration)$", "count"),
    (r"(^|_)time$", "time"),
    (r"^(price.*|total.*|.*fare|.*balance|rent|.*amount)$", "money"),
    (r"phone", "phone"),
    (
        r"^(num|number)_|^(count|passengers|party_size|group_size|travelers|transfers|star_rating|stay_length)$",
        "count",
    ),
    (r"^(humidity|temperature|wind|precipitation|percent_rating)$", "count"),
)
"""Slot -> type of its value: the set's schema has none."""


@dataclass(slots=True)
class Turn:
    """What a system turn says."""

    acts: list[str]
    reply: str
    category: str
    """`inform`, `confirm`, `decline` or `other`."""
    facts: dict[str, NamedFact] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    declines: bool = False


class _Unusable(Exception):
    """The turn's words and acts don't say the same."""


def turn_of(utterance: str, frame: Mapping[str, Any], categorical: Mapping[str, bool]) -> Turn | None:
    """The turn with names in the place of values; None where its words don't say just what its acts say.

    `categorical` has the slots of its service, and whether their values are a closed set of words.
    """
    try:
        return _turn(utterance, frame, categorical)
    except _Unusable:
        return None


def _turn(utterance: str, frame: Mapping[str, Any], categorical: Mapping[str, bool]) -> Turn:
    turn = Turn([], utterance, "other")
    places: list[tuple[int, int, str]] = []
    literal: list[str] = []
    for action in frame["actions"]:
        name, values = action["slot"], action["values"]
        told = action["act"] in ("INFORM", "OFFER", "INFORM_COUNT", "CONFIRM")
        if not told:
            turn.acts.append(_without_fact(action))
            continue
        if len(values) != 1 or name in turn.facts:
            raise _Unusable
        form = acts.confirming if action["act"] == "CONFIRM" else act
        if values[0] in ("True", "False"):
            turn.acts.append(form(name, "yes" if values[0] == "True" else "no"))
        elif categorical.get(name, False) and not values[0].isdigit():
            literal.append(values[0])
            turn.acts.append(form(name, values[0].lower()))
        else:
            places.append((*_place(utterance, frame, action), name))
            turn.acts.append(form(name, f"{{{name}}}"))
            turn.facts[name] = NamedFact(action["canonical_values"][0], kind_of(name))
            turn.needed.append(name)
    turn.reply = _named(utterance, places)
    turn.declines = acts.DECLINE in turn.acts
    turn.category = _category(turn, frame["actions"])
    _check(turn, literal)
    return turn


def kind_of(slot: str) -> ValueKind:
    """The type of a slot's value, by its name."""
    return next((kind for pattern, kind in KINDS if re.search(pattern, slot)), "text")


def _without_fact(action: Mapping[str, Any]) -> str:
    match action["act"]:
        case "REQUEST" if not action["values"]:
            return acts.asking(action["slot"])
        case "OFFER_INTENT":
            return acts.offering(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action["values"][0]).lower())
        case "NOTIFY_SUCCESS":
            return acts.DONE
        case "NOTIFY_FAILURE":
            return acts.DECLINE
        case "REQ_MORE":
            return acts.ANYTHING_ELSE
        case "GOODBYE":
            return acts.GOODBYE
    raise _Unusable


def _place(utterance: str, frame: Mapping[str, Any], action: Mapping[str, Any]) -> tuple[int, int]:
    """Where the action's value stands, once."""
    value = action["values"][0]
    spans = [
        (span["start"], span["exclusive_end"]) for span in frame["slots"] if span["slot"] == action["slot"]
    ]
    if not spans and len(value) < 3:
        said = "|".join(re.escape(form) for form in (value, SPELLED.get(value, value)))
        spans = [
            match.span() for match in re.finditer(rf"(?<![\w.:$-])(?:{said})(?![\w.:-]*\w)", utterance, re.I)
        ]
    if len(spans) != 1:
        raise _Unusable
    start, end = spans[0]
    if kind_of(action["slot"]) == "date" and not re.search(r"\d", utterance[start:end]):
        raise _Unusable  # "next Tuesday": another sentence than one with a date
    return start, end


def _named(utterance: str, places: Sequence[tuple[int, int, str]]) -> str:
    reply = utterance
    after = len(utterance) + 1
    for start, end, name in sorted(places, reverse=True):
        if end > after:
            raise _Unusable
        start -= utterance[start - 1 : start] == "$"
        reply = f"{reply[:start]}{{{name}}}{reply[end:]}"
        after = start
    reply = re.sub(r"\s+", " ", reply).strip()
    reply = re.sub(r" ([.,?!])", r"\1", reply)
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), reply)


def _category(turn: Turn, actions: Sequence[Mapping[str, Any]]) -> str:
    if turn.declines:
        return "decline"
    done = {action["act"] for action in actions}
    if "CONFIRM" in done:
        return "confirm"
    return "inform" if turn.needed else "other"


def _check(turn: Turn, literal: Sequence[str]) -> None:
    """Raises `_Unusable` where the reply says less or more than the acts."""
    bare = re.sub(r"\{[a-z_]+\}", "{}", turn.reply)
    said = bare.lower()
    if any(word.lower() not in said for word in literal):
        raise _Unusable
    for word in literal:
        bare = re.sub(re.escape(word), "", bare, flags=re.I)
    whole = re.search(r"[.?!]$", turn.reply) and len(turn.reply.split()) <= LONGEST_WORDS
    if not whole or not turn.reply.isascii() or bare.count("{") != len(turn.needed):
        raise _Unusable
    if UNTIDY.search(turn.reply) or (turn.needed and OPINION.search(bare)):
        raise _Unusable
    if LEFT_OVER.search(bare) or CURRENCY.search(turn.reply) or CAPITALS.search(bare):
        raise _Unusable


def slots_of(service: Mapping[str, Any]) -> dict[str, bool]:
    """The slots of a service in schema.json, and whether each is categorical."""
    return {slot["name"]: bool(slot["is_categorical"]) for slot in service["slots"]}


def spoken_turns(dialogue: Mapping[str, Any]) -> Iterator[tuple[int, str, Mapping[str, Any], str]]:
    """Each system turn that follows a user's: its number, the user's words, its frame, its own words."""
    turns = dialogue["turns"]
    for number in range(1, len(turns)):
        user, system = turns[number - 1], turns[number]
        if system["speaker"] == "SYSTEM" and user["speaker"] == "USER" and len(system["frames"]) == 1:
            yield number, user["utterance"].strip(), system["frames"][0], system["utterance"]
