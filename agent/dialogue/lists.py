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
from agent.dialogue.reading import by_place, picked, places_only, read_on
from agent.dialogue.state import EMPTY, Frame, Reading

_ON = re.compile(
    r"^\W*(?:(?:yes|yeah|okay|ok|please)\W+)*(?:next|more|go on|continue|keep going|carry on|what else|"
    r"and then|the (?:next|rest|others?)|any(?:thing)? more|further)\b",
    re.I,
)
_ONLY_ON = re.compile(
    r"\W*(?:(?:yes|yeah|okay|ok|please|so|and|well)\W+)*"
    r"(?:next|more|go (?:on|ahead)|continue|keep going|carry on)(?:\W+(?:please|then|now))*\W*",
    re.I,
)
"""All that is said is that the agent may go on."""
NOTHING_LISTED = "nothing_listed"
"""The phrase that tells a caller who picks a row that no list was read."""
OFFER = "anything_else"
BESIDE = ("repeat", "slower", "faster", "louder", "quieter", "wait", "calm", "language")
"""Actions after which the question whether to go on stays open."""
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
            waits = frame is not None and frame.waits
            return not waits and self._without_list(draft, text, clear=wish is not None)
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
            return more or self._without_list(draft, text, clear=wish is not None)
        if answered is None or (wish is not None and not self._business.intents[wish].weak):
            return self._not_answered(draft, reading, spec, match, wish)
        return self.agreed(draft, yes=answered)

    def _without_list(self, draft: Draft, text: str, *, clear: bool) -> bool:
        """Answers "go on" and "the third one" where no list is open: the reply that was cut off once more, or
        the question what is meant. `clear`: another wish is sure."""
        if _ONLY_ON.fullmatch(text):
            draft.again = _was_cut(draft)
            if not draft.again:
                draft.say(["how_can_i_help"])
            return True
        if clear or draft.state.listing is not None or not places_only(text):
            return False
        if not (draft.state.done and self._frames.other(draft, draft.state.done[0])):
            if NOTHING_LISTED in draft.phrases:
                draft.say([NOTHING_LISTED])
            draft.say(["how_can_i_help"])
        return True

    def agreed(self, draft: Draft, *, yes: bool) -> bool:
        """Reads on, or stops; False where that wasn't asked."""
        reading = draft.state.listing
        if reading is None or not reading.asks:
            return False
        spec = self._spec(reading)
        draft.intent, draft.slots = reading.intent, dict(reading.slots)
        if yes:
            read_on(draft, reading, spec)
            return True
        draft.say(phrase for phrase in spec.stopped if phrase != OFFER)
        draft.offer = OFFER in spec.stopped
        draft.state = replace(draft.state, listing=replace(reading, asks=False), misses=0)
        return True

    def refers(self, draft: Draft, text: str) -> bool:
        """Whether `text` speaks of a row of the last list, where no other question is open."""
        reading, frame = draft.state.listing, draft.state.frame
        if reading is None or (frame is not None and frame.waits):
            return False
        return picked(text, reading, self._spec(reading).names, draft.now.date()) is not None

    def _spec(self, reading: Reading) -> Listing:
        spec = self._business.tools[reading.tool].listing
        assert spec is not None, "a reading comes from a tool with a list"
        return spec

    def _not_answered(
        self, draft: Draft, reading: Reading, spec: Listing, match: Match, wish: str | None
    ) -> bool:
        """Neither yes nor no: asks once more where nothing was understood, else leaves the list, unless
        the words are beside the matter ("say that again", "slower")."""
        if wish is not None and self._business.intents[wish].action in BESIDE:
            return False
        if match.name is None and reading.misses == 0:
            draft.say([spec.more])
            draft.expects = "yes_no"
            draft.intent, draft.slots = reading.intent, dict(reading.slots)
            draft.state = replace(draft.state, listing=replace(reading, misses=1))
            return True
        draft.state = replace(draft.state, listing=replace(reading, asks=False))
        return False

    async def _pick(self, draft: Draft, reading: Reading, spec: Listing, text: str, wish: str | None) -> bool:
        place = at = by_place(text, reading, spec.names)
        if wish != reading.intent:  # "anything free on Friday?" asks for another list
            at = picked(text, reading, spec.names, draft.now.date())
        placed = at is not None and at == place
        target = None if at is None else self._target(draft, reading, spec, wish, at, placed=placed)
        if target is None:
            return False
        draft.state = replace(draft.state, listing=replace(reading, asks=False))
        await self._frames.advance(draft, target)
        return True

    async def _instead(self, draft: Draft, reading: Reading, spec: Listing, frame: Frame, text: str) -> bool:
        """ "No, the first one", while a change of another row is put to the caller."""
        own = set(reading.rows[0]) - set(reading.slots)
        at = by_place(text, reading, spec.names) if frame.writing and own & set(frame.slots) else None
        if at is None:
            return False
        target = self._target(draft, reading, spec, frame.intent, at, placed=True, held=frame.slots)
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
        *,
        placed: bool,
        held: Mapping[str, str] = EMPTY,
    ) -> Frame | None:
        """The wish about row `at`: the one that was spoken of, else what a row is picked for. `held` are
        slots that the caller gave before."""
        known = self._known(draft, reading, at, held)
        tool = self._business.intents[wish].tool if wish is not None else None
        if wish is not None and wish != reading.intent:
            if tool is None:
                return None
            own = set(reading.rows[at]) - set(reading.slots)  # what this row has and others haven't
            if own & {*self._business.tools[tool].slots, *self._business.tools[tool].optional}:
                return self._frame(wish, tool, known)
            if not placed:
                return None
        if spec.pick is None:
            return None
        names = [name for name, intent in self._business.intents.items() if intent.tool == spec.pick]
        return self._frame(names[0] if names else reading.intent, spec.pick, known)

    def _known(self, draft: Draft, reading: Reading, at: int, held: Mapping[str, str]) -> Mapping[str, str]:
        row = {name: value.raw for name, value in reading.rows[at].items()}
        return {**draft.state.memory, **reading.slots, **held, **row}

    def _frame(self, intent: str, tool: str, known: Mapping[str, str]) -> Frame:
        used = (*self._business.tools[tool].slots, *self._business.tools[tool].optional)
        slots = {name: known[name] for name in used if name in known}
        return Frame(intent, tool, slots)


def _goes_on(text: str) -> bool | None:
    """True for "yes" and "go on", False for "no" and "stop"."""
    if _ON.search(text):
        return True
    if _STOP.search(text):
        return False
    return readers.yes_no(text)


def _was_cut(draft: Draft) -> bool:
    """Whether the caller heard the beginning of the last reply alone."""
    whole = " ".join(sentence.text for sentence in draft.before.last)
    heard = draft.before.history[-1].reply if draft.before.history else whole
    return heard != whole and whole.startswith(heard)
