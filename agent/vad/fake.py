"""A detector that reads its probabilities from a script, for tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.vad.protocol import WINDOW_SAMPLES


class FakeVadEngine:
    """Each session plays `speech`: stretches `(from_ms, to_ms)` of the call that hold speech.

    Without a script a window is speech when its loudest sample is over `level`.
    """

    def __init__(self, speech: Sequence[tuple[int, int]] | None = None, level: int = 500) -> None:
        self.speech = speech
        self.level = level

    def open(self) -> "FakeVadSession":
        return FakeVadSession(self)


class FakeVadSession:
    def __init__(self, engine: FakeVadEngine) -> None:
        self._engine = engine
        self._heard_samples = 0

    def probability(self, window: NDArray[np.int16]) -> float:
        middle_ms = (self._heard_samples + WINDOW_SAMPLES // 2) // 8
        self._heard_samples += len(window)
        if self._engine.speech is None:
            return (
                1.0
                if len(window) and int(np.abs(window.astype(np.int32)).max()) > self._engine.level
                else 0.0
            )
        return 1.0 if any(start <= middle_ms < end for start, end in self._engine.speech) else 0.0

    def reset(self) -> None:
        """Keeps its place in the script: a script is told in the call's own time."""
