"""From probabilities to "started", "paused" and "stopped": pure, counted in samples."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from agent.settings.tree import Vad
from agent.vad.protocol import WINDOW_SAMPLES

RATE_HZ = 8000
WINDOW_MS = WINDOW_SAMPLES * 1000 // RATE_HZ
RELEASE = 0.15
"""Speech goes on down to `confidence - RELEASE`, as in Silero's own examples."""
BRIDGE_WINDOWS = 1
"""So many silent windows inside a start don't undo it: a "t" or a "k" is as long."""


@dataclass(frozen=True, slots=True)
class Event:
    """`started`: at the first speech window. `paused`, `stopped`: at the end of the last speech window."""

    kind: Literal["started", "paused", "stopped"]
    at_sample: int
    """Counted from the first window of the call."""
    seen_sample: int
    """Where the stream stood when this was known."""


class Activity:
    """One call's caller side. Give it each window's probability in order.

    `started` comes after `start_ms` of speech, `paused` after `stop_ms` of silence, `stopped` after
    `gone_ms` of it. Speech after a pause is `started` again, whether or not `stopped` came between.
    """

    def __init__(self, settings: Vad, gone_ms: int = 1_600) -> None:
        self._confidence = settings.confidence
        self._start_windows = max(1, ceil(settings.start_ms / WINDOW_MS))
        self._stop_windows = max(1, ceil(settings.stop_ms / WINDOW_MS))
        self._gone_windows = max(self._stop_windows + 1, ceil(gone_ms / WINDOW_MS))
        self.reset()

    def reset(self, position_samples: int = 0) -> None:
        """Forgets speech; the next window starts at `position_samples`."""
        self.position_samples = position_samples
        self.speaking = False
        self._heard = False
        self._first = position_samples
        self._last_end = position_samples
        self._voiced = 0
        self._silent = 0

    @property
    def silence_ms(self) -> int:
        """Silence since the last speech window."""
        return (self.position_samples - self._last_end) * 1000 // RATE_HZ

    @property
    def last_speech_sample(self) -> int:
        """The end of the last speech window."""
        return self._last_end

    def step(self, probability: float) -> Event | None:
        """What the next window's `probability` makes known, if anything."""
        threshold = self._confidence - (RELEASE if self.speaking or self._voiced else 0.0)
        began = self.position_samples
        self.position_samples += WINDOW_SAMPLES
        if probability >= threshold:
            return self._voice(began)
        return self._silence()

    def _voice(self, began: int) -> Event | None:
        if not self.speaking and self._voiced == 0:
            self._first = began
        self._voiced += 1
        self._silent = 0
        if self.speaking or self._voiced >= self._start_windows:
            self._last_end = self.position_samples
        if self.speaking or self._voiced < self._start_windows:
            return None
        self.speaking = self._heard = True
        return Event("started", self._first, self.position_samples)

    def _silence(self) -> Event | None:
        self._silent += 1
        if not self.speaking and self._silent > BRIDGE_WINDOWS:
            self._voiced = 0
        if self.speaking and self._silent >= self._stop_windows:
            self.speaking = False
            self._voiced = 0
            return Event("paused", self._last_end, self.position_samples)
        gone = self.position_samples - self._last_end >= self._gone_windows * WINDOW_SAMPLES
        if self._heard and not self.speaking and gone:
            self._heard = False
            return Event("stopped", self._last_end, self.position_samples)
        return None
