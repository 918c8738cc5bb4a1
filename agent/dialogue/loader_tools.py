"""What slots and tools refer to: phrases, slots, tools and columns that must be there."""

import re
from collections.abc import Iterator
from typing import Any

from agent.dialogue.business import Business, BusinessError
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
PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")


def slot_references(
    business: Business, slot_id: str, slot: Slot, wrong: Any, unknown: Any
) -> Iterator[BusinessError]:
    """Mistakes in what a slot refers to."""
    at = ("slots", slot_id)
    for key in ("ask", "ask_again", "confirm", "unknown", "help", "which", "impossible", "closed"):
        phrase_id = getattr(slot, key)
        if phrase_id is not None and phrase_id not in business.phrases:
            yield unknown("tools.toml", (*at, key), phrase_id, "phrase", business.phrases)
    for way in slot.ways:
        for phrase_id in (way.offer, way.none, way.many):
            if phrase_id is not None and phrase_id not in business.phrases:
                yield unknown("tools.toml", (*at, "ways"), phrase_id, "phrase", business.phrases)
        for name in way.slots:
            if name not in business.slots or name == slot_id:
                yield unknown("tools.toml", (*at, "ways"), name, "slot", business.slots)
        for name in PARAMETER.findall(way.sql):
            if name not in way.slots and name not in GIVEN_PARAMETERS:
                said = f"':{name}' is no slot of this way: add it to its slots"
                yield wrong("tools.toml", (*at, "ways"), said)


def tool_references(
    business: Business, tool_id: str, tool: Tool, wrong: Any, unknown: Any
) -> Iterator[BusinessError]:
    """Mistakes in what a tool refers to."""
    at = ("tools", tool_id)
    own = (*tool.slots, *tool.optional)
    for slot in (*own, *([tool.none] if tool.none else [])):
        if slot not in business.slots:
            yield unknown("tools.toml", (*at, "slots"), slot, "slot", business.slots)
    queries = {"sql": tool.sql} | ({"write": tool.write.sql, "undo": tool.write.undo} if tool.write else {})
    for key, sql in queries.items():
        for name in PARAMETER.findall(sql):
            given = (*GIVEN_PARAMETERS, *((ABOUT, CHANGE_KEY) if key != "sql" else ()))
            if name not in own and name not in given and name not in business.profile.facts:
                yield wrong(
                    "tools.toml", (*at, key), f"':{name}' is no slot of this tool: add it to its slots"
                )
    for other in (*(answer.then for answer in tool.answers), tool.listing.pick if tool.listing else None):
        if other is not None and other not in business.tools:
            yield unknown("tools.toml", at, other, "tool", business.tools)
    for column in tool.listing.names if tool.listing else []:
        if not re.search(rf"\b{column}\b", tool.sql):
            said = f"'{column}' is a column that the sql doesn't give"
            yield wrong("tools.toml", (*at, "list", "names"), said)
    for phrase_id in tool.phrases:
        phrase = business.phrases.get(phrase_id)
        if phrase is None:
            yield unknown("tools.toml", (*at, "answers"), phrase_id, "phrase", business.phrases)
            continue
        for name in phrase.names:
            known = name in own or name in business.profile.facts or name in COMPUTED
            counted = tool.listing is not None and phrase_id == tool.listing.opening and name == COUNT
            if not known and not counted and not re.search(rf"\b{name}\b", tool.sql):
                yield wrong(
                    "tools.toml",
                    (*at, "answers"),
                    f"phrase '{phrase_id}' names {{{name}}}, which the sql doesn't give",
                )
