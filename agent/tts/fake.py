"""A voice for tests: a tone as long as its text, the same each time."""

import asyncio
import math
import zlib
from collections.abc import AsyncIterator, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.tts.protocol import RATE_HZ, TtsError

CHUNK_SAMPLES = RATE_HZ // 5


class FakeTts:
    """`ms_per_character` of tone in 200 ms chunks; its pitch (300-1,100 Hz) tells the text.

    `delay_ms` passes before the first chunk; texts in `broken` raise `TtsError`.
    """

    def __init__(self, *, ms_per_character: int = 60, delay_ms: int = 0, broken: Sequence[str] = ()) -> None:
        self._ms_per_character = ms_per_character
        self._delay_ms = delay_ms
        self._broken = frozenset(broken)
        self.spoken: list[str] = []
        self.speeds: list[float] = []
        self.stopped: list[str] = []
        self.warmed: list[str] = []
        self.closed = False

    def samples(self, text: str, speed: float = 1.0) -> int:
        """How long `text` sounds: whole packets of 20 ms."""
        return math.ceil(len(text) * self._ms_per_character / speed / 20) * (RATE_HZ // 50)

    def pitch_hz(self, text: str) -> int:
        return 300 + zlib.crc32(text.encode()) % 800

    async def speak(
        self, text: str, *, caller: str = "", speed: float = 1.0
    ) -> AsyncIterator[NDArray[np.int16]]:
        if text in self._broken:
            raise TtsError("The voice can't speak; this is a test.")
        self.spoken.append(text)
        self.speeds.append(speed)
        ended = False
        try:
            await asyncio.sleep(self._delay_ms / 1000)
            time = np.arange(self.samples(text, speed)) / RATE_HZ
            tone = np.sin(2 * np.pi * self.pitch_hz(text) * time) * 8000
            pcm = tone.astype(np.int16)
            for start in range(0, len(pcm), CHUNK_SAMPLES):
                yield pcm[start : start + CHUNK_SAMPLES]
            ended = True
        finally:
            if not ended:
                self.stopped.append(text)

    async def warm(self, phrases: Sequence[str] = ()) -> None:
        self.warmed += phrases

    async def filled(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = True
