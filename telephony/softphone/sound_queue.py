"""Samples between two clocks: the sound card's and the call's, which never run quite alike.

Pure but for its lock: the card's thread and the call's loop hold one end each.
"""

import threading

import numpy as np
from numpy.typing import NDArray

Shorts = NDArray[np.int16]


WINDOW_TAKES = 50
"""Over so many takes a surplus must last before it is thrown away: a side that was late catches up."""


class SoundQueue:
    """First in, first out. Holds `depth` samples before it gives any, and again after it ran dry.

    What lies there beyond `depth + slack` for `WINDOW_TAKES` is cut to `depth`, the oldest first, for sound
    that is late stays late; beyond `most` at once. What lay there before the first take is as old.
    """

    def __init__(self, depth: int, slack: int, most: int) -> None:
        """All in samples."""
        self._depth = depth
        self._slack = slack
        self._most = most
        self._lock = threading.Lock()
        self._pcm: Shorts = np.zeros(0, dtype=np.int16)
        self._flowing = False
        self._begun = False
        self._takes = 0
        self._least = most
        """What lay there at least, of this window's takes."""
        self.missing = 0
        """Samples of silence given in the middle of sound."""
        self.dropped = 0

    def put(self, pcm: Shorts) -> None:
        with self._lock:
            self._pcm = np.concatenate([self._pcm, pcm])
            self._drop(len(self._pcm) - self._most)

    def take(self, count: int) -> Shorts:
        """The next `count` samples; silence where there are none."""
        with self._lock:
            if not self._flowing and len(self._pcm) < max(self._depth, count):
                return np.zeros(count, dtype=np.int16)
            if not self._begun:
                self._begun = True
                self._pcm = self._pcm[-max(self._depth, count) :]
            self._flowing = len(self._pcm) >= count
            taken, self._pcm = self._pcm[:count], self._pcm[count:]
            self._watch()
            lacking = count - len(taken)
            self.missing += lacking
            return np.concatenate([taken, np.zeros(lacking, dtype=np.int16)]) if lacking else taken

    def _watch(self) -> None:
        self._takes += 1
        self._least = min(self._least, len(self._pcm))
        if self._takes == WINDOW_TAKES:
            if self._least > self._depth + self._slack:
                self._drop(self._least - self._depth)
            self._takes, self._least = 0, self._most

    def _drop(self, samples: int) -> None:
        if samples > 0:
            self.dropped += samples
            self._pcm = self._pcm[samples:]
