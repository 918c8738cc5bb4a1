"""Makes a voice's sound fit for the telephone while it comes: as `shape` does with a whole sentence.

Silence is held back until a louder sound follows it, so that a long one at the end never leaves.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.tts.protocol import RATE_HZ
from agent.tts.shape import FADE_MS, FRAME_SAMPLES, LEAD_MS, PEAK, WINDOW_MS

QUIET = 32768 * 10 ** (-55 / 20)
"""A window of 5 ms below this is silence: the loudest one isn't known yet."""
FADE_SAMPLES = RATE_HZ * FADE_MS // 1000


class Flow:
    """One clause. Give it each part with `add`, then `end` it."""

    def __init__(self, rate_hz: int, tail_ms: int) -> None:
        self._tail_samples = rate_hz * tail_ms // 1000
        self._lead_samples = rate_hz * LEAD_MS // 1000
        self._window = max(1, rate_hz * WINDOW_MS // 1000)
        self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
        self._quiet = np.zeros(0, np.int16)
        self._ready = np.zeros(0, np.float32)
        self._sounded = False
        self._faded = False

    def add(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """The 8 kHz packets that are sure now: whole multiples of 20 ms, perhaps none."""
        held = np.concatenate((self._quiet, pcm))
        first, last = self._sounding(held)
        if last == 0:
            self._quiet = held
            return np.zeros(0, np.int16)
        start = 0 if self._sounded else max(0, first - self._lead_samples)
        self._sounded = True
        self._quiet = held[last:]
        self._resample(held[start:last], last=False)
        whole = max(0, len(self._ready) - FADE_SAMPLES) // FRAME_SAMPLES * FRAME_SAMPLES
        return self._take(whole)

    def end(self) -> NDArray[np.int16]:
        """What is left, with the silence that belongs behind it. Empty where nothing sounded."""
        if not self._sounded:
            return np.zeros(0, np.int16)
        self._resample(self._quiet[: self._tail_samples], last=True)
        fade = min(FADE_SAMPLES, len(self._ready))
        self._ready[len(self._ready) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        short = -len(self._ready) % FRAME_SAMPLES
        self._ready = np.concatenate((self._ready, np.zeros(short, np.float32)))
        return self._take(len(self._ready))

    def _sounding(self, pcm: NDArray[np.int16]) -> tuple[int, int]:
        """First and last sample + 1 of what isn't silence; (0, 0) where all is."""
        windows = -(-len(pcm) // self._window)
        padded = np.zeros(windows * self._window, np.float32)
        padded[: len(pcm)] = pcm
        level = np.sqrt((padded.reshape(windows, self._window) ** 2).mean(axis=1)) if windows else padded
        loud = np.flatnonzero(level > QUIET)
        if len(loud) == 0:
            return 0, 0
        return int(loud[0]) * self._window, min(len(pcm), (int(loud[-1]) + 1) * self._window)

    def _resample(self, pcm: NDArray[np.int16], *, last: bool) -> None:
        more = self._resampler.resample_chunk(pcm.astype(np.float32), last=last)
        self._ready = np.concatenate((self._ready, more))

    def _take(self, samples: int) -> NDArray[np.int16]:
        out, self._ready = self._ready[:samples].copy(), self._ready[samples:]
        if len(out) and not self._faded:
            self._faded = True
            fade = min(FADE_SAMPLES, len(out))
            out[:fade] *= np.linspace(0.0, 1.0, fade, endpoint=False, dtype=np.float32)
        return np.rint(out.clip(-PEAK, PEAK)).astype(np.int16)
