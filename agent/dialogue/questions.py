"""The open question of a wish: reads a slot's value, asks for it, asks again, takes corrections."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from agent.dialogue import dates, ways
from agent.dialogue.birth_dates import without_past_date
from agent.dialogue.business import Business
from agent.dialogue.business_tools import Slot
from agent.dialogue.draft import Draft
from agent.dialogue.frames_said import (
    caller_value,
    choices,
    denies,
    differs,
    is_whole,
    named_number,
    number_corrected,
    with_more,
    without_address,
    without_numbers,
)
from agent.dialogue.named_days import ends_in_weekday, named_day
from agent.dialogue.opening_hours import is_open_on
from agent.dialogue.slot_filling import Filled, expected, fill
from agent.dialogue.slots import only_numbers
from agent.dialogue.slots_beside import named_zip, zip_behind
from agent.dialogue.state import Frame
from agent.dialogue.tools import Toolbox

KEYPAD_AFTER = 2
"""Failures after which the keypad is offered."""
GIVE_UP_AFTER = 3
CHANGEABLE = ("date", "time", "postcode", "email", "amount", "count")
"""Types of slots that give way to another value, said without being asked for."""
NUMBERS = ("digits", "postcode")


class Questions:
    """Asks for the slots of one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, toolbox: Toolbox) -> None:
        self._business = business
        self._toolbox = toolbox
        self._country = business.profile.country

    def slot(self, name: str) -> Slot:
        return self._business.slots[name]

    def wanted(self, frame: Frame) -> list[str]:
        """The slots that a wish can use, each once."""
        tool = self._toolbox[frame.tool]
        names = ways.wanted(tool, self._business.slots, frame)
        identify = self._business.identify if tool.identified else None
        proofs = [name for proof in identify.by for name in proof.slots] if identify is not None else []
        return list(dict.fromkeys((*names, *proofs)))

    def _apart(self, draft: Draft, frame: Frame, text: str, *, confident: bool) -> tuple[Frame, str]:
        """The frame with a ZIP code that proves who the caller is, said beside a number, and `text` without
        it: its digits are no number of something else."""
        tool, identify = self._toolbox[frame.tool], self._business.identify
        if identify is None or not tool.identified or draft.state.identity or self._country != "US":
            return frame, text
        proofs = {name: self.slot(name) for proof in identify.by for name in proof.slots}
        name = next((name for name, slot in proofs.items() if slot.type == "postcode"), None)
        if name is None or name == frame.asking or name in frame.slots:
            return frame, text
        found = named_zip(text)
        asked = proofs.get(str(frame.asking))
        if found is None and asked is not None and asked.type == "digits" and asked.length is not None:
            found = zip_behind(text, asked.length)
        if found is None:
            return frame, text
        value, rest = found
        if confident and not self.slot(name).reads_back:
            return replace(frame, slots={**frame.slots, name: value}), rest
        return replace(frame, doubts={**frame.doubts, name: Filled(value, True)}), rest

    async def _told(
        self, draft: Draft, frame: Frame, text: str, *, confident: bool, asked: str | None = None
    ) -> Frame:
        """The frame with what `text` says of its slots beside the one asked for. A date or time that
        is known already gives way to another one."""
        names = self.wanted(frame)
        own = ways.wanted(self._toolbox[frame.tool], self._business.slots, frame)
        among_digits = asked is not None and self.slot(asked).type == "digits"
        open_slots = [self.slot(name) for name in names if name == asked or name not in frame.slots]
        plain = without_address(self._without_past_dates(names, text, draft.now.date()))
        words = without_numbers(plain, open_slots)
        taken = await self._number_of(draft, asked, text)
        bare = asked is not None and self.slot(asked).type in NUMBERS and only_numbers(text)
        for name in self._named_first(names, text):
            slot, held = self.slot(name), frame.slots.get(name)
            again = held is not None and (number := named_number(text, name, slot)) not in (None, held)
            again = again and is_whole(str(number), slot.length)
            if name == asked or (held is not None and not again and slot.type not in ("date", "time")):
                continue
            if name not in own and slot.type == "digits" and named_number(text, name, slot) is None:
                continue  # a number of another proof is called so
            said = plain if slot.type in ("digits", "postcode") else words
            said = text if slot.type == "email" or slot.past else said
            filled = await self.read(draft, name, said, asked=False, confident=confident)
            if filled is None or (among_digits and slot.type == "time" and filled.doubtful):
                continue  # "one twenty three" in a number's place is no time
            if slot.type in NUMBERS and (filled.value in taken or (slot.once and bare)):
                continue  # what answers one question is no answer to another
            taken |= {filled.value} if slot.type in NUMBERS else set()
            if held is not None and not differs(slot, held, filled, draft.now.date(), denied=denies(text)):
                continue
            known = {n: v for n, v in frame.slots.items() if n != name}
            doubts = {n: v for n, v in frame.doubts.items() if n != name}
            if filled.doubtful or filled.options:
                doubts[name] = filled
            else:
                known[name] = filled.value
            frame = with_more(replace(frame, slots=known, doubts=doubts), name, filled)
        return frame

    async def _number_of(self, draft: Draft, asked: str | None, text: str) -> set[str]:
        """The number that `text` gives the slot asked for, if it is one."""
        if asked is None or self.slot(asked).type not in NUMBERS:
            return set()
        filled = await self.read(draft, asked, text, asked=True, confident=True)
        return set() if filled is None or filled.incomplete else {filled.value}

    def _named_first(self, names: Sequence[str], text: str) -> list[str]:
        """`names`, those whose own words stand in `text` first: "the reading is 18420"."""
        words = set(re.findall(r"[a-z]+", text.lower()))
        return sorted(names, key=lambda name: not words & (set(name.split("_")) - {"number", "code", "new"}))

    def _without_past_dates(self, names: Iterable[str], text: str, today: date) -> str:
        """`text` without a date of birth, whose year is no number and no time."""
        if not any(self.slot(name).past for name in names):
            return text
        return without_past_date(text, today, day_first=self._country == "GB")

    async def volunteered(self, draft: Draft, frame: Frame, text: str, *, confident: bool) -> bool:
        """Takes what `text` says of other slots than the one asked for, which is asked for again."""
        if frame.writing:
            return False
        told, rest = self._apart(draft, frame, text, confident=confident)
        told = await self._told(draft, told, rest, confident=confident, asked=frame.asking)
        if told == frame:
            return False
        self.ask_again(draft, told)
        return True

    async def read(
        self, draft: Draft, name: str, text: str, *, asked: bool, confident: bool
    ) -> Filled | None:
        """The slot's value in `text`."""
        slot = self.slot(name)
        options = await self._toolbox.options(name) if slot.type == "choice" else ()
        today, country = draft.now.date(), self._country
        filled = fill(
            slot, text, today=today, options=options, asked=asked, confident=confident, country=country
        )
        if slot.type == "date" and not slot.past and (filled is None or ends_in_weekday(text)):
            day = named_day(self._business.profile, text, today)
            return filled if day is None else Filled(day.isoformat(), not confident)
        return filled

    def refuse(self, draft: Draft, frame: Frame, text: str) -> bool:
        """Says that a day that was named for an open slot can't be (February 31st). Whether it did."""
        for name in self.wanted(frame):
            slot = self.slot(name)
            if slot.type != "date" or slot.impossible is None or name in frame.slots:
                continue
            if dates.impossible(text, draft.now.date(), day_first=self._country == "GB"):
                return draft.say([slot.impossible]) > 0
        return False

    def closed(self, draft: Draft, frame: Frame) -> bool:
        """Whether a day that was named is one on which the business is closed; says so, and asks again."""
        for name in self._toolbox[frame.tool].slots:
            slot = self.slot(name)
            if slot.closed is None or name not in frame.slots:
                continue
            if is_open_on(self._business.profile, date.fromisoformat(frame.slots[name])):
                continue
            draft.say([slot.closed], caller_value(slot, name, frame.slots[name]))
            kept = {n: v for n, v in frame.slots.items() if n != name}
            self._ask(draft, replace(frame, slots=kept, asking=name))
            return True
        return False

    def failed(self, draft: Draft, frame: Frame) -> None:
        """A slot wasn't understood: asks again, offers the keypad, then a person."""
        frame = replace(frame, failures=frame.failures + 1)
        draft.intent = frame.intent
        draft.slots = frame.told
        if frame.failures >= GIVE_UP_AFTER:
            self.give_up(draft, frame)
            return
        self._ask(draft, frame)

    def give_up(self, draft: Draft, frame: Frame) -> None:
        """Leaves the wish to a person."""
        draft.intent, draft.slots = frame.intent, frame.told
        draft.say(("set_aside", "human_phone", "human_hours"))
        draft.state = replace(draft.state, frame=None)

    def ask_again(self, draft: Draft, frame: Frame) -> None:
        """Puts the open question once more, without counting a failure."""
        draft.intent = frame.intent
        draft.slots = frame.told
        self._ask(draft, frame)

    def _ask(self, draft: Draft, frame: Frame) -> None:
        name = str(frame.asking)
        slot = self.slot(name)
        draft.state = replace(draft.state, frame=frame)
        if frame.options and slot.which is not None:
            draft.say([slot.which], choices(name, frame.options))
            draft.expects = "choice"
            return
        if frame.confirming is not None and slot.confirm is not None:
            draft.say([slot.confirm], caller_value(slot, name, frame.confirming))
            draft.expects = "yes_no"
            return
        draft.say([slot.ask if frame.failures == 0 else slot.ask_again])
        if frame.failures >= KEYPAD_AFTER and slot.type == "digits":
            draft.say(["keypad_hint"])
        draft.expects, draft.expects_digits = expected(slot, self._country)

    def _unknown(self, draft: Draft, frame: Frame, name: str) -> None:
        slot = self.slot(name)
        if slot.unknown is not None:
            draft.say([slot.unknown], caller_value(slot, name, frame.slots.get(name)))
        kept = {n: v for n, v in frame.slots.items() if n != name}
        draft.state = replace(draft.state, memory={n: v for n, v in draft.state.memory.items() if n != name})
        missed = frame.missed + 1
        if missed >= GIVE_UP_AFTER:
            self.give_up(draft, replace(frame, slots=kept))
            return
        asked = replace(frame, slots=kept, asking=name, confirming=None, options=(), heard="")
        self.failed(draft, replace(asked, missed=missed))

    async def _mended(self, draft: Draft, frame: Frame, text: str) -> Frame | None:
        """The frame with slots corrected ("no, four not five", "Friday instead"), or None."""
        numbers = self._numbers(frame, text)
        if not frame.made and not any(is_whole(text, slot.length) for slot in numbers.values()):
            changed = await self._changed(draft, frame, text)
            if changed:
                return replace(frame, slots={**frame.slots, **changed}, asking=None, confirming=None)
        return number_corrected(frame, numbers, text)

    def _numbers(self, frame: Frame, text: str) -> dict[str, Slot]:
        """The numbers that a correction may mean: one that is named first, then the one said last."""
        own = [name for name in self._toolbox[frame.tool].slots if name in frame.slots]
        zips = ("postcode",) if self._country == "US" else ()
        found = [name for name in reversed(own) if self.slot(name).type in ("digits", *zips)]
        words = set(text.lower().split())
        found.sort(key=lambda name: not words & (set(name.split("_")) - {"number", "code", "new"}))
        return {name: self.slot(name) for name in found}

    async def _changed(self, draft: Draft, frame: Frame, text: str) -> dict[str, str]:
        """Dates, times, postcodes and their like that `text` puts in the place of others; after a denial
        also choices. They need no question of their own: the answer names them."""
        denied, changed = denies(text), {}
        own = (*self._toolbox[frame.tool].slots, *self._toolbox[frame.tool].optional)
        for name, held in frame.slots.items():
            slot = self.slot(name)
            if name not in own or slot.type not in CHANGEABLE + (("choice",) if denied else ()):
                continue
            filled = await self.read(draft, name, text, asked=slot.type == "time", confident=True)
            if filled is None or filled.options:
                continue
            if differs(slot, held, filled, draft.now.date(), denied=denied):
                changed[name] = filled.value
        return changed
