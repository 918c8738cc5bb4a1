"""Finds what a tool needs: asks for a slot, goes another way to it, and first who the caller is."""

from dataclasses import replace

from loguru import logger

from agent.dialogue import ways
from agent.dialogue.business_identify import Proof
from agent.dialogue.business_tools import Tool, Way
from agent.dialogue.draft import Draft
from agent.dialogue.frames_said import caller_value, doubted, is_whole, named_number
from agent.dialogue.known import Known
from agent.dialogue.phrasing import Value
from agent.dialogue.questions import GIVE_UP_AFTER
from agent.dialogue.state import Frame


class Finding(Known):
    """The way to the slots of one business's tools. Shared by calls: state stands in the draft."""

    async def advance(self, draft: Draft, frame: Frame) -> None:
        """Goes on with a wish."""
        raise NotImplementedError

    def finish(self, draft: Draft, frame: Frame, *, known: bool) -> None:
        """The wish is answered."""
        raise NotImplementedError

    def unidentified(self, draft: Draft, tool: Tool) -> bool:
        """Whether `tool` needs to know who the caller is, and that isn't known."""
        return tool.identified and not draft.state.identity

    async def _settled(self, draft: Draft, frame: Frame, name: str) -> Frame | None:
        """The frame with a value for slot `name`; None where the caller is asked for it."""
        if name in frame.slots and name not in frame.doubts:
            return frame
        way = None if name in frame.doubts else ways.way_to(self._business.slots, frame, name)
        if draft.state.identity and self._toolbox[frame.tool].identified:
            way = None  # what is found may be another's
        own = name in self._toolbox[frame.tool].slots
        if own and name not in frame.doubts and way is None and self.closed(draft, frame):
            return None
        if any(self._asked(draft, frame, part) for part in (way.slots if way else (name,))):
            return None
        return frame if way is None else await self._found(draft, frame, name, way)

    def _asked(self, draft: Draft, frame: Frame, name: str) -> bool:
        """Asks for a slot that is doubtful or missing; False where its value is known."""
        if (doubt := frame.doubts.get(name)) is not None:
            doubts = {n: v for n, v in frame.doubts.items() if n != name}
            self._ask(draft, doubted(replace(frame, doubts=doubts, asking=name), doubt))
            return True
        if name in frame.slots:
            return False
        self._ask(draft, replace(frame, asking=name))
        return True

    async def _found(self, draft: Draft, frame: Frame, name: str, way: Way) -> Frame | None:
        """The frame with `name` found on its way; None where it wasn't: the next way is offered. Who isn't
        identified isn't told whether it was found: nothing comes of it later."""
        with draft.waiting():
            values = await self._toolbox.find(way, frame.slots, draft.now)
        if values is None:
            draft.say(("lookup_failed", "human_phone"))
            self.finish(draft, frame, known=False)
            return None
        hidden = self.unidentified(draft, self._toolbox[frame.tool])
        if len(values) == 1 or hidden:
            value = values[0] if len(values) == 1 else ""
            told = (*frame.found, name) if hidden else frame.found
            return replace(frame, slots={**frame.slots, name: value}, way=None, failures=0, found=told)
        said: dict[str, Value] = {}
        for part in way.slots:
            said |= caller_value(self.slot(part), part, frame.slots[part])
        draft.say([way.none if not values or way.many is None else way.many], said)
        frame = replace(frame, missed=frame.missed + 1)
        if frame.missed >= GIVE_UP_AFTER:
            self.give_up(draft, frame)
        elif not await self.another_way(draft, replace(frame, asking=name)):
            again = {n: v for n, v in frame.slots.items() if n not in way.slots}
            self.failed(draft, replace(frame, slots=again, asking=way.slots[0]))
        return None

    async def another_way(self, draft: Draft, frame: Frame, way: tuple[str, int] | None = None) -> bool:
        """Goes another way to the slot that is asked for, the next one or `way`; False where there's none."""
        way = way or ways.next_way(self._business.slots, frame)
        if way is None:
            return False
        draft.say([self.slot(way[0]).ways[way[1]].offer])
        await self.advance(draft, ways.on_way(self._business.slots, frame, way))
        return True

    # ------------------------------------------------------------ who the caller is
    async def _identified(self, draft: Draft, frame: Frame) -> Frame | None:
        """The frame when the caller is known; None where something is asked, or was wrong."""
        identify = self._business.identify
        tool = self._toolbox[frame.tool]
        if identify is None or not self.unidentified(draft, tool):
            return frame
        if draft.state.tries >= identify.tries:
            self._to_human(draft, frame)
            return None
        proof = self._proof(frame, tool)
        for name in proof.slots:
            settled = await self._settled(draft, frame, name)
            if settled is None:
                return None
            frame = settled
        with draft.waiting():
            rows = await self._toolbox.identify(proof, frame.slots, draft.now)
        if rows is None:
            draft.say(("lookup_failed", "human_phone"))
            self.finish(draft, frame, known=False)
            return None
        if len(rows) != 1 or not rows[0].get("identity"):
            self._not_identified(draft, frame, proof)
            return None
        row = {name: str(cell) for name, cell in rows[0].items() if cell is not None}
        known = {name: value for name, value in row.items() if name in self._business.slots}
        memory = {**draft.state.memory, **known}
        draft.state = replace(draft.state, identity=row["identity"], memory=memory)
        wanted = {name: value for name, value in known.items() if name in tool.slots}
        return replace(frame, slots={**frame.slots, **wanted}, way=None, failures=0, missed=0, found=())

    def _proof(self, frame: Frame, tool: Tool) -> Proof:
        """By what the caller is identified: what was said already, then what is asked for or was offered
        to be found, then what the tool needs anyway."""
        identify = self._business.identify
        assert identify is not None, "a tool that needs it is checked to have it"
        heard = {*frame.slots, *frame.doubts}
        asked = {frame.asking, frame.way[0] if frame.way is not None else None}

        def worth(proof: Proof) -> tuple[int, int, int]:
            slots = set(proof.slots)
            return len(heard & slots), len(asked & slots), len(set(tool.slots) & slots)

        return max(identify.by, key=worth)

    def names_proof(self, draft: Draft, frame: Frame, text: str) -> bool:
        """Whether `text` names a number by which the caller can be identified: "I have an order, 12345"."""
        identify = self._business.identify
        if identify is None or not self.unidentified(draft, self._toolbox[frame.tool]):
            return False
        slots = {name: self.slot(name) for proof in identify.by for name in proof.slots}
        return any(
            slot.length is not None and is_whole(named_number(text, name, slot) or "", slot.length)
            for name, slot in slots.items()
        )

    def _proven_otherwise(self, draft: Draft, frame: Frame, asked: str) -> bool:
        """Whether the number said is that of another proof than `asked` is part of: an order's number, where
        the account's was asked for."""
        tool = self._toolbox[frame.tool]
        if not self.unidentified(draft, tool) or self._business.identify is None:
            return False
        proof = self._proof(frame, tool)
        return asked not in proof.slots and proof.slots[0] in {*frame.slots, *frame.doubts}

    def _not_identified(self, draft: Draft, frame: Frame, proof: Proof) -> None:
        """Nothing fits what was said: the same words whatever of it is wrong."""
        identify = self._business.identify
        assert identify is not None
        tries = draft.state.tries + 1
        logger.info("a caller was not identified, try {}", tries)
        others = (part for name in proof.slots for way in self.slot(name).ways for part in way.slots)
        gone = {*proof.slots, *others}
        memory = {name: value for name, value in draft.state.memory.items() if name not in gone}
        draft.state = replace(draft.state, tries=tries, memory=memory)
        kept = {name: value for name, value in frame.slots.items() if name not in gone}
        frame = replace(frame, slots=kept, way=None, asking=None, failures=0, missed=0, more=(), found=())
        if tries >= identify.tries:
            self._to_human(draft, frame)
            return
        draft.say([identify.unknown])
        self._ask(draft, replace(frame, asking=proof.slots[0]))
        draft.slots = frame.told

    def _to_human(self, draft: Draft, frame: Frame) -> None:
        """After the last try of a call: a person."""
        identify = self._business.identify
        assert identify is not None
        draft.intent, draft.slots = frame.intent, frame.told
        draft.say((*identify.locked, "human_phone", "human_hours"))
        draft.state = replace(draft.state, frame=None)
