"""Where a live caller speaks: a microphone brings the room too, so its level is measured against the room's.

Pure: 10 ms frames come in order, and their number is the time.
"""

from collections import deque

import numpy as np

from telephony.line.audibility import AUDIBLE_DBFS, FRAME_MS, Samples, Stretch, levels_dbfs

ABOVE_ROOM_DB = 15.0
"""Speech stands at least this far above the room."""
ROOM_FRAMES = 500
"""The room is the quietest tenth of the last 5 s."""
BEGIN_FRAMES, OF_FRAMES = 3, 5
"""So many loud frames of so many begin a stretch: a click doesn't."""
PAUSE_MS = 500
"""Silence this long ends a stretch, where it begins."""


class SpeechFinder:
    """One caller's. `stretches` are what was found; the last one may still grow."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=ROOM_FRAMES)
        self._loud: deque[bool] = deque(maxlen=OF_FRAMES)
        self._now_ms = 0
        self._open = False
        self.stretches: list[Stretch] = []

    def take(self, pcm: Samples) -> None:
        """The next sound: whole frames of 10 ms."""
        levels = levels_dbfs(pcm)
        self._levels.extend(levels)
        floor = float(np.percentile(self._levels, 10)) + ABOVE_ROOM_DB
        for level in levels:
            self._frame(bool(level > max(AUDIBLE_DBFS, floor)))
            self._now_ms += FRAME_MS

    def _frame(self, loud: bool) -> None:
        self._loud.append(loud)
        end_ms = self._now_ms + FRAME_MS
        if self._open:
            last = self.stretches[-1]
            if loud:
                self.stretches[-1] = Stretch(last.start_ms, end_ms)
            elif end_ms - last.end_ms >= PAUSE_MS:
                self._open = False
        elif sum(self._loud) >= BEGIN_FRAMES and loud:
            first = len(self._loud) - list(self._loud).index(True)
            self.stretches.append(Stretch(end_ms - first * FRAME_MS, end_ms))
            self._open = True
