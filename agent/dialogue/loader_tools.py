"""What slots and tools refer to: phrases, slots, tools and columns that must be there."""

import re
from collections.abc import Iterator
from typing import Any

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.business_identify import IDENTITY
from agent.dialogue.business_remote import Mcp
from agent.dialogue.business_tools import Slot, Tool

GIVEN_PARAMETERS = ("today", "now", "open_days")
"""Bound in every query: the day, the moment, and when the business is open, all in its time zone."""
ABOUT = "about"
"""Bound in every change: the intent that led to it, or nothing."""
CHANGE_KEY = "change_key"
"""Bound in every change: the same for the same change of the same call."""
COMPUTED = ("regular_hours", "open_until", "opens_day", "opens_at", "holiday", "human_phone")
"""Names that phrases may use without a tool."""
COUNT = "count"
"""Name that a list's opening may use: how many rows there are."""
HOLD = "hold"
"""Phrase that is said while a tool takes long."""
KEYS = {"sql": ("sql",), "write": ("write", "sql"), "undo": ("write", "undo")}
"""Where a tool's queries stand."""
PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")

_SLOT_PHRASES = "ask ask_again confirm unknown unlisted help which impossible closed".split()
"""Keys of a slot that name a phrase."""


def slot_references(
    business: Business, slot_id: str, slot: Slot, wrong: Any, unknown: Any
) -> Iterator[BusinessError]:
    """Mistakes in what a slot refers to."""
    at = ("slots", slot_id)
    for key in _SLOT_PHRASES:
        phrase_id = getattr(slot, key)
        if phrase_id is not None and phrase_id not in business.phrases:
            yield unknown("tools.toml", (*at, key), phrase_id, "phrase", business.phrases)
    for place, way in enumerate(slot.ways):
        for phrase_id in (way.offer, way.none, way.many):
            if phrase_id is not None and phrase_id not in business.phrases:
                yield unknown("tools.toml", (*at, "ways", place), phrase_id, "phrase", business.phrases)
        for name in way.slots:
            if name not in business.slots or name == slot_id:
                yield unknown("tools.toml", (*at, "ways", place), name, "slot", business.slots)
        for name in PARAMETER.findall(way.sql):
            if name not in way.slots and name not in GIVEN_PARAMETERS:
                said = f"':{name}' is no slot of this way: add it to its slots"
                yield wrong("tools.toml", (*at, "ways", place, "sql"), said, f":{name}")


def identify_references(business: Business, wrong: Any, unknown: Any) -> Iterator[BusinessError]:
    """Mistakes in how callers are identified, and tools that need it where it isn't there."""
    identify = business.identify
    if IDENTITY in business.slots:
        yield wrong("tools.toml", ("slots", IDENTITY), "the name is taken: it's who the caller is")
    for tool_id, tool in business.tools.items():
        if tool.identified and identify is None:
            said = "nothing says how callers are identified: add [identify]"
            yield wrong("tools.toml", ("tools", tool_id, "identified"), said)
    if identify is None:
        return
    for phrase_id in (identify.unknown, *identify.locked):
        if phrase_id not in business.phrases:
            yield unknown("tools.toml", ("identify",), phrase_id, "phrase", business.phrases)
    for place, proof in enumerate(identify.by):
        at = ("identify", "by", place)
        for name in proof.slots:
            if name not in business.slots:
                yield unknown("tools.toml", (*at, "slots"), name, "slot", business.slots)
        bound = PARAMETER.findall(proof.sql)
        for name in bound:
            if name not in proof.slots and name not in GIVEN_PARAMETERS:
                said = f"':{name}' is no slot of this proof: add it to its slots"
                yield wrong("tools.toml", (*at, "sql"), said, f":{name}")
        for name in proof.slots:
            if name not in bound:
                said = f"':{name}' is asked for and not used: the row must fit all that was said"
                yield wrong("tools.toml", (*at, "sql"), said)
        if not re.search(rf"\b{IDENTITY}\b", proof.sql):
            yield wrong("tools.toml", (*at, "sql"), f"it gives no column '{IDENTITY}'")


def tool_references(
    business: Business, tool_id: str, tool: Tool, wrong: Any, unknown: Any
) -> Iterator[BusinessError]:
    """Mistakes in what a tool refers to."""
    at = ("tools", tool_id)
    own = (*tool.slots, *tool.optional)
    for slot in (*own, *([tool.none] if tool.none else [])):
        if slot not in business.slots:
            yield unknown("tools.toml", (*at, "slots"), slot, "slot", business.slots)
    if all(slot in business.slots for slot in own):
        yield from _query_references(business, tool_id, tool, wrong, unknown)
    for other in (*(answer.then for answer in tool.answers), tool.listing.pick if tool.listing else None):
        if other is not None and other not in business.tools:
            yield unknown("tools.toml", at, other, "tool", business.tools)
    for column in tool.listing.names if tool.listing else []:
        if not tool.gives(column):
            said = f"'{column}' is a column that the {_source(tool)}"
            yield wrong("tools.toml", (*at, "list", "names"), said)
    for phrase_id in tool.phrases:
        phrase = business.phrases.get(phrase_id)
        if phrase is None:
            yield unknown("tools.toml", (*at, "answers"), phrase_id, "phrase", business.phrases)
            continue
        for name in phrase.names:
            known = name in own or name in business.profile.facts or name in COMPUTED
            counted = tool.listing is not None and phrase_id == tool.listing.opening and name == COUNT
            if not known and not counted and not tool.gives(name):
                yield wrong(
                    "tools.toml",
                    (*at, "answers"),
                    f"phrase '{phrase_id}' names {{{name}}}, which the {_source(tool)}",
                )


def _source(tool: Tool) -> str:
    return "sql doesn't give" if tool.sql is not None else "tool's columns don't name"


def _query_references(
    business: Business, tool_id: str, tool: Tool, wrong: Any, unknown: Any
) -> Iterator[BusinessError]:
    """Mistakes in what is bound in a tool's queries and filled into its requests."""
    at = ("tools", tool_id)
    own = (*tool.slots, *tool.optional)
    write = tool.write
    queries = {"sql": tool.asked} | ({"write": write.asked, "undo": write.taken_back} if write else {})
    for key, asked in queries.items():
        given = (*GIVEN_PARAMETERS, *((ABOUT, CHANGE_KEY) if key != "sql" else ()))
        given = (*given, *((IDENTITY,) if tool.identified else ()))
        named = PARAMETER.findall(asked) if isinstance(asked, str) else asked.names
        if tool.identified and key != "undo" and IDENTITY not in named:
            shown = f":{IDENTITY}" if isinstance(asked, str) else f"{{{IDENTITY}}}"
            said = f"the tool needs an identified caller: take only what belongs to {shown}"
            yield wrong("tools.toml", (*at, *KEYS[key]), said)
        for name in named:
            if name not in own and name not in given and name not in business.profile.facts:
                shown = f":{name}" if isinstance(asked, str) else f"{{{name}}}"
                said = f"'{shown}' is no slot of this tool: add it to its slots"
                yield wrong("tools.toml", (*at, *KEYS[key]), said, shown)
        if isinstance(asked, Mcp) and asked.server not in business.mcp:
            yield unknown("tools.toml", (*at, key), asked.server, "[mcp] server", business.mcp)
        if not isinstance(asked, str) and HOLD not in business.phrases:
            said = "it may take long: add the phrase that is said then, of kind hold"
            yield wrong("phrases.toml", (HOLD,), said)
