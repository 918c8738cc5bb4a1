"""Who speaks when: greeting, replies, resumptions, re-prompts, goodbye. The one cancel path.

At any moment at most one task holds the agent's turn: it is speaking, or waiting for the caller.
Whatever interrupts (a caller's turn, keys, an end) cancels that task and starts the next.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from traceback import format_tb
from typing import Any, Literal

from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputDTMFFrame,
    InterruptionFrame,
    StartFrame,
    UserStartedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from agent.call.frames import CallerTurnFrame
from agent.call.incoming import EndedBy
from agent.call.keying import Keying
from agent.call.playback import PlaybackClock
from agent.call.speech import Speech, now_ms
from agent.call.turn_log import TurnLog
from agent.dialogue.protocol import Conversation, Reply
from agent.dialogue.sentences import each
from agent.settings.tree import Call
from agent.tts.protocol import TtsEngine
from agent.turns.interruption import goes_on, takes_back

VOICED_MS = 500
"""A caller who made sound for this long without a known word is asked again, not left in silence."""


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A caller's turn whose answer hasn't been heard yet, and the conversation before it."""

    turn: int
    kind: str
    text: str
    state: Any
    last_reply: Reply | None


class Conductor(FrameProcessor):
    """One call's agent. `finished` says who ended the call."""

    def __init__(
        self,
        conversation: Conversation,
        tts: TtsEngine,
        playback: PlaybackClock,
        log: TurnLog,
        settings: Call,
    ) -> None:
        super().__init__()
        self._conversation = conversation
        self._tts = tts
        self._playback = playback
        self._log = log
        self._settings = settings
        self._task: asyncio.Task | None = None
        self._waiting = False
        self._speech: Speech | None = None
        self._unanswered: _Unanswered | None = None
        self.last_reply: Reply | None = None
        """What the caller may be answering."""
        self._reprompts = 0
        self._keying = Keying()
        self.finished: asyncio.Future[EndedBy] = asyncio.get_running_loop().create_future()

    # What the turn strategies ask.

    def talking(self) -> bool:
        """Whether the caller hears the agent now."""
        return self._playback.active(now_ms())

    def busy(self) -> bool:
        """Whether the agent is speaking or about to."""
        return self._task is not None and not self._task.done() and not self._waiting

    def digits_asked(self) -> int | None:
        """The length of the number that the caller was asked for, if it was one."""
        return self.last_reply.expects_digits if self.last_reply is not None else None

    # What happens.

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self.push_frame(frame, direction)
            await self._begin(self._greet())
            return
        if isinstance(frame, CallerTurnFrame):
            await self._take(frame)
            return
        if isinstance(frame, InterruptionFrame):
            await self._fall_silent()
        elif isinstance(frame, InputDTMFFrame):
            self._keying.pressed()
            if self._waiting:
                await self._begin(self._wait())
        elif isinstance(frame, UserStartedSpeakingFrame):
            if self._waiting:
                await self._stop_task()
            elif self.busy():  # the caller went on as the turn ended, before the agent was known to answer
                await self._interrupt()
        elif isinstance(frame, (EndFrame, CancelFrame)):
            await self._fall_silent()
        await self.push_frame(frame, direction)

    async def close(self, reason: Literal["longest", "closing"]) -> None:
        """Says goodbye over whatever goes on, and ends the call."""
        await self._interrupt()
        await self._begin(self._goodbye(reason))

    async def settle(self) -> None:
        """Stops, and returns when what the caller has heard is committed."""
        await self._fall_silent()
        await self._log.settled()

    async def cleanup(self) -> None:
        await self._fall_silent()
        await super().cleanup()

    async def _take(self, frame: CallerTurnFrame) -> None:
        """Answers a turn of the caller, unless its words belong to the keys that are pressed over them."""
        said: list[CallerTurnFrame] = []
        if frame.kind == "keys":
            said = self._keying.done(frame)
        elif self._keying.holds(frame, typed=self._asks_for_keys()):
            return
        elif self.busy():  # it began before the keys that are being answered
            if self._keying.covers(frame):
                return
            await self._interrupt()
        await self._begin(self._answer(frame, said))

    def _asks_for_keys(self) -> bool:
        return self.last_reply is not None and self.last_reply.expects == "digits"

    # The one cancel path.

    async def _interrupt(self) -> None:
        """Falls silent by its own decision, and has the telephone's buffer cleared."""
        await self.broadcast_interruption()
        await self._fall_silent()

    async def _fall_silent(self) -> None:
        speaking = self.busy()
        await self._stop_task()
        if not speaking or self._speech is None:
            return
        self._playback.clear(now_ms())
        self._speech.interrupted = True
        self._conversation.heard(self._speech.heard_text())
        self._log.save(self._speech.turn, self._speech)

    async def _stop_task(self) -> None:
        task, self._task = self._task, None
        self._waiting = False
        if task is not None and not task.done():
            await self.cancel_task(task)

    async def _begin(self, turn: Coroutine[Any, Any, None]) -> None:
        await self._stop_task()
        self._task = self.create_task(self._guarded(turn))
        await asyncio.sleep(0)  # it begins before anything can cancel it: the caller's words are in it

    async def _guarded(self, turn: Coroutine[Any, Any, None]) -> None:
        try:
            await turn
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _note("the agent's turn failed", error)
            self._finish("error")

    # Turns.

    async def _greet(self) -> None:
        turn = self._log.open("greeting")
        await self._say(turn, self._conversation.greeting())
        await self._wait()

    async def _answer(self, frame: CallerTurnFrame, said: Sequence[CallerTurnFrame] = ()) -> None:
        """`said` are words over the keys of `frame`."""
        speech, self._speech = self._speech, None
        cut = speech if speech and speech.interrupted else None
        waits = speech is not None and speech.reply.pending
        if frame.kind == "speech" and cut and not waits and goes_on(frame.text, cut.reply.expects != "free"):
            if await self._resume(cut, frame):
                return
        text, turn = frame.text, None
        if frame.kind == "speech" and self._still_speaking(speech, frame.text):
            turn, text = self._take_up_again(speech, text)
        elif frame.kind == "speech" and not text and not waits and _voiced_ms(frame) < VOICED_MS:
            await self._wait()
            return
        if turn is None:
            turn = self._log.open("reply")
        self._reprompts = 0
        words = " ".join(one.text for one in said if one.text)
        for one in said:
            self._log.caller(turn, one, words)
        self._log.caller(turn, frame, f"{words} {text}".strip())
        self._unanswered = _Unanswered(turn, frame.kind, text, self._conversation.snapshot(), self.last_reply)
        self._log.save(turn, None)
        reply = await self._respond(turn, frame, text, words)
        await self._say(turn, reply)
        self._unanswered = None
        await self._wait()

    def _still_speaking(self, speech: Speech | None, text: str) -> bool:
        """Whether `text` goes on with words whose answer wasn't heard, or a syllable of it."""
        before = self._unanswered
        if before is None:
            return False
        if speech is None or not speech.begun():
            return True
        return before.kind == "speech" and speech.barely() and not takes_back(text)

    def _take_up_again(self, cut: Speech | None, text: str) -> tuple[int, str]:
        """The caller wasn't done: both parts are one turn, and the first answer never was."""
        before = self._unanswered
        assert before is not None
        self._conversation.restore(before.state)
        self.last_reply = before.last_reply
        if cut is not None:
            self._log.abandon(cut.turn, cut)
        return before.turn, f"{before.text} {text}".strip()

    async def _respond(self, turn: int, frame: CallerTurnFrame, text: str, words: str) -> Reply:
        began = now_ms()
        try:
            if frame.kind == "keys":
                reply = await self._conversation.keys(text, said=words)
            else:
                reply = await self._conversation.respond(text, confidence=frame.confidence)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _note("the dialogue failed", error)
            reply = self._conversation.reprompt(1)
        self._log.stage(turn, "dialogue", round(now_ms() - began))
        return reply

    async def _resume(self, cut: Speech, frame: CallerTurnFrame) -> bool:
        """Takes up what a false interruption cut off. False where nothing was left, and the call goes on."""
        left = cut.remaining()
        if not left:
            self._end_after(cut.reply)
            return cut.reply.ends_call
        turn = self._log.open("resume")
        self._log.caller(turn, frame, frame.text)
        await self._say(turn, replace(cut.reply, sentences=each(left), stages_ms={}))
        await self._wait()
        return True

    async def _say(self, turn: int, reply: Reply, ended_by: EndedBy = "agent") -> None:
        began = now_ms()
        speech = Speech(
            turn,
            reply,
            self._playback,
            caller=self._log.call_id,
            first=self._log.abandoned(turn),
            on_sentence=lambda: self._log.save(turn, speech),
            on_sound=lambda: self._log.sounded(turn, round(now_ms() - began)),
        )
        self._speech, self.last_reply = speech, reply
        await speech.run(self._tts, self.push_frame)
        self._conversation.heard(speech.heard_text())
        self._log.save(turn, speech)
        self._end_after(reply, ended_by)

    async def _wait(self) -> None:
        """Waits for the caller; speaks again after silence, and at last says goodbye."""
        while not self.finished.done():
            self._waiting = True
            patient = self._reprompts == 0 and self.last_reply is not None and self.last_reply.patient
            wait_ms = self._settings.patience_ms if patient else self._settings.reprompt_ms
            await asyncio.sleep(wait_ms / 1000)
            self._waiting = False
            self._reprompts += 1
            if self._reprompts > self._settings.max_reprompts:
                await self._goodbye("silence")
                return
            turn = self._log.open("reprompt")
            await self._say(turn, self._conversation.reprompt(self._reprompts))

    async def _goodbye(self, reason: Literal["silence", "longest", "closing"]) -> None:
        turn = self._log.open("reprompt" if reason == "silence" else "reply")
        ended_by: EndedBy = "timeout" if reason == "longest" else "agent"
        await self._say(turn, self._conversation.goodbye(reason), ended_by)
        self._finish(ended_by)

    def _end_after(self, reply: Reply, ended_by: EndedBy = "agent") -> None:
        if reply.ends_call:
            self._finish("transfer" if reply.transfer else ended_by)

    def _finish(self, ended_by: EndedBy) -> None:
        if not self.finished.done():
            self.finished.set_result(ended_by)


def _note(what: str, error: Exception) -> None:
    """Logs where an error happened, without its text: that may quote the caller."""
    logger.error("{}: {}\n{}", what, type(error).__name__, "".join(format_tb(error.__traceback__)))


def _voiced_ms(frame: CallerTurnFrame) -> int:
    return sum(span.end_ms - span.start_ms for span in frame.spans)
