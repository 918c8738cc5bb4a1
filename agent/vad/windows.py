"""Cuts a stream of frames of any length into the windows that a detector takes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agent.vad.protocol import WINDOW_SAMPLES


class Windows:
    """Holds back less than one window: frames are 160 samples, windows 256."""

    def __init__(self, size_samples: int = WINDOW_SAMPLES) -> None:
        self._size_samples = size_samples
        self._held = np.zeros(0, dtype=np.int16)

    def add(self, pcm: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
        """Every whole window that `pcm` completes, in order."""
        held = np.concatenate((self._held, pcm))
        whole = len(held) // self._size_samples * self._size_samples
        self._held = held[whole:]
        return iter(held[:whole].reshape(-1, self._size_samples))

    def reset(self) -> None:
        self._held = np.zeros(0, dtype=np.int16)
