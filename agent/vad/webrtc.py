"""WebRTC's voice activity detector at 8 kHz: no weights, a few microseconds a window.

It says yes or no for a frame of 10, 20 or 30 ms; the probability of a window is the share of the frames
ending in it that are yes. Steady noise is voice to it: a caller in the street never pauses.
"""

import numpy as np
from numpy.typing import NDArray

from agent.vad.protocol import WINDOW_SAMPLES

RATE_HZ = 8000


class WebrtcEngine:
    """Knows what to make; every session has a detector of its own."""

    def __init__(self, aggressiveness: int = 3, frame_ms: int = 10) -> None:
        """`aggressiveness` is 0 (much is voice) to 3 (little is), `frame_ms` 10, 20 or 30."""
        self.aggressiveness = aggressiveness
        self.frame_ms = frame_ms
        self.open()  # a missing package or a wrong value is told at the start, not in a call

    def open(self) -> "WebrtcSession":
        return WebrtcSession(self)


class WebrtcSession:
    """One call's detector. Up to a frame is held back: windows are 256 samples, frames 80, 160 or 240."""

    def __init__(self, engine: WebrtcEngine) -> None:
        self._engine = engine
        self._frame_samples = RATE_HZ * engine.frame_ms // 1000
        self.reset()

    def reset(self) -> None:
        import webrtcvad

        self._detector = webrtcvad.Vad(self._engine.aggressiveness)
        self._held = np.zeros(0, np.int16)

    def probability(self, window: NDArray[np.int16]) -> float:
        """Share of voiced frames, 0..1. Raises `ValueError` for another size than 256 samples."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"WebRTC's detector takes {WINDOW_SAMPLES} samples here, not {window.shape}.")
        held = np.concatenate((self._held, window.astype(np.int16)))
        whole = len(held) // self._frame_samples
        frames = held[: whole * self._frame_samples].reshape(whole, self._frame_samples)
        self._held = held[whole * self._frame_samples :]
        voiced = sum(self._detector.is_speech(frame.tobytes(), RATE_HZ) for frame in frames)
        return voiced / whole
