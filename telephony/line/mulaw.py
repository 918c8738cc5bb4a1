"""G.711 mu-law, the telephone's 8 bits a sample, by tables."""

import numpy as np
from numpy.typing import NDArray

SILENCE = 0xFF
"""The byte of a zero sample."""

BIAS = 0x84
CLIP = 32_635


def _decode_table() -> NDArray[np.int16]:
    inverted = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((inverted & 0x0F) << 3) + BIAS) << ((inverted & 0x70) >> 4)) - BIAS
    return np.where(inverted & 0x80, -magnitude, magnitude).astype(np.int16)


DECODED = _decode_table()


def decode(payload: bytes) -> NDArray[np.int16]:
    """16-bit samples of mu-law bytes, one a byte."""
    return DECODED[np.frombuffer(payload, dtype=np.uint8)]


def encode(pcm: NDArray[np.int16]) -> bytes:
    """Mu-law bytes of 16-bit samples (ITU-T G.711, section 3.2)."""
    samples = pcm.astype(np.int32)
    sign = np.where(samples < 0, 0x80, 0)
    biased = np.minimum(np.abs(samples), CLIP) + BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
