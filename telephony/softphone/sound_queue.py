"""Samples between two clocks: the sound card's and the call's, which never run quite alike.

Pure but for its lock: the card's thread and the call's loop hold one end each.
"""

import threading

import numpy as np
from numpy.typing import NDArray

Shorts = NDArray[np.int16]


class SoundQueue:
    """First in, first out. Holds `depth` samples before it gives any, and again after it ran dry.

    What lies there beyond `depth + slack` is thrown away, the oldest first: sound that is late stays late.
    """

    def __init__(self, depth: int, slack: int) -> None:
        """`depth` and `slack` in samples."""
        self._depth = depth
        self._slack = slack
        self._lock = threading.Lock()
        self._pcm: Shorts = np.zeros(0, dtype=np.int16)
        self._flowing = False
        self.missing = 0
        """Samples of silence given in the middle of sound."""
        self.dropped = 0

    def put(self, pcm: Shorts) -> None:
        with self._lock:
            self._pcm = np.concatenate([self._pcm, pcm])
            excess = len(self._pcm) - self._depth - self._slack
            if excess > 0:
                self.dropped += excess + self._slack
                self._pcm = self._pcm[excess + self._slack :]

    def take(self, count: int) -> Shorts:
        """The next `count` samples; silence where there are none."""
        with self._lock:
            if not self._flowing and len(self._pcm) < max(self._depth, count):
                return np.zeros(count, dtype=np.int16)
            self._flowing = len(self._pcm) >= count
            taken, self._pcm = self._pcm[:count], self._pcm[count:]
            lacking = count - len(taken)
            self.missing += lacking
            return np.concatenate([taken, np.zeros(lacking, dtype=np.int16)]) if lacking else taken
