"""Keys: pipecat's DTMF aggregator, which here ends a turn of its own instead of a transcript."""

from collections.abc import Callable

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame
from pipecat.processors.aggregators.dtmf_aggregator import DTMFAggregator
from pipecat.processors.frame_processor import FrameDirection

from agent.call.frames import CallerTurnFrame
from agent.call.records import CallerSpan

IDLE_SECS = 2.5
"""Keys not closed by `#` are taken as complete after this."""


class Keypad(DTMFAggregator):
    """Keys up to `#`, or until none comes for `IDLE_SECS`. The agent falls silent at the first."""

    def __init__(self, *, busy: Callable[[], bool]) -> None:
        super().__init__(timeout=IDLE_SECS, termination_digit=KeypadEntry.POUND, prefix="")
        self._busy = busy
        self._received = 0
        self._first: int | None = None
        self._last = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InputAudioRawFrame):
            self._received += len(frame.audio) // 2
        elif isinstance(frame, InputDTMFFrame):
            self._last = self._received
            self._first = self._received if self._first is None else self._first
        await super().process_frame(frame, direction)

    async def broadcast_interruption(self) -> None:
        if self._busy():
            await super().broadcast_interruption()

    async def _flush_aggregation(self) -> None:
        keys, self._aggregation = self._aggregation, ""
        span = CallerSpan("keys", (self._first or 0) // 8, self._last // 8)
        self._first = None
        if keys.strip("#"):
            await self.push_frame(CallerTurnFrame(text=keys.rstrip("#"), kind="keys", spans=(span,)))
