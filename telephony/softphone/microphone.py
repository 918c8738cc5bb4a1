"""The microphone: what it hears at its own rate, brought to the telephone's 8 kHz."""

import soxr

from telephony.line.audibility import RATE_HZ, Samples
from telephony.softphone.sound_card import Device, Shorts, SoundCard
from telephony.softphone.sound_queue import SoundQueue

DEPTH_MS = 60
"""Held back against the unevenness of blocks, of the resampler and of the call's ticks."""
SLACK_MS = 120
QUALITY = "LQ"
"""The shallowest of soxr's that filters: it holds back 22 ms on average from 48 kHz, HQ 85 ms."""
MOST_MS = 2_000
"""A call's loop that stalls longer than this loses sound."""


class Microphone:
    """One call's. Use it as a context manager; `take` gives what came since, in order."""

    def __init__(self, card: SoundCard, device: Device) -> None:
        self._queue = SoundQueue(*(ms * RATE_HZ // 1000 for ms in (DEPTH_MS, SLACK_MS, MOST_MS)))
        self._resampler = (
            soxr.ResampleStream(device.rate_hz, RATE_HZ, 1, dtype="int16", quality=QUALITY)
            if device.rate_hz != RATE_HZ
            else None
        )
        self.ended = False
        """Whether the device gives no more, as when it is pulled out."""
        self._stream = card.listen(device, self._hear, self._end)

    def __enter__(self) -> "Microphone":
        self._stream.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__()

    def take(self, count: int) -> Samples:
        """`count` samples at 8 kHz; silence where the device was late."""
        return self._queue.take(count)

    def _hear(self, pcm: Shorts) -> None:
        self._queue.put(self._resampler.resample_chunk(pcm) if self._resampler is not None else pcm)

    def _end(self) -> None:
        self.ended = True
