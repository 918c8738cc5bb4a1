"""The agent's sound as a WebRTC track: it gives 20 ms when they are due, and says what it has given."""

import asyncio
import fractions
import time
from collections import deque
from collections.abc import Callable

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

RATE_HZ = 8000
FRAME_SAMPLES = 160
FRAME_S = FRAME_SAMPLES / RATE_HZ
STALL_S = 1.0
"""A connection that asked for nothing this long goes on from now; a shorter stall is caught up."""


class SoundTrack(MediaStreamTrack):
    """Sound and notes in a queue, silence where it is empty. pipecat's own track goes by the wall clock,
    which may jump, and knows no notes."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._queue: deque[bytes | Callable[[], None]] = deque()
        self._frames = 0
        self._given = 0
        self._began: float | None = None
        self.empty_since: float | None = None
        """On the monotonic clock, since when there is nothing to give; None while there is something."""

    @property
    def waiting_ms(self) -> int:
        return self._frames * FRAME_SAMPLES * 1000 // RATE_HZ

    def add(self, pcm: bytes) -> None:
        """Sound to be given: 16 bits, mono, 8 kHz; a last frame that is not whole ends in silence."""
        for start in range(0, len(pcm), 2 * FRAME_SAMPLES):
            self._queue.append(pcm[start : start + 2 * FRAME_SAMPLES].ljust(2 * FRAME_SAMPLES, b"\0"))
            self._frames += 1
        self.empty_since = None

    def note(self, passed: Callable[[], None]) -> None:
        """`passed` is called when all that was added before has been given and its time is over."""
        self._queue.append(passed)

    def clear(self) -> None:
        """Drops what was not given, and its notes."""
        self._queue.clear()
        self._frames = 0

    async def recv(self) -> AudioFrame:
        """The next 20 ms, when they are due."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._due()
        pcm = self._next()
        frame = AudioFrame.from_ndarray(np.frombuffer(pcm, dtype=np.int16)[None, :], layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = self._given * FRAME_SAMPLES
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._given += 1
        return frame

    async def _due(self) -> None:
        now = time.monotonic()
        if self._began is None or now - self._began - self._given * FRAME_S > STALL_S:
            self._began = now - self._given * FRAME_S
        wait_s = self._began + self._given * FRAME_S - now
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def _next(self) -> bytes:
        while self._queue:
            item = self._queue.popleft()
            if isinstance(item, bytes):
                self._frames -= 1
                return item
            item()
        if self.empty_since is None:
            self.empty_since = time.monotonic()
        return bytes(2 * FRAME_SAMPLES)
