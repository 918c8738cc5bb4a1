"""The loudspeaker: the telephone's 8 kHz, brought to the device's own rate."""

import soxr

from telephony.line.audibility import RATE_HZ, Samples
from telephony.softphone.microphone import QUALITY
from telephony.softphone.sound_card import Device, Shorts, SoundCard
from telephony.softphone.sound_queue import SoundQueue

DEPTH_MS = 80
SLACK_MS = 160
MOST_MS = 2_000
"""A call's loop that stalls longer than this loses sound."""


class Speaker:
    """One call's. Use it as a context manager; `play` takes each 20 ms as the call hears them."""

    def __init__(self, card: SoundCard, device: Device) -> None:
        rate_hz = device.rate_hz
        self._queue = SoundQueue(*(ms * rate_hz // 1000 for ms in (DEPTH_MS, SLACK_MS, MOST_MS)))
        self._resampler = (
            soxr.ResampleStream(RATE_HZ, rate_hz, 1, dtype="int16", quality=QUALITY)
            if rate_hz != RATE_HZ
            else None
        )
        self.ended = False
        self._stream = card.play(device, self._give, self._end)

    def __enter__(self) -> "Speaker":
        self._stream.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__()

    def play(self, pcm: Samples) -> None:
        """The next samples at 8 kHz, silence too: an agent that says nothing is no gap."""
        self._queue.put(self._resampler.resample_chunk(pcm) if self._resampler is not None else pcm)

    def _give(self, count: int) -> Shorts:
        return self._queue.take(count)

    def _end(self) -> None:
        self.ended = True
