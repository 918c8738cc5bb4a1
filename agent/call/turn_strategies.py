"""Pipecat turn strategies over the pure decisions of `agent.turns`.

Time is counted in the caller's samples, so that jitter and a stalled loop don't shift a decision.
"""

from collections.abc import Callable

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import BaseUserTurnStartStrategy
from pipecat.turns.user_stop import BaseUserTurnStopStrategy

from agent.call.frames import CallerTurnFrame, PauseFrame
from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.dialogue.protocol import Reply
from agent.settings.tree import Turns
from agent.turns.end_of_turn import Pause, required_silence_ms
from agent.turns.interruption import goes_on, over_agent

NOTHING_SAID_MS = 400
"""Silence that ends a turn of no words, or of words that only say "I'm listening"."""


class PhoneTurnStart(BaseUserTurnStartStrategy):
    """Speech starts a turn: at once while the agent is silent, weighed while it talks."""

    def __init__(
        self,
        analyzer: SharedVadAnalyzer,
        settings: Turns,
        *,
        talking: Callable[[], bool],
        busy: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._analyzer = analyzer
        self._settings = settings
        self._talking = talking
        self._busy = busy
        self._speaking = False
        self._in_turn = False
        self._text = ""

    async def handle_user_turn_started(self) -> None:
        self._in_turn = True

    async def handle_user_turn_stopped(self) -> None:
        self._in_turn = False

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._speaking, self._text = True, ""
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._speaking = False
        elif isinstance(frame, InterimTranscriptionFrame):
            self._text = frame.text
        if self._speaking and not self._in_turn and self._starts():
            await self.trigger_user_turn_started(enable_interruptions=self._busy())
        return ProcessFrameResult.CONTINUE

    def _starts(self) -> bool:
        if not self._talking():
            return True
        return over_agent(self._analyzer.voiced_ms, self._text, self._settings) == "stop"


class PhoneTurnStop(BaseUserTurnStopStrategy):
    """A pause ends the turn once it is as long as what was said asks for."""

    def __init__(self, settings: Turns, *, last_reply: Callable[[], Reply | None]) -> None:
        super().__init__()
        self._settings = settings
        self._last_reply = last_reply
        self._silence: int | None = None
        self._pause: PauseFrame | None = None
        self._in_turn = False
        self._waits_ms = 0

    async def handle_user_turn_started(self) -> None:
        self._in_turn = True

    async def handle_user_turn_stopped(self) -> None:
        """However the turn ended, the caller's words go on to be answered."""
        if self._in_turn:
            self._in_turn = False
            await self._push_turn()
        self._pause = self._silence = None

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._silence = self._pause = None
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._silence = round(frame.stop_secs * 8000)
        elif isinstance(frame, InputAudioRawFrame) and self._silence is not None:
            self._silence += len(frame.audio) // 2
        elif isinstance(frame, PauseFrame) and self._silence is not None:
            self._pause = frame
            self._waits_ms = self._required_ms(frame)
        if self._in_turn and self._pause is not None and self._silence is not None:
            if self._silence >= self._waits_ms * 8:
                await self.trigger_user_turn_stopped()
        return ProcessFrameResult.CONTINUE

    def _required_ms(self, frame: PauseFrame) -> int:
        reply = self._last_reply()
        expects = reply.expects if reply else "free"
        if goes_on(frame.text, expected_answer=expects != "free"):
            return NOTHING_SAID_MS
        return required_silence_ms(
            Pause(frame.text, frame.complete, expects, reply.expects_digits if reply else None),
            self._settings,
        )

    async def _push_turn(self) -> None:
        pause = self._pause or PauseFrame()
        stages = dict(pause.stages_ms)
        stages["end_of_turn"] = (self._silence or 0) // 8
        await self.push_frame(
            CallerTurnFrame(text=pause.text, confidence=pause.confidence, spans=pause.spans, stages_ms=stages)
        )
