"""What a voice activity detector does: one engine a process, one session a call."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WINDOW_SAMPLES = 256
"""32 ms at 8 kHz: what Silero looks at."""


class VadSession(Protocol):
    def probability(self, window: NDArray[np.int16]) -> float:
        """Probability of speech, 0..1, in the next 32 ms (`WINDOW_SAMPLES` samples at 8 kHz)."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


class VadEngine(Protocol):
    def open(self) -> VadSession:
        """A session with a state of its own, for one call."""
        ...
