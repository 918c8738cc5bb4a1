"""Lists in a conversation: reads on after a yes, stops after a no, answers about the row that's picked."""

import re
from collections.abc import Mapping
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.business_tools import Listing
from agent.dialogue.draft import Draft
from agent.dialogue.frames import Frames
from agent.dialogue.frames_said import denies
from agent.dialogue.intents import Match
from agent.dialogue.reading import by_place, picked, read_on
from agent.dialogue.state import EMPTY, Frame, Reading

_ON = re.compile(
    r"^\W*(?:(?:yes|yeah|okay|ok|please)\W+)*(?:next|more|go on|continue|keep going|carry on|what else|"
    r"and then|the (?:next|rest|others?)|any(?:thing)? more|further)\b",
    re.I,
)
_STOP = re.compile(r"\b(?:stop|enough|that's (?:all|it|fine|plenty)|no more|that will do|leave it)\b", re.I)


class Lists:
    """What follows a list of one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, frames: Frames) -> None:
        self._business = business
        self._frames = frames

    async def turn(self, draft: Draft, text: str, match: Match, *, clear: bool) -> bool:
        """Takes `text` as a word on the last list; False where it's none. `clear`: its wish is sure."""
        wish = match.name if clear else None
        reading, frame = draft.state.listing, draft.state.frame
        if reading is None:
            return False
        spec = self._spec(reading)
        if frame is not None and frame.waits:
            return await self._instead(draft, reading, spec, frame, text)
        if await self._pick(draft, reading, spec, text, wish):
            return True
        answered = _goes_on(text)
        if not reading.asks:
            more = reading.read < len(reading.rows) and _ON.search(text) is not None
            if more:
                read_on(draft, reading, spec)
            return more
        if answered is None or (wish is not None and not self._business.intents[wish].weak):
            return self._not_answered(draft, reading, spec, match)
        draft.intent, draft.slots = reading.intent, dict(reading.slots)
        if answered:
            read_on(draft, reading, spec)
            return True
        draft.say(spec.stopped)
        offered = "anything_else" in spec.stopped
        draft.state = replace(draft.state, listing=replace(reading, asks=False), offered=offered, misses=0)
        return True

    def _spec(self, reading: Reading) -> Listing:
        spec = self._business.tools[reading.tool].listing
        assert spec is not None, "a reading comes from a tool with a list"
        return spec

    def _not_answered(self, draft: Draft, reading: Reading, spec: Listing, match: Match) -> bool:
        """Neither yes nor no: asks once more where nothing was understood, else leaves the list."""
        if match.name is None and reading.misses == 0:
            draft.say([spec.more])
            draft.expects = "yes_no"
            draft.intent, draft.slots = reading.intent, dict(reading.slots)
            draft.state = replace(draft.state, listing=replace(reading, misses=1))
            return True
        draft.state = replace(draft.state, listing=replace(reading, asks=False))
        return False

    async def _pick(self, draft: Draft, reading: Reading, spec: Listing, text: str, wish: str | None) -> bool:
        anew = wish == reading.intent  # "anything free on Friday?" asks for another list
        at = (
            by_place(text, reading, spec.names)
            if anew
            else picked(text, reading, spec.names, draft.now.date())
        )
        target = None if at is None else self._target(draft, reading, spec, wish, at)
        if target is None:
            return False
        draft.state = replace(draft.state, listing=replace(reading, asks=False))
        await self._frames.advance(draft, target)
        return True

    async def _instead(self, draft: Draft, reading: Reading, spec: Listing, frame: Frame, text: str) -> bool:
        """ "No, the first one", while a change of another row is put to the caller."""
        at = by_place(text, reading, spec.names) if frame.writing and frame.tool == spec.pick else None
        target = None if at is None else self._target(draft, reading, spec, frame.intent, at, frame.slots)
        if target is None or (dict(target.slots) == dict(frame.slots) and not denies(text)):
            return False
        draft.state = replace(draft.state, frame=None)
        await self._frames.advance(draft, target)
        return True

    def _target(
        self,
        draft: Draft,
        reading: Reading,
        spec: Listing,
        wish: str | None,
        at: int,
        held: Mapping[str, str] = EMPTY,
    ) -> Frame | None:
        """The wish about row `at`: the one that was spoken of, else what a row is picked for. `held` are
        slots that the caller gave before."""
        known = self._known(draft, reading, at, held)
        tool = self._business.intents[wish].tool if wish is not None else None
        if wish is not None and wish != reading.intent:
            if tool is None or not set(self._business.tools[tool].slots) & set(reading.rows[at]):
                return None
            return self._frame(wish, tool, known)
        if spec.pick is None:
            return None
        names = [name for name, intent in self._business.intents.items() if intent.tool == spec.pick]
        return self._frame(names[0] if names else reading.intent, spec.pick, known)

    def _known(self, draft: Draft, reading: Reading, at: int, held: Mapping[str, str]) -> Mapping[str, str]:
        row = {name: value.raw for name, value in reading.rows[at].items()}
        return {**draft.state.memory, **reading.slots, **held, **row}

    def _frame(self, intent: str, tool: str, known: Mapping[str, str]) -> Frame:
        slots = {name: known[name] for name in self._business.tools[tool].slots if name in known}
        return Frame(intent, tool, slots)


def _goes_on(text: str) -> bool | None:
    """True for "yes" and "go on", False for "no" and "stop"."""
    if _ON.search(text):
        return True
    if _STOP.search(text):
        return False
    return readers.yes_no(text)
