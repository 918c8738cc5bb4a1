"""Values and callers' words made up for a business's rows: none of its customers' stand in training data."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from agent.dialogue.business import Business, ValueKind
from agent.dialogue.business_tools import Cell, Slot
from agent.dialogue.phrasing import Phrasebook, Value

FIRST_DAY = date(2026, 1, 1)
TEXTS: Mapping[str, tuple[str, ...]] = {
    "name": ("Anna Miller", "James Okoro", "Maria Lopez", "David Chen", "Ruth Becker"),
    "yes_no": ("Yes, please.", "Yes.", "Yeah, do that.", "Sure."),
    "text": ("It makes a strange noise.", "It doesn't work any more.", "I'd like to talk about it."),
    "choice": ("The first one.", "The second one, please."),
    "date": ("Next Friday.", "On March third.", "Tomorrow.", "The twelfth of May."),
    "time": ("At ten.", "Half past two.", "In the morning, at nine thirty."),
    "email": ("anna dot miller at example dot com",),
}
"""What callers answer, by the type of the slot that was asked for; digits are drawn."""


class SampleValues:
    """Draws facts for the names of a business."""

    def __init__(self, business: Business, draw: Random) -> None:
        self._business = business
        self._draw = draw
        self.phrases = Phrasebook(business)
        self._known = self.phrases.known
        names = [word.word for word in business.profile.hot_words if word.word != business.profile.name]
        self._names = names or [business.profile.name]
        self._kinds: dict[str, ValueKind] = {}
        for tool in business.tools.values():
            self._kinds |= tool.kinds

    def value(self, name: str, told: Cell = None) -> Value:
        """The business's own fact of that name; else one with the value `told`; else a drawn one."""
        if name in self._known:
            return self._known[name]
        kind = self._kinds.get(name, "text")
        if told is not None and not isinstance(told, bool):
            return Value(name, str(told), kind, "drawn")
        return Value(name, self._drawn(name, kind), kind, "drawn")

    def answer(self, slot: Slot) -> str:
        """What a caller says who was asked for `slot`."""
        draw = self._draw
        if slot.type in ("digits", "postcode", "count", "amount"):
            digits = self._digits(slot.length or {"count": 1, "amount": 2}.get(slot.type, 5))
            return draw.choice([f"{digits}.", f"It's {digits}.", " ".join(digits)])
        if slot.type == "choice" and isinstance(slot.options, list):
            return draw.choice([f"{option}.".capitalize() for option in slot.options])
        return draw.choice(TEXTS[slot.type])

    def _drawn(self, name: str, kind: ValueKind) -> str:
        draw = self._draw
        match kind:
            case "date":
                return (FIRST_DAY + timedelta(days=draw.randrange(700))).isoformat()
            case "time":
                return f"{draw.randrange(8, 18):02}:{draw.choice((0, 15, 30, 45)):02}"
            case "money":
                return f"{draw.randrange(3, 400)}.{draw.choice((0, 50, 90, 99)):02}"
            case "count":
                return str(draw.randrange(2, 30))
            case "identifier":
                slot = self._business.slots.get(name)
                return self._digits((slot.length if slot else None) or 5)
            case "phone":
                return f"+1 555 010 {draw.randrange(100, 200):04}"
            case "email":
                return "anna.miller@example.com"
        slot = self._business.slots.get(name)
        if slot is not None and isinstance(slot.options, list) and slot.options:
            return draw.choice(slot.options)
        if re.search(r"(^|_)name$", name):
            return draw.choice(TEXTS["name"])
        return draw.choice(self._names)

    def _digits(self, length: int) -> str:
        return "".join(str(self._draw.randrange(10)) for _ in range(length))
