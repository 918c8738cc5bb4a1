"""Keys: pipecat's DTMF aggregator, which here ends a turn of its own instead of a transcript."""

from collections.abc import Callable

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame
from pipecat.processors.aggregators.dtmf_aggregator import DTMFAggregator
from pipecat.processors.frame_processor import FrameDirection

from agent.call.frames import CallerTurnFrame
from agent.call.records import CallerSpan
from agent.dialogue.protocol import Reply

IDLE_SECS = 2.5
"""Keys not closed by `#` are taken as complete after this."""


LONE_KEY_MS = 600
"""A lone 0, 1 or 2 may be the first digit of a number: it's an answer when no other key follows in this."""

LONGEST_COUNTED = 9
"""Longer numbers are telephone numbers, which may have a country code before them: they end by `#`."""


class Keypad(DTMFAggregator):
    """Keys up to `#`, until they answer what was asked, or until none comes for `IDLE_SECS`.

    The agent falls silent at the first. A `#` behind nothing ends nothing, and is no key.
    """

    def __init__(self, *, busy: Callable[[], bool], last_reply: Callable[[], Reply | None]) -> None:
        super().__init__(timeout=IDLE_SECS, termination_digit=KeypadEntry.POUND, prefix="")
        self._busy = busy
        self._last_reply = last_reply
        self._received = 0
        self._first: int | None = None
        self._last = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InputAudioRawFrame):
            self._received += len(frame.audio) // 2
            if self._aggregation and self._waited_ms() >= LONE_KEY_MS and self._answers_alone():
                await self._flush_aggregation()
        elif isinstance(frame, InputDTMFFrame):
            if frame.button == KeypadEntry.POUND and not self._aggregation:
                return
            self._last = self._received
            self._first = self._received if self._first is None else self._first
        await super().process_frame(frame, direction)
        if isinstance(frame, InputDTMFFrame) and self._aggregation and self._answers():
            await self._flush_aggregation()

    def _answers(self) -> bool:
        """Whether the last digit of the number that was asked for is pressed."""
        reply = self._last_reply()
        if reply is None or reply.expects != "digits" or reply.expects_digits is None:
            return False
        return len(self._pressed()) == reply.expects_digits <= LONGEST_COUNTED

    def _answers_alone(self) -> bool:
        """Whether one key is an answer: 1 or 2 for yes or no, or 0 for a person where no number is wanted."""
        reply = self._last_reply()
        expects = reply.expects if reply is not None else "free"
        if expects == "digits":
            return False
        return self._pressed() == "0" or (expects == "yes_no" and self._pressed() in ("1", "2"))

    def _pressed(self) -> str:
        return self._aggregation.rsplit("*", 1)[-1]

    def _waited_ms(self) -> int:
        """Since the last key, by the caller's audio."""
        return (self._received - self._last) // 8

    async def broadcast_interruption(self) -> None:
        if self._busy():
            await super().broadcast_interruption()

    async def _flush_aggregation(self) -> None:
        keys, self._aggregation = self._aggregation, ""
        span = CallerSpan("keys", (self._first or 0) // 8, self._last // 8)
        self._first = None
        stages = {"end_of_turn": self._waited_ms()}
        turn = CallerTurnFrame(text=keys.rstrip("#"), kind="keys", spans=(span,), stages_ms=stages)
        await self.push_frame(turn)
