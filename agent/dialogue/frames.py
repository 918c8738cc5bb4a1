"""Works on a wish: asks for slots, confirms the doubtful, runs the tool, makes the change."""

from collections.abc import Mapping
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue import ways
from agent.dialogue.business_identify import IDENTITY
from agent.dialogue.draft import Draft
from agent.dialogue.finding import Finding
from agent.dialogue.frames_said import (
    denies,
    doubted,
    joined,
    names_only,
    renames,
    with_more,
)
from agent.dialogue.questions import GIVE_UP_AFTER
from agent.dialogue.reading import read_first
from agent.dialogue.slot_filling import Filled, choose, corrected
from agent.dialogue.state import Frame
from agent.dialogue.tools import Answered

LONGEST_DONE = 3


class Frames(Finding):
    """The way from a wish to its answer, for one business. Shared by calls: state stands in the draft."""

    async def begin(self, draft: Draft, intent: str, text: str, *, confident: bool) -> None:
        """Starts a wish with what its words say, and what this call already knows."""
        tool = str(self._business.intents[intent].tool)
        draft.state = replace(draft.state, listing=None)
        frame, text = self._apart(draft, Frame(intent, tool), text, confident=confident)
        frame = await self._told(draft, frame, text, confident=confident)
        if (name := self._names_none(frame, text)) is not None:
            draft.say([str(self.slot(name).unlisted)])
            self.ask_again(draft, replace(frame, asking=name))
            return
        wrong = self._misfit(frame, text)
        if wrong is None and not renames(text, "", ()):
            frame = replace(frame, doubts={**self._doubted_before(draft, frame), **frame.doubts})
        known = await self._known(self._said_before(draft), frame, text)
        known = {n: v for n, v in known.items() if wrong is None or n != wrong[0]}
        frame = replace(frame, slots={**frame.slots, **known})
        self.refuse(draft, frame, text)
        if wrong is not None:
            draft.intent = intent
            await self.take(draft, replace(frame, asking=wrong[0]), *wrong)
            return
        await self.advance(draft, frame)

    async def take_up(self, draft: Draft, frame: Frame) -> None:
        """Goes on with a wish that was put aside, with a number that the call has learnt since."""
        learnt = {n: v for n, v in draft.state.memory.items() if n in self.wanted(frame)}
        known = {n: v for n, v in learnt.items() if n not in frame.slots and self.slot(n).type == "digits"}
        if frame.asking in known:
            frame = replace(frame, asking=None, confirming=None, options=(), heard="")
        await self.advance(draft, replace(frame, slots={**frame.slots, **known}))

    async def advance(self, draft: Draft, frame: Frame) -> None:
        """Asks for what is missing or doubtful; with all known, runs the tool."""
        draft.intent = frame.intent
        draft.slots = frame.told
        if frame.asking is not None and (frame.confirming is not None or frame.options):
            self._ask(draft, frame)
            return
        tool = self._toolbox[frame.tool]
        identified = await self._identified(draft, frame)
        if identified is None:
            return
        frame = identified
        for name in (*tool.slots, *(slot for slot in tool.optional if slot in frame.doubts)):
            settled = await self._settled(draft, frame, name)
            if settled is None:
                return
            frame = settled
            draft.slots = frame.told
        with draft.waiting():
            answered = await self._toolbox.run(frame.tool, frame.slots, draft.now, draft.state.identity)
        await self._tell(draft, replace(frame, asking=None), answered)

    async def _tell(self, draft: Draft, frame: Frame, answered: Answered) -> None:
        tool = self._toolbox[frame.tool]
        if answered.outcome == "none":
            if tool.none is not None:
                self._unknown(draft, frame, tool.none)
                return
            draft.say(answered.say or ("lookup_failed",))
            self.finish(draft, frame, known=False)
            return
        if answered.outcome == "failure":
            draft.say((*answered.say, "human_phone"))
            self.finish(draft, frame, known=False)
            return
        if answered.rows:
            self.finish(draft, frame, known=True)
            read_first(draft, frame, tool, answered.rows)
            return
        draft.say(answered.say, answered.values, answered.rests_on)
        if answered.then is not None:
            going_on = Frame(frame.intent, answered.then, dict(frame.slots), about=frame.about)
            await self.advance(draft, going_on)
            return
        if answered.instead and frame.missed < GIVE_UP_AFTER:
            other = {**frame.slots, **answered.instead}
            await self.advance(draft, replace(frame, slots=other, missed=frame.missed + 1))
            return
        if answered.writable:
            draft.expects = "yes_no"
            draft.state = replace(draft.state, frame=replace(frame, writing=True))
            return
        self.finish(draft, frame, known=True)

    def finish(self, draft: Draft, frame: Frame, *, known: bool) -> None:
        """The wish is answered: its slots are remembered where the database knew them."""
        memory: Mapping[str, str] = draft.state.memory
        if known:
            lasting = {n: v for n, v in frame.slots.items() if self._lasts(n)}
            memory = {**{n: v for n, v in memory.items() if n not in lasting}, **lasting}
        done = replace(frame, asking=None, confirming=None, options=(), writing=False, failures=0)
        done = replace(done, doubts={}, heard="")
        others = tuple(other for other in draft.state.done if other.tool != done.tool)
        recent = (done, *others)[:LONGEST_DONE]
        draft.state = replace(draft.state, frame=None, done=recent, memory=memory, misses=0)

    async def answer(self, draft: Draft, frame: Frame, text: str, *, confident: bool) -> bool:
        """Takes the caller's words as the answer to the open question; False where they are none."""
        if frame.writing:
            return await self._agree(draft, frame, text)
        name = str(frame.asking)
        frame, text = self._apart(draft, frame, text, confident=confident)
        frame = await self._told(draft, frame, text, confident=confident, asked=name)
        if self._proven_otherwise(draft, frame, name):
            fresh = replace(frame, asking=None, confirming=None, options=(), way=None)
            await self.advance(draft, replace(fresh, heard="", failures=0))
            return True
        if denies(text):
            frame = replace(frame, heard="")
        if frame.confirming is not None:
            return await self._confirmed(draft, frame, name, text, confident)
        if ways.moot(self._business.slots, frame, name):
            await self.advance(draft, replace(frame, asking=None, options=(), heard="", failures=0))
            return True
        filled = await self._chosen(draft, frame, name, text, confident)
        if filled is None:
            if (way := ways.wished(self._business.slots, frame, text)) is not None:
                return await self.another_way(draft, frame, way)
            if self.refuse(draft, frame, text):
                self.failed(draft, frame)
                return True
            return False
        await self.take(draft, frame, name, filled)
        return True

    async def _chosen(
        self, draft: Draft, frame: Frame, name: str, text: str, confident: bool
    ) -> Filled | None:
        if frame.options and (chosen := choose(text, frame.options, asked=True)) is not None:
            if not chosen.options:
                return replace(chosen, doubtful=False)
        if (whole := joined(self.slot(name), frame.heard, text, confident=confident)) is not None:
            return whole
        return await self.read(draft, name, text, asked=True, confident=confident)

    async def take(self, draft: Draft, frame: Frame, name: str, filled: Filled) -> None:
        """Puts a value into its slot, or asks whether it's right."""
        draft.slots = {**frame.slots, name: filled.value}
        frame = with_more(frame, name, filled)
        if filled.incomplete:
            self.failed(draft, replace(frame, confirming=None, heard=filled.value))
        elif filled.doubtful or filled.options:
            await self.advance(draft, doubted(frame, filled))
        else:
            full = {**frame.slots, name: filled.value}
            settled = replace(
                frame, slots=full, asking=None, confirming=None, options=(), failures=0, heard=""
            )
            await self.advance(draft, settled)

    async def _confirmed(self, draft: Draft, frame: Frame, name: str, text: str, confident: bool) -> bool:
        value = str(frame.confirming)
        if (mended := corrected(self.slot(name), value, text, self._country)) is not None:
            await self.take(draft, frame, name, mended)
            return True
        agreed = readers.yes_no(text)
        if agreed is True:
            await self.take(draft, frame, name, Filled(value))
            return True
        filled = await self.read(draft, name, text, asked=True, confident=confident)
        if filled is not None and not (filled.incomplete and agreed is False):
            same = filled.value == value
            await self.take(draft, frame, name, replace(filled, doubtful=filled.doubtful and not same))
            return True
        if agreed is False:
            self.failed(draft, replace(frame, confirming=None))
            return True
        return False

    def agrees(self, draft: Draft, text: str) -> bool | None:
        """Whether `text` agrees to the change that the last reply asked about; None for a hedged yes."""
        return readers.consent(text, " ".join(sentence.text for sentence in draft.before.last))

    async def _agree(self, draft: Draft, frame: Frame, text: str) -> bool:
        tool = self._toolbox[frame.tool]
        mended = await self._mended(draft, frame, text)
        if mended is not None:
            await self.advance(draft, replace(mended, writing=False, unheard=False))
            return True
        agreed = self.agrees(draft, text)
        if agreed is None:
            return False
        if agreed and frame.unheard:
            await self.advance(draft, replace(frame, writing=False, unheard=False))
            return True
        with draft.waiting():
            answered = await self._toolbox.run(frame.tool, frame.slots, draft.now, draft.state.identity)
        if tool.write is None or not answered.writable:
            await self._tell(draft, replace(frame, writing=False), answered)
            return True
        draft.intent, draft.slots = frame.intent, frame.told
        say, made = tool.write.declined, False
        if agreed:
            made = await self._write(draft, frame)
            say = tool.write.done if made else tool.write.failed
        rests_on = tuple(name for name in tool.write.when if not agreed)
        draft.say(say, answered.values, rests_on, as_written=True)  # other true words may leave out the deed
        draft.offer = True
        self.finish(draft, replace(frame, made=made), known=True)
        return True

    async def _write(self, draft: Draft, frame: Frame) -> bool:
        """Makes the change once: one that this call has made already stands, and counts as made."""
        slots = {**frame.slots, "about": frame.about, IDENTITY: draft.state.identity}
        if draft.changes.stands(frame.tool, slots):
            return True
        change = draft.changes.begin(frame.tool, slots, draft.now)
        draft.changing = True
        with draft.waiting():
            made = await self._toolbox.write(change)
        if not made:
            draft.changes.failed(change)
        return made

    async def corrected(self, draft: Draft, frame: Frame, text: str) -> bool:
        """Answers a wish anew, with a slot corrected; False where nothing was corrected."""
        if not denies(text) and await self._chooses_another(draft, frame, text):
            return False
        mended = await self._mended(draft, frame, text)
        if mended is None:
            return False
        await self.advance(draft, replace(mended, failures=0))
        return True

    async def other_values(self, draft: Draft, done: Frame, text: str) -> dict[str, Filled]:
        """The slots of an answered wish that `text` names another value of, and the values."""
        found = {}
        for name in done.slots:
            if self.slot(name).type not in ("digits", "choice"):
                continue
            filled = await self.read(draft, name, text, asked=False, confident=True)
            if filled is not None and filled.value != done.slots[name]:
                found[name] = filled
        return found

    async def refers(self, draft: Draft, text: str) -> bool:
        """Whether `text` only names another thing for the last wish ("what about the rain jacket?")."""
        done = draft.state.done[0] if draft.state.done and draft.state.frame is None else None
        named = done is not None and names_only(text)
        return done is not None and named and bool(await self.other_values(draft, done, text))

    async def anew(self, draft: Draft, done: Frame, text: str) -> Frame:
        """A wish begun once more after an answer, without what counted for that one alone."""
        lasting = {name: value for name, value in done.slots.items() if not self.slot(name).once}
        if len(lasting) == len(done.slots):
            return done
        tool = str(self._business.intents[done.intent].tool)
        return await self._told(draft, Frame(done.intent, tool, lasting), text, confident=True)

    def other(self, draft: Draft, done: Frame) -> bool:
        """Asks which one is meant by "the other order". False where the wish has no such slot."""
        for name in done.slots:
            if self.slot(name).type in ("digits", "choice"):
                kept = {n: v for n, v in done.slots.items() if n != name}
                self.ask_again(draft, replace(done, slots=kept, asking=name, more=(), made=False))
                return True
        return False

    async def next_of_breath(self, draft: Draft) -> bool:
        """Goes on with the next number said beside the one just answered. False where there is none."""
        done, *others = draft.state.done or (None,)
        if done is None or not done.more:
            return False
        (name, value), *rest = done.more
        draft.state = replace(draft.state, done=(replace(done, more=()), *others), offered=False)
        frame = replace(done, asking=name, more=tuple(rest), made=False)
        told = dict(draft.slots)
        await self.take(draft, frame, name, Filled(value))
        draft.slots = {**told, **draft.slots, name: ", ".join(filter(None, (told.get(name), value)))}
        return True
