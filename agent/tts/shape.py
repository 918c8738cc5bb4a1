"""Makes a voice's raw sentence fit for the telephone: trimmed, 8 kHz, whole to the last syllable.

The whole sentence is there at once (Piper makes it so), so it is resampled in one go, which flushes the
filter: a streaming resampler that isn't flushed loses the last 130 ms of "Good bye.".
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.tts.protocol import RATE_HZ

FRAME_SAMPLES = RATE_HZ // 50
"""20 ms, a telephone packet: lengths are whole multiples."""
WINDOW_MS = 5
FLOOR = 10 ** (-50 / 20)
"""Quieter than this below the loudest 5 ms is silence. A weak final "s" of Piper's lies at -40."""
LEAD_MS = 15
TAIL_MS = 100
JOINED_TAIL_MS = 20
"""Behind a clause that was cut off in the middle of a phrase: the next one follows at once."""
FADE_MS = 3
PEAK = 10 ** (-1.2 / 20) * 32767
"""Just under -1 dBFS."""


def sounding(pcm: NDArray[np.int16], rate_hz: int) -> tuple[int, int]:
    """First and last sample + 1 of what is louder than `FLOOR`; (0, 0) where nothing is."""
    size = max(1, rate_hz * WINDOW_MS // 1000)
    windows = -(-len(pcm) // size)
    if windows == 0:
        return 0, 0
    padded = np.zeros(windows * size, np.float32)
    padded[: len(pcm)] = pcm
    level = np.sqrt((padded.reshape(windows, size) ** 2).mean(axis=1))
    loud = np.flatnonzero(level > max(float(level.max()) * FLOOR, 1.0))
    if len(loud) == 0:
        return 0, 0
    return int(loud[0]) * size, min(len(pcm), (int(loud[-1]) + 1) * size)


def shape(pcm: NDArray[np.int16], rate_hz: int, tail_ms: int = TAIL_MS) -> NDArray[np.int16]:
    """`pcm` (mono, `rate_hz`) at 8 kHz: at most 20 ms of silence before it, about `tail_ms` behind it.

    The peak is under -1 dBFS, both ends are faded, the length is a multiple of 20 ms (padded by silence).
    Empty where nothing sounds.
    """
    first, last = sounding(pcm, rate_hz)
    if last == 0:
        return np.zeros(0, np.int16)
    start = max(0, first - rate_hz * LEAD_MS // 1000)
    end = min(len(pcm), last + rate_hz * tail_ms // 1000)
    sound = soxr.resample(pcm[start:end].astype(np.float32), rate_hz, RATE_HZ, quality="HQ")
    peak = float(np.abs(sound).max(initial=0.0))
    if peak > PEAK:
        sound *= PEAK / peak
    fade = min(RATE_HZ * FADE_MS // 1000, len(sound) // 2)
    ramp = np.linspace(0.0, 1.0, fade, endpoint=False, dtype=np.float32)
    sound[:fade] *= ramp
    sound[len(sound) - fade :] *= ramp[::-1]
    out = np.zeros(-(-len(sound) // FRAME_SAMPLES) * FRAME_SAMPLES, np.int16)
    out[: len(sound)] = np.rint(sound).astype(np.int16)
    return out
