"""Other ways to a slot's value ("find it by my email"): which is open, which is complete, which is next."""

import re
from collections.abc import Mapping
from dataclasses import replace

from agent.dialogue.business_tools import Slot, Tool, Way
from agent.dialogue.state import Frame

Slots = Mapping[str, Slot]
_CHOOSES = re.compile(
    r"\b(?:by|with|through|use|using|under|have|give|tell|know|remember|only|from|look|find|try)\b", re.I
)
_LACKS = re.compile(
    r"\b(?:have|got|know|use|there's) (?:no|none)\b|"
    r"\b(?:don't|do not|haven't|can't|cannot|not)\b.*\b(?:have|got|know|remember|recall|find|use|sure|one)\b",
    re.I,
)
""" "I have no email", "I can't remember it"."""
_MOST_WORDS = 14


def wanted(tool: Tool, slots: Slots, frame: Frame) -> list[str]:
    """The slots that a wish can use: its tool's, and those by which one that lacks can be found."""
    names = [*tool.slots, *tool.optional]
    for name in tool.slots:
        if name not in frame.slots:
            names += [part for way in slots[name].ways for part in way.slots]
    return list(dict.fromkeys(names))


def way_to(slots: Slots, frame: Frame, name: str) -> Way | None:
    """The way on which `name` is being found: the one taken, or one whose slots are all known."""
    if frame.way is not None and frame.way[0] == name:
        return slots[name].ways[frame.way[1]]
    heard = {*frame.slots, *frame.doubts}
    return next((way for way in slots[name].ways if set(way.slots) <= heard), None)


def moot(slots: Slots, frame: Frame, asked: str) -> bool:
    """Whether `asked` needs no answer: it can be found by what was said, or what it leads to is known."""
    if frame.way is not None:
        return frame.way[0] in frame.slots
    return asked not in frame.slots and way_to(slots, frame, asked) is not None


def next_way(slots: Slots, frame: Frame) -> tuple[str, int] | None:
    """The next way to what is asked for, or None where there's none."""
    if frame.way is not None:
        name, at = frame.way[0], frame.way[1] + 1
    else:
        name, at = str(frame.asking), 0
    return (name, at) if name in slots and at < len(slots[name].ways) else None


def named_way(slots: Slots, frame: Frame, text: str) -> tuple[str, int] | None:
    """The way that a caller asks for: "can you find it by my name?"."""
    name = frame.way[0] if frame.way is not None else str(frame.asking)
    said = text.lower()
    if name not in slots or not _CHOOSES.search(said) or len(said.split()) > _MOST_WORDS:
        return None
    for at, way in enumerate(slots[name].ways):
        taken = frame.way == (name, at)
        if not taken and any(re.search(rf"\b{re.escape(word.lower())}\b", said) for word in way.named):
            return name, at
    return None


def wished(slots: Slots, frame: Frame, text: str) -> tuple[str, int] | None:
    """Another way that `text` asks for, or the next one where it says that there's nothing to tell."""
    named = named_way(slots, frame, text)
    if named is None and frame.way is not None and _LACKS.search(text) and len(text.split()) <= _MOST_WORDS:
        return next_way(slots, frame)
    return named


def on_way(slots: Slots, frame: Frame, way: tuple[str, int]) -> Frame:
    """The frame on another way: what was said for the last one is forgotten."""
    left = way_to(slots, frame, way[0])
    gone = set(left.slots if left is not None else ()) - set(slots[way[0]].ways[way[1]].slots)
    known = {name: value for name, value in frame.slots.items() if name not in gone}
    doubts = {name: doubt for name, doubt in frame.doubts.items() if name not in gone}
    fresh = replace(frame, slots=known, doubts=doubts, way=way, asking=None, confirming=None)
    return replace(fresh, options=(), heard="", failures=0)
