"""What keys answer: a number's digits, 1 or 2 for yes or no, 0 for a person."""

from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.draft import Draft
from agent.dialogue.frames import Frames
from agent.dialogue.frames_said import joined
from agent.dialogue.manners import Manners
from agent.dialogue.slot_filling import Filled
from agent.dialogue.state import Frame


class Keys:
    """The keypad of one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, frames: Frames, manners: Manners) -> None:
        self._business = business
        self._frames = frames
        self._manners = manners

    async def take(self, draft: Draft, pressed: str) -> bool:
        """Decides the reply to `pressed`, in which `*` starts over. Whether it answered the open question."""
        frame = draft.state.frame
        left = pressed.rsplit("*", 1)[-1]
        if frame is not None and (frame.writing or frame.confirming) and left in ("1", "2"):
            return await self._frames.answer(draft, frame, "yes" if left == "1" else "no", confident=True)
        if left == "0" and (frame is None or not frame.heard):
            draft.intent = self._intent_of("human")
            await self._manners.human(draft, frame)
        elif frame is not None and left and frame.asking is not None and self._takes_keys(frame.asking):
            return await self._typed(draft, frame, frame.asking, left)
        elif frame is not None:  # what was pressed answers nothing, or was all taken back
            await self._manners.asked_again(draft, frame)
        else:
            await self._unasked(draft, left)
        return False

    def _intent_of(self, action: str) -> str | None:
        return next((name for name, one in self._business.intents.items() if one.action == action), None)

    def _takes_keys(self, name: str) -> bool:
        slot = self._frames.slot(name)
        return slot.type == "digits" or (slot.type == "postcode" and self._business.profile.country == "US")

    async def _typed(self, draft: Draft, frame: Frame, name: str, pressed: str) -> bool:
        """Digits of the slot that was asked for."""
        slot = self._frames.slot(name)
        found = readers.keypad(pressed, slot.length)
        if found is None:
            self._frames.failed(draft, frame)
            return False
        if slot.type == "postcode":
            zip_code = readers.postcode(found.value)
            complete = zip_code is not None and readers.is_postcode(zip_code.value, "US")
            value = zip_code.value if zip_code is not None else found.value
        else:
            value = slot.without_prefix(found.value)
            complete = slot.length in (None, len(value))
        filled = Filled(value, False, incomplete=not complete)
        if not complete and slot.type == "digits":
            filled = joined(slot, frame.heard, found.value, confident=True) or filled
        await self._frames.take(draft, replace(frame, confirming=None), name, filled)
        return True

    async def _unasked(self, draft: Draft, pressed: str) -> None:
        """A number typed before anything was asked: kept for the wish that needs it."""
        found = readers.keypad(pressed)
        fitting = [
            n
            for n, s in self._business.slots.items()
            if found and s.type == "digits" and s.length == len(found.value)
        ]
        if found is not None and len(fitting) == 1:
            name = fitting[0]
            for done in draft.state.done:
                if name in done.slots:
                    await self._frames.take(draft, replace(done, asking=name), name, Filled(found.value))
                    return
            draft.state = replace(draft.state, memory={**draft.state.memory, name: found.value})
            draft.slots = {name: found.value}
        draft.say(["how_can_i_help"])
