"""The recogniser in the pipeline: partials while the caller talks, a final at each pause.

A pipecat STT service over the shared engine. It transcribes eagerly: at the first short pause the
words, and where they don't decide it the sound's finality, are found while the silence grows, so
that both are known by the time that it is long enough to end the turn. Positions are counted in the
caller's samples.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence

import numpy as np
from loguru import logger
from numpy.typing import NDArray
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.utils.time import time_now_iso8601

from agent.asr.protocol import AsrEngine, AsrSession, Transcript
from agent.call.captions import Captions
from agent.call.frames import PauseFrame
from agent.call.records import CallerSpan
from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.turns.end_of_turn import words_suffice
from agent.vad.smart_turn import SmartTurn

PREROLL_SAMPLES = 400 * 8
"""Sound kept from before the detector noticed speech: the first consonant is in there."""
BEFORE_SAMPLES = 100 * 8
"""The same where another utterance ended just before."""
SMART_TURN_SAMPLES = 8 * 8000
"""Smart Turn looks at no more than the last 8 s."""


class Transcriber(STTService):
    """One call's ears. `digits` is the length of the number that was just asked for, or None."""

    def __init__(
        self,
        engine: AsrEngine,
        analyzer: SharedVadAnalyzer,
        smart_turn: SmartTurn | None,
        *,
        hot_words: Sequence[str],
        partial_every_ms: int,
        digits: Callable[[], int | None] = lambda: None,
        captions: Captions | None = None,
    ) -> None:
        super().__init__(
            sample_rate=8000, ttfs_p99_latency=0.5, settings=STTSettings(model=None, language=None)
        )
        self._engine = engine
        self._analyzer = analyzer
        self._smart_turn = smart_turn
        self._hot_words = tuple(hot_words)
        self._digits = digits
        self._partial_every = partial_every_ms * 8
        self._captions = captions
        self._received = 0
        self._preroll = Window(PREROLL_SAMPLES)
        self._recent = Window(SMART_TURN_SAMPLES)
        self._session: AsrSession | None = None
        self._spans: list[CallerSpan] = []
        self._speech_start: int | None = None
        self._in_turn = False
        self._partial_at = 0
        self._partial: asyncio.Task | None = None
        self._pause: asyncio.Task | None = None

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Takes one frame of 8 kHz PCM; transcripts are pushed from tasks of their own."""
        pcm = np.frombuffer(audio, np.int16)
        self._received += len(pcm)
        self._preroll.keep(pcm)
        if self._session is not None:
            self._session.feed(pcm)
            self._recent.keep(pcm)
            self._maybe_partial()
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InputAudioRawFrame):
            await super().process_frame(frame, direction)
            return
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame):
            await self._on_speech(frame.start_secs)
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self._on_pause(frame.stop_secs)
        elif isinstance(frame, UserStartedSpeakingFrame):
            self._in_turn = True
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._in_turn = False
            speaking = self._speech_start
            await self._end_utterance()
            if speaking is not None:  # the caller went on as the turn ended: the next turn has begun
                self._speech_start = speaking
                self._listen(speaking, self._received - speaking + BEFORE_SAMPLES)

    async def cleanup(self) -> None:
        await self._end_utterance()
        await super().cleanup()

    async def _on_speech(self, start_secs: float) -> None:
        start = max(0, self._received - self._analyzer.lag_samples - round(start_secs * 8000))
        self._speech_start = start
        await self._drop(self._pause)
        self._pause = None
        if self._session is None:
            self._listen(start, PREROLL_SAMPLES)

    def _listen(self, start: int, before: int) -> None:
        """Opens an utterance whose speech began at sample `start`, with the last `before` samples."""
        self._session = self._engine.open(self._hot_words, digits=self._digits())
        self._recent.clear()
        for pcm in self._preroll.last(before):
            self._session.feed(pcm)
            self._recent.keep(pcm)
        self._partial_at = start
        if self._captions is not None:
            self._captions.begin(start // 8)

    async def _on_pause(self, stop_secs: float) -> None:
        if self._session is None or self._speech_start is None:
            return
        end = self._received - self._analyzer.lag_samples - round(stop_secs * 8000)
        self._spans.append(CallerSpan("speech", self._speech_start // 8, end // 8))
        self._speech_start = None
        if not self._in_turn:
            await self._end_utterance()
            return
        await self._drop(self._pause)
        self._pause = self.create_task(self._listen_back(self._session))

    async def _listen_back(self, session: AsrSession) -> None:
        """What was said in this turn, and whether it sounded finished."""
        audio = np.concatenate(self._recent.parts)
        complete, smart_turn_ms = None, 0
        try:
            transcript = await session.final()
            if not words_suffice(transcript.text):
                complete, smart_turn_ms = await self._finality(audio)
        except Exception as error:
            logger.error("recognition failed: {}", type(error).__name__)
            transcript = Transcript(text="")
        if self._captions is not None:
            self._captions.final(transcript)
        if transcript.text:
            await self.push_frame(TranscriptionFrame(transcript.text, "", time_now_iso8601(), finalized=True))
        await self.push_frame(
            PauseFrame(
                text=transcript.text,
                confidence=transcript.confidence,
                complete=complete,
                spans=tuple(self._spans),
                stages_ms={"asr": transcript.took_ms, "smart_turn": smart_turn_ms},
            )
        )

    async def _finality(self, audio: NDArray[np.int16]) -> tuple[float | None, int]:
        if self._smart_turn is None:
            return None, 0
        began = time.monotonic()
        complete = await asyncio.to_thread(self._smart_turn.probability, audio)
        return complete, round((time.monotonic() - began) * 1000)

    def _maybe_partial(self) -> None:
        due = self._received - self._partial_at >= self._partial_every
        running = self._partial is not None and not self._partial.done()
        talking = self._speech_start is not None and self._analyzer.voiced
        if self._session is None or not talking or not due or running:
            return
        self._partial_at = self._received
        self._partial = self.create_task(self._push_partial(self._session))

    async def _push_partial(self, session: AsrSession) -> None:
        try:
            transcript = await session.partial()
        except Exception as error:
            logger.error("a partial recognition failed: {}", type(error).__name__)
            return
        if transcript.text and session is self._session:
            if self._captions is not None and self._speech_start is not None:
                self._captions.partial(transcript)
            await self.push_frame(InterimTranscriptionFrame(transcript.text, "", time_now_iso8601()))

    async def _end_utterance(self) -> None:
        """Ends the utterance: what it had under way is dropped."""
        partial, pause = self._partial, self._pause
        self._partial = self._pause = None
        self._session = None
        self._spans = []
        self._speech_start = None
        self._recent.clear()
        if self._captions is not None:
            self._captions.end()
        await self._drop(partial)
        await self._drop(pause)

    async def _drop(self, task: asyncio.Task | None) -> None:
        if task is not None and not task.done() and task is not asyncio.current_task():
            await self.cancel_task(task)


class Window:
    """The last `limit` samples, in the parts in which they came; a part more at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self.parts: deque[NDArray[np.int16]] = deque()

    def keep(self, pcm: NDArray[np.int16]) -> None:
        self.parts.append(pcm)
        self._held += len(pcm)
        while self._held - len(self.parts[0]) >= self._limit:
            self._held -= len(self.parts.popleft())

    def last(self, samples: int) -> list[NDArray[np.int16]]:
        """The newest parts that hold so many samples, or all; a part more at most."""
        newest: list[NDArray[np.int16]] = []
        for pcm in reversed(self.parts):
            if samples <= 0:
                break
            newest.insert(0, pcm)
            samples -= len(pcm)
        return newest

    def clear(self) -> None:
        self.parts.clear()
        self._held = 0
