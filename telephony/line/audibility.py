"""What can be heard, and from when to when: levels of 10 ms frames and what follows from them.

A frame's level is its RMS relative to full scale. All times are ms from the sound's first sample.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8_000
FRAME_MS = 10
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
AUDIBLE_DBFS = -45.0
"""A 10 ms frame above this is heard."""
END_BELOW_PEAK_DB = 35.0
"""A caller's last frame is the last one within this of the loudest frame of the clean file."""
SPAN_SILENCE_MS = 300
"""Silence this long ends a span of speech where it begins."""

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of sound: [start_ms, end_ms)."""

    start_ms: int
    end_ms: int


def levels_dbfs(pcm: Samples) -> NDArray[np.float64]:
    """The level of each 10 ms frame; a last frame that is not full counts as padded with silence."""
    count = -(-len(pcm) // FRAME_SAMPLES)
    padded = np.zeros(count * FRAME_SAMPLES, dtype=np.float64)
    padded[: len(pcm)] = pcm
    power = np.mean((padded.reshape(count, FRAME_SAMPLES) / 32_768.0) ** 2, axis=1)
    return 10.0 * np.log10(np.maximum(power, 1e-12))


def audible_frames(pcm: Samples) -> NDArray[np.bool_]:
    """Which 10 ms frames are heard."""
    return levels_dbfs(pcm) > AUDIBLE_DBFS


def first_audible_ms(pcm: Samples) -> int | None:
    """Where the first audible frame begins; None where nothing is heard."""
    heard = np.flatnonzero(audible_frames(pcm))
    return int(heard[0]) * FRAME_MS if len(heard) else None


def speech_stretch(pcm: Samples) -> Stretch | None:
    """Where a clean recording's speech begins and ends; None where nothing is heard.

    It begins with the first audible frame and ends with the last one within 35 dB of the loudest.
    """
    start = first_audible_ms(pcm)
    if start is None:
        return None
    levels = levels_dbfs(pcm)
    last = int(np.flatnonzero(levels >= levels.max() - END_BELOW_PEAK_DB)[-1])
    return Stretch(start, max(start, last * FRAME_MS) + FRAME_MS)


def spans(heard: NDArray[np.bool_]) -> list[Stretch]:
    """Spans of audible frames: a span ends where 300 ms of silence begin."""
    frames = np.flatnonzero(heard)
    if not len(frames):
        return []
    breaks = np.flatnonzero((np.diff(frames) - 1) * FRAME_MS >= SPAN_SILENCE_MS)
    firsts = frames[np.concatenate(([0], breaks + 1))]
    lasts = frames[np.concatenate((breaks, [len(frames) - 1]))]
    return [
        Stretch(int(first) * FRAME_MS, (int(last) + 1) * FRAME_MS)
        for first, last in zip(firsts, lasts, strict=True)
    ]


def active_rms(pcm: Samples) -> float:
    """RMS over the frames within 35 dB of the loudest, in sample units: the level of the speech itself."""
    levels = levels_dbfs(pcm)
    active = 10.0 ** (levels[levels >= levels.max() - END_BELOW_PEAK_DB] / 10.0)
    return float(np.sqrt(active.mean())) * 32_768.0
