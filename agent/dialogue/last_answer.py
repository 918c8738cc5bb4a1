"""A word on the last answer: a correction, another number, the other one, yes or no."""

from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.draft import Draft
from agent.dialogue.frames import Frames
from agent.dialogue.frames_said import denies, names_another, nothing_beside
from agent.dialogue.intents import Match
from agent.dialogue.manners import Manners
from agent.dialogue.state import Frame

HINTS = 0.55
"""Score at which a wish, far ahead of the next, is no other value for the last one."""
SHORT_REFERENCE = 6
"""Words of "no, the other order" and its like, at most."""


class LastAnswer:
    """Takes up the last answers of a call. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, frames: Frames, manners: Manners) -> None:
        self._business = business
        self._frames = frames
        self._manners = manners

    async def turn(self, draft: Draft, text: str, match: Match, *, clear: bool, several: bool) -> bool:
        """Takes `text` as a word on the last answer; False where it's none. `clear`: its wish is plain enough
        to go before that; `several`: it's one of some."""
        wish = match.name if clear else None
        intent = self._business.intents[wish] if wish is not None else None
        recent = [done for done in draft.state.done if not self._hints(match, text, done, several)]
        for done in recent[:1]:
            last = done is draft.state.done[0] and wish in (None, done.intent)
            if last and await self._frames.corrected(draft, done, text):
                return True
        for done in recent if wish is None else ():
            if await self._another(draft, done, text):
                return True
        if intent is not None and intent.action == "goodbye":
            return False
        for done in draft.state.done[:1]:
            again = wish is None and len(text.split()) <= SHORT_REFERENCE
            if names_another(text) and (again or (denies(text) and wish == done.intent)):
                return self._frames.other(draft, done)
        alone = nothing_beside(text)
        agreed = readers.yes_no(text) if alone or len(text.split()) <= 4 else None
        if agreed is None or (intent is not None and not intent.weak):
            return False
        return self._answered(draft, agreed, wish, alone=alone)

    def _answered(self, draft: Draft, agreed: bool, wish: str | None, *, alone: bool) -> bool:
        """Takes a yes or no to nothing that was asked but whether there's anything else."""
        if not agreed and not alone and wish is None:  # a no, and something that wasn't understood
            if draft.state.misses:
                return False
            draft.say(["say_again"])
            draft.state = replace(draft.state, misses=1)
        elif not agreed and draft.state.offered:
            self._manners.close(draft)
        elif not agreed:
            draft.say(("all_right", "anything_else"))
            draft.state = replace(draft.state, offered=True)
        elif wish is None:
            draft.say(["how_can_i_help"])
        else:
            return False
        return True

    def _hints(self, match: Match, text: str, done: Frame, several: bool) -> bool:
        """Whether `text` hints at another wish, where that's enough: among `several`, or after a change."""
        other = match.name not in (None, done.intent) and match.sure and not denies(text)
        changed = self._business.tools[done.tool].write is not None
        return other and (several or changed or match.score >= HINTS)

    async def _another(self, draft: Draft, done: Frame, text: str) -> bool:
        """ "And five five seven eight one?": the last wish with another value, or with several ("and the
        water in 19934?"): what is plain is taken along with the one that may have to be asked about."""
        others = await self._frames.other_values(draft, done, text)
        if not others:
            return False
        plain = {
            n: one.value for n, one in others.items() if not (one.doubtful or one.options or one.incomplete)
        }
        name = next((name for name in others if name not in plain), next(iter(others)))
        again = await self._frames.anew(draft, done, text)
        slots = {**again.slots, **{other: value for other, value in plain.items() if other != name}}
        await self._frames.take(draft, replace(again, slots=slots, asking=name), name, others[name])
        return True
