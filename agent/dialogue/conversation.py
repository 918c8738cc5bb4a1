"""One caller's conversation with a business: state, history, and what was heard of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from loguru import logger

from agent.dialogue import slots as readers
from agent.dialogue.changes import Changes
from agent.dialogue.draft import Draft, Line
from agent.dialogue.holding import (
    Pending,
    Snapshot,
    adds_nothing,
    decided,
    holds,
    is_late,
    one_after_the_other,
)
from agent.dialogue.intents import Match, says_something
from agent.dialogue.manners import caller_number
from agent.dialogue.open_question import beside_answer
from agent.dialogue.protocol import Reply, Sentence
from agent.dialogue.sentences import each, none
from agent.dialogue.shared import Shared
from agent.dialogue.state import LONGEST_HISTORY, Exchange, State

LONGEST_TEXT = 600
"""Characters of one utterance that are read: a minute of speech."""
Decide = Callable[[Draft], Coroutine[Any, Any, Reply]]
HEARD_WHOLE = 0.8
"""Share of a question that must have been heard for its answer to count."""


class BusinessConversation:
    """State of one call. Made by `BusinessDialogue.open`; not shared."""

    def __init__(self, shared: Shared, caller: str = "") -> None:
        """`caller` is the number that is called from, where it's known."""
        self._shared = shared
        self._caller = caller_number(caller)
        self._state = State(memory=shared.policy.manners.known(self._caller))
        self.last_lines: tuple[Line, ...] = ()
        """The last reply as it was decided, before any wording."""
        self._changes = Changes()
        self._undoing: list[asyncio.Future[Any]] = []
        self._pending: Pending | None = None
        """The turn whose tool is still being waited for."""
        self._held = ""
        """Holding phrases that the last reply began with."""

    def greeting(self) -> Reply:
        sentences = self._shared.phrases.greeting
        self._state = replace(self._state, last=sentences)
        self._remember("", sentences)
        return Reply(each(sentences), intent=None)

    def reprompt(self, count: int) -> Reply:
        """The open question again, as it was put; then how to answer by keys."""
        phrases = self._shared.phrases
        said = [phrases.say("still_there" if count <= 1 else "cant_hear")]
        frame = self._state.frame
        questions = tuple(sentence for sentence in self._state.last if sentence.kind == "question")
        listing = self._state.listing
        waits = (frame is not None and frame.waits) or (listing is not None and listing.asks)
        if waits and questions and count <= 1:
            said.append(questions[0])
        sentences = tuple(sentence for sentence in said if sentence is not None)
        intent = frame.intent if frame else None
        reply = Reply(each(sentences), intent=intent, voice=self._state.voice)
        if frame is not None and frame.asking is not None and frame.confirming is None:
            self._expect(reply)
        return reply

    def _expect(self, reply: Reply) -> None:
        frame = self._state.frame
        slot = self._shared.business.slots.get(str(frame.asking)) if frame else None
        if slot is not None and slot.type == "digits":
            reply.expects, reply.expects_digits = "digits", slot.length

    def goodbye(self, reason: Literal["silence", "longest", "closing"]) -> Reply:
        """`closing` is the server's end, in the middle of a wish perhaps: where the business has no words for
        that, its usual goodbye."""
        phrases = self._shared.phrases
        names = {"silence": "goodbye_silence", "longest": "goodbye_longest", "closing": "goodbye_server"}
        sentence = phrases.say(names[reason])
        if sentence is None and reason == "closing":
            sentence = phrases.say("closing")
        sentences = () if sentence is None else (sentence,)
        return Reply(each(sentences), intent=None, ends_call=True, voice=self._state.voice)

    async def respond(self, text: str, *, confidence: float = 1.0) -> Reply:
        text = text.strip()[:LONGEST_TEXT]
        return await self._answer(text, lambda draft: self._said(draft, text, confidence))

    async def keys(self, digits: str, *, said: str = "") -> Reply:
        said = said.strip()[:LONGEST_TEXT]
        pressed = "".join(key for key in digits[:40] if key in "0123456789*")
        return await self._answer(said, lambda draft: self._pressed(draft, pressed, said), keys=True)

    async def _answer(self, text: str, decide: Decide, *, keys: bool = False) -> Reply:
        """The reply that `decide` finds, or one that begins with a holding phrase where a tool takes long."""
        draft = self._draft()
        before, self._held = self._pending, ""
        task = asyncio.create_task(self._turn(text, draft, decide, keys))
        try:
            if not await is_late(task, draft.looking):
                return task.result()
        except asyncio.CancelledError:
            self._pending = self._pending or before
            raise
        reply = Reply(none(), intent=None, voice=self._state.voice, pending=True)
        self._pending = pending = Pending(task, draft, self._state, reply)
        task.add_done_callback(lambda done: pending.ended(done, self._state))
        reply.sentences = self._late(pending)
        return reply

    async def _turn(self, text: str, draft: Draft, decide: Decide, keys: bool) -> Reply:
        before = await self._caught_up(text, draft)
        await self._settled()
        if before is not None and not keys and adds_nothing(text):
            return before
        if before is not None:  # an answer to its question doesn't count: it wasn't heard
            self._set_unheard(True)
        draft.state = draft.before = self._state
        reply = await decide(draft)
        if before is not None:
            self._set_unheard(False)
            reply.sentences = one_after_the_other(before.sentences, reply.sentences)
        return reply

    def _set_unheard(self, unheard: bool) -> None:
        if (frame := self._state.frame) is not None and frame.writing:
            self._state = replace(self._state, frame=replace(frame, unheard=unheard))

    async def _caught_up(self, text: str, draft: Draft) -> Reply | None:
        """The reply of a turn that is still being waited for, unless `text` takes that turn back."""
        pending, self._pending = self._pending, None
        if pending is None:
            return None
        if pending.leaves(text):
            self._drop(pending)
            return None
        draft.looking.set()
        await asyncio.wait({pending.task})
        return pending.task.result() if decided(pending) else None

    async def _late(self, pending: Pending) -> AsyncIterator[Sentence]:
        """Holding phrases, then the sentences of the turn."""
        async for sentence in holds(pending, self._shared.phrases):
            self._held = f"{self._held} {sentence.text}".strip()
            yield sentence
        if self._pending is not pending:
            return  # a later turn gives its answer, or has taken it back
        self._pending = None
        if decided(pending):
            async for sentence in pending.task.result().sentences:
                yield sentence
        else:
            for phrase_id in ("lookup_failed", "human_phone"):
                if (said := self._shared.phrases.say(phrase_id)) is not None:
                    yield said

    async def _said(self, draft: Draft, text: str, confidence: float) -> Reply:
        started = time.perf_counter()
        frame = self._state.frame
        confirms = frame is not None and frame.confirming is not None
        wish = beside_answer(text) if confirms else text
        matches = await self._matches(wish, frame is not None and frame.waits)
        understood = time.perf_counter()
        if says_something(text) or readers.yes_no(text) is not None:
            await self._whole(self._shared.policy.turn(draft, text, confidence, matches))
        elif draft.state.waiting:
            self._shared.policy.manners.wait(draft)
        elif frame is not None and frame.asking is not None:
            self._shared.policy.frames.ask_again(draft, frame)
        else:
            draft.say(["say_again"])
        return self._reply(draft, text, (understood - started) * 1000, understood)

    async def _pressed(self, draft: Draft, pressed: str, said: str) -> Reply:
        matches = await self._matches(said, True) if said else ()
        started = time.perf_counter()
        if pressed:
            await self._whole(self._shared.policy.keys(draft, pressed, said, matches))
        elif draft.state.frame is not None and draft.state.frame.asking is not None:
            self._shared.policy.frames.ask_again(draft, draft.state.frame)
        else:
            draft.say(["how_can_i_help"])
        return self._reply(draft, said, 0.0, started)

    async def _whole(self, turn: Coroutine[Any, Any, None]) -> None:
        """Runs a turn's decision; one that is cut off leaves no change behind."""
        before = self._state
        try:
            await turn
        except BaseException:
            self._back_to(before)
            raise

    async def _matches(self, text: str, asked: bool) -> Sequence[Match]:
        intents = self._shared.intents
        if not text or (asked and readers.only_numbers(text) and intents.cried(text) is None):
            return (Match(None, 0.0, False),)
        return await asyncio.to_thread(intents.find_after, text, self._spoken_of(), asked=asked)

    def _spoken_of(self) -> str:
        """What "it" stands for after the last answer; nothing while a question is open."""
        if self._state.frame is not None or not self._state.done:
            return ""
        return self._shared.business.intents[self._state.done[0].intent].it

    def _draft(self) -> Draft:
        now = self._shared.now()
        return Draft(self._state, self._shared.phrases, now, changes=self._changes, caller=self._caller)

    def _reply(self, draft: Draft, text: str, intent_ms: float, decided_from: float) -> Reply:
        if draft.again:
            self._say_again(draft)
        if draft.again or draft.beside:  # the question before stays open
            draft.expects, draft.expects_digits = self._state.expects, self._state.expects_digits
        if not draft.lines:
            logger.warning("a turn had nothing to say: {}", draft.intent)
            draft.say(("lookup_failed", "human_phone"))
        phrase_ms = (time.perf_counter() - decided_from) * 1000 - draft.tool_ms
        self._state = replace(
            draft.state,
            writes=len(self._changes),
            expects=draft.expects,
            expects_digits=draft.expects_digits,
        )
        lines = self.last_lines = tuple(draft.lines)
        return Reply(
            self._spoken(lines, text, beside=draft.again or draft.beside),
            intent=draft.intent,
            slots=dict(draft.slots),
            expects=draft.expects,
            expects_digits=draft.expects_digits,
            ends_call=draft.ends_call,
            transfer=draft.transfer,
            voice=self._state.voice,
            patient=draft.patient,
            stages_ms={"intent": round(intent_ms), "tool": round(draft.tool_ms), "phrase": round(phrase_ms)},
        )

    def _say_again(self, draft: Draft) -> None:
        draft.lines += [Line(sentence) for sentence in self._state.last]
        if not self._state.last:
            draft.say(["nothing_to_repeat"])
        frame = draft.state.frame
        if frame is not None and frame.writing:
            draft.state = replace(draft.state, frame=replace(frame, unheard=False))

    def _spoken(self, lines: Sequence[Line], text: str, *, beside: bool) -> AsyncIterator[Sentence]:
        responder = self._shared.responder
        if responder is None or beside:
            sentences = tuple(line.sentence for line in lines)
            if not beside or not self._state.last:
                self._state = replace(self._state, last=sentences)
            self._remember(text, sentences)
            return each(sentences)
        self._remember(text, ())
        return self._worded(lines, text)

    async def _worded(self, lines: Sequence[Line], text: str) -> AsyncIterator[Sentence]:
        """The model's wording, checked; the history grows with each sentence."""
        responder = self._shared.responder
        assert responder is not None
        today = self._shared.now().date()
        said: list[Sentence] = []
        turn = len(self._state.history)
        async for sentence in responder.word(lines, text, self._state.history[:-1], today):
            said.append(sentence)
            if len(self._state.history) == turn:
                self._state = replace(self._state, last=tuple(said))
                self._set_reply(" ".join(one.text for one in said))
            yield sentence

    async def close(self) -> None:
        """The call is over: what was kept for it is let go."""
        if self._shared.responder is not None:
            await self._shared.responder.close()

    def heard(self, text: str) -> None:
        if self._pending is not None:
            return  # a holding phrase: the turn's own words stand in no history yet
        text = text.strip()
        text = "" if self._held.startswith(text) else text.removeprefix(self._held)
        whole = self._state.history[-1].reply if self._state.history else ""
        self._set_reply(text.strip())
        frame = self._state.frame
        if frame is not None and frame.writing and len(text.strip()) < HEARD_WHOLE * len(whole):
            self._set_unheard(True)

    def _set_reply(self, text: str) -> None:
        if self._state.history:
            *before, last = self._state.history
            self._state = replace(self._state, history=(*before, replace(last, reply=text)))

    def _remember(self, caller: str, sentences: Sequence[Sentence]) -> None:
        exchange = Exchange(caller, " ".join(sentence.text for sentence in sentences))
        self._state = replace(self._state, history=(*self._state.history, exchange)[-LONGEST_HISTORY:])

    @property
    def history(self) -> tuple[Exchange, ...]:
        """The turns so far, the agent's cut to what was heard."""
        return self._state.history

    @property
    def identity(self) -> str:
        """Who the caller was identified as; empty until then."""
        return self._state.identity

    def snapshot(self) -> Snapshot:
        return Snapshot(self._state, self._pending)

    def restore(self, state: Snapshot) -> None:
        """Also takes back changes that were made since, and a turn that is still being waited for."""
        if self._pending is not None and self._pending is not state.pending:
            self._drop(self._pending)
        self._pending = waits = state.pending
        self._back_to(state.state if waits is None or waits.after is None else waits.after)

    def _drop(self, pending: Pending) -> None:
        """Takes back a turn that is still being waited for."""
        self._pending = None
        pending.task.cancel()
        self._undoing.append(asyncio.ensure_future(asyncio.wait({pending.task})))
        self._back_to(pending.before)

    def _back_to(self, state: State) -> None:
        self._state = state
        for change in self._changes.take_back(state.writes):
            self._undoing.append(self._shared.toolbox.undo(change))
            logger.info("a change is taken back: {}", change.tool)

    async def _settled(self) -> None:
        """Waits until changes are taken back, so that what is read next is true."""
        state = self._state
        undoing, self._undoing = self._undoing, []
        for one in undoing:
            with suppress(Exception):
                await one
            if one.done() and not one.cancelled() and one.exception() is not None:
                logger.error("a change could not be taken back")
        self._state = state  # a turn that was cut off has come back to where it began
