"""What a business's agent says at once: groups of approved phrases that tools and intents say together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.dialogue.business import Business
from agent.dialogue.business_tools import Cell, Slot, Tool


@dataclass(frozen=True, slots=True)
class Group:
    """Phrases of one answer, and who gets them."""

    scenario: str
    phrases: tuple[str, ...]
    """Ids, in their order."""
    callers: tuple[str, ...] = ()
    """What callers say who get it."""
    slots: tuple[Slot, ...] = ()
    """What they are asked for first."""
    rests_on: Mapping[str, Cell] = field(default_factory=dict)
    """Columns that chose the answer, and their values."""
    declines: bool = False


def groups(business: Business) -> Iterator[Group]:
    """What each tool and intent says, and what is said where a tool finds nothing or fails. Each answer that
    names a fact stands in one group at least."""
    told: set[str] = set()
    for group in _all(business):
        told |= set(group.phrases)
        yield group
    for phrase_id, phrase in business.phrases.items():
        if phrase_id not in told and phrase.kind == "answer" and phrase.names:
            yield Group(f"phrases/{phrase_id}", (phrase_id,))


def _all(business: Business) -> Iterator[Group]:
    for tool_id, tool in business.tools.items():
        callers = tuple(
            example
            for intent in business.intents.values()
            if intent.tool == tool_id
            for example in intent.examples
        )
        slots = tuple(business.slots[name] for name in tool.slots)
        for scenario, phrases, rests_on, declines in _of_tool(business, tool):
            yield Group(f"{tool_id}/{scenario}", tuple(phrases), callers, slots, rests_on, declines)
    for intent_id, intent in business.intents.items():
        if intent.say:
            yield Group(f"intents/{intent_id}", tuple(intent.say), tuple(intent.examples))


def _of_tool(business: Business, tool: Tool) -> Iterator[tuple[str, Sequence[str], Mapping[str, Cell], bool]]:
    """Name, phrases, what chose them, and whether they decline: of each answer of a tool."""
    for place, answer in enumerate(tool.answers):
        for number, when in enumerate(_choices(answer.when)):
            yield f"answer-{place}-{number}", answer.say, when, False
    listing = tool.listing
    if listing is not None and listing.opening is not None:
        yield "list", [listing.opening], {}, False
    if tool.many:
        yield "many", tool.many, {}, False
    if tool.write is not None:
        yield "done", tool.write.done, {}, False
        yield "declined", tool.write.declined, {}, False
    unknown = business.slots[tool.none].unknown if tool.none is not None else None
    for name, said in (
        ("none", tool.say_none),
        ("unknown", [unknown] if unknown else []),
        ("failure", tool.failure),
    ):
        if said:
            yield name, said, {}, True


def _choices(when: Mapping[str, Cell | list[Cell]]) -> Iterator[dict[str, Cell]]:
    """Each way in which a row can fit `when`: one value of a list at a time, nothing for an empty column."""
    found: list[dict[str, Cell]] = [{}]
    for name, wanted in when.items():
        values: list[Cell] = list(wanted) if isinstance(wanted, list) else [wanted]
        found = [
            {**one, name: value} if value is not False and value is not None else one
            for one in found
            for value in values
        ]
    yield from found
