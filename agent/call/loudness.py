"""Makes the agent louder without clipping: gain, then a limiter that looks ahead within a chunk."""

import numpy as np
from numpy.typing import NDArray

from agent.tts.protocol import RATE_HZ

CEILING = 10 ** (-1.0 / 20) * 32767
"""-1 dBFS: no sample leaves above it."""
BLOCK_SAMPLES = RATE_HZ // 200
"""5 ms, the step in which the limiter looks at peaks."""
RELEASE = 10 ** (0.5 / 20)
"""How fast the gain comes back: 0.5 dB a block."""


def louder(pcm: NDArray[np.int16], gain_db: float) -> NDArray[np.int16]:
    """`pcm` (8 kHz) by `gain_db`, its peaks held at -1 dBFS; as it is for 0 dB.

    The limiter's gain is a line between the ends of blocks, under what each block's peak allows.
    """
    if gain_db == 0 or not len(pcm):
        return pcm
    sound = pcm.astype(np.float32) * np.float32(10 ** (gain_db / 20))
    count = -(-len(sound) // BLOCK_SAMPLES)
    padded = np.zeros(count * BLOCK_SAMPLES, np.float32)
    padded[: len(sound)] = np.abs(sound)
    peaks = padded.reshape(count, BLOCK_SAMPLES).max(axis=1)
    allowed = np.minimum(1.0, CEILING / np.maximum(peaks, 1.0))
    for block in range(1, count):
        allowed[block] = min(allowed[block], allowed[block - 1] * RELEASE)
    edges = np.concatenate([allowed[:1], np.minimum(allowed[1:], allowed[:-1]), allowed[-1:]])
    gain = np.interp(np.arange(len(sound)), np.arange(count + 1) * BLOCK_SAMPLES, edges)
    return np.rint(sound * gain).astype(np.int16)
