"""Noise under a whole call: one recording, looped, at a level below the caller's speech."""

import numpy as np

from telephony.line.audibility import Samples, active_rms


class Noise:
    """An endless noise. `under` adds it to a frame of the caller's."""

    def __init__(self, pcm: Samples, speech_rms: float, snr_db: float) -> None:
        """`speech_rms` is the active level of the caller's clean speech, in sample units."""
        rms = float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2)))
        gain = speech_rms / (10.0 ** (snr_db / 20.0)) / rms if rms > 0 else 0.0
        self._looped = pcm.astype(np.float64) * gain
        self._at = 0

    def under(self, pcm: Samples) -> Samples:
        """`pcm` with the next stretch of noise beneath it, clipped to 16 bits."""
        index = (self._at + np.arange(len(pcm))) % len(self._looped)
        self._at = (self._at + len(pcm)) % len(self._looped)
        return np.clip(np.rint(pcm + self._looped[index]), -32_768, 32_767).astype(np.int16)


def speech_level(sounds: list[Samples]) -> float:
    """The active level of all that the caller says; -26 dBFS where it says nothing."""
    return float(np.mean([active_rms(pcm) for pcm in sounds])) if sounds else 32_768.0 * 10 ** (-26 / 20)
