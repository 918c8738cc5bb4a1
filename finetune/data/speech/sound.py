"""Samples in -1..1: their rate, their loudness, and whether channels differ."""

import numpy as np
import soxr
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""(samples,) or (channels, samples)."""
PEAK = 0.95
SILENT_PEAK = 0.001
"""-60 dBFS: below it there is nothing but the line's own noise, which isn't made loud."""
SAME = 0.01
"""Channels that differ by less than this share of their power are one, recorded twice."""


def resampled(audio: Sound, from_hz: float, to_hz: float) -> Sound:
    """One channel at another rate; as it is where both are the same."""
    if from_hz == to_hz or len(audio) == 0:
        return audio
    return np.asarray(soxr.resample(audio, from_hz, to_hz, quality="HQ"), dtype=np.float32)


def pcm16(audio: Sound) -> NDArray[np.int16]:
    """As 16-bit samples."""
    return np.clip(np.round(audio * 32_767), -32_768, 32_767).astype(np.int16)


def normalised(audio: Sound, peak: float = PEAK) -> Sound:
    """Samples with their highest at `peak`; silence stays as it is."""
    highest = float(np.abs(audio).max(initial=0.0))
    if highest < SILENT_PEAK:
        return audio
    return (audio * np.float32(peak / highest)).astype(np.float32)


def one_sound(audio: Sound) -> bool:
    """Whether all channels (channels, samples) carry the same."""
    first = audio[0]
    power = float(np.mean(np.square(first, dtype=np.float64)))
    return all(
        float(np.mean(np.square(other - first, dtype=np.float64))) <= SAME * power for other in audio[1:]
    )
