"""Silero's voice activity detector at 8 kHz: one model a process, a state a call."""

import numpy as np
from numpy.typing import NDArray

from agent.vad.protocol import WINDOW_SAMPLES
from agent.vad.runtime import open_bundled

RATE_HZ = 8000
CONTEXT_SAMPLES = 32
"""What the model wants of the window before, at 8 kHz (16 kHz: 64)."""
STATE_SHAPE = (2, 1, 128)
RESET_SAMPLES = 2 * RATE_HZ
"""Long silence or music at 8 kHz makes the model deaf to the speech that follows; a fresh state mends it.
Two seconds between resets, as pipecat's `SileroVADAnalyzer` measured."""
QUIET_CONFIDENCE = 0.1
QUIET_WINDOWS = 8
"""A reset waits for a quarter of a second below `QUIET_CONFIDENCE`: a reset inside speech cuts it."""


class SileroEngine:
    """The model, shared. Sessions may run in different threads at once."""

    def __init__(self) -> None:
        self._model = open_bundled("pipecat.audio.vad.data", "silero_vad.onnx")
        self._rate = np.array(RATE_HZ, dtype=np.int64)

    def open(self) -> "SileroSession":
        return SileroSession(self)

    def run(
        self, samples: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float32]]:
        """Probability and next state for `(1, CONTEXT_SAMPLES + WINDOW_SAMPLES)` samples in -1..1."""
        output, following = self._model.run(None, {"input": samples, "state": state, "sr": self._rate})
        return float(output[0, 0]), following


class SileroSession:
    """One call's state: about 0.5 ms of work for each window of 32 ms."""

    def __init__(self, engine: SileroEngine) -> None:
        self._engine = engine
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros(STATE_SHAPE, dtype=np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
        self._since_reset_samples = 0
        self._quiet_windows = 0

    def probability(self, window: NDArray[np.int16]) -> float:
        """Probability of speech in the next 256 samples. Raises `ValueError` for another size."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"Silero takes {WINDOW_SAMPLES} samples at a time, not {window.shape}.")
        samples = np.concatenate((self._context, window.astype(np.float32) / 32768.0))
        probability, self._state = self._engine.run(samples[np.newaxis, :], self._state)
        self._context = samples[-CONTEXT_SAMPLES:]
        self._since_reset_samples += WINDOW_SAMPLES
        self._quiet_windows = self._quiet_windows + 1 if probability < QUIET_CONFIDENCE else 0
        if self._since_reset_samples >= RESET_SAMPLES and self._quiet_windows >= QUIET_WINDOWS:
            self.reset()
        return probability
