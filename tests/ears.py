"""The recordings that the ears are tested on."""

from pathlib import Path

import numpy as np
import soundfile

EARS = Path(__file__).parent / "data" / "ears"


def sound(name: str) -> np.ndarray:
    """A recording as 16-bit PCM at 8 kHz."""
    samples, rate_hz = soundfile.read(EARS / f"{name}.wav", dtype="int16")
    assert rate_hz == 8000
    return samples
