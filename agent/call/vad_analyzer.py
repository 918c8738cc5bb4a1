"""Silero behind pipecat's VAD interface: the model shared by all calls, the state of this one.

The stock `SileroVADAnalyzer` loads its own session, thread and state in one object, and gates
speech by a smoothed volume that takes 220 ms to rise out of silence. Here the gate is off
(`min_volume` 0), and the 0.4 ms of a window run in place: a thread's hop costs as much.
"""

import numpy as np
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState

from agent.settings.tree import Vad
from agent.vad.protocol import WINDOW_SAMPLES, VadSession

WINDOW_MS = WINDOW_SAMPLES // 8


class SharedVadAnalyzer(VADAnalyzer):
    """One call's voice activity over an engine's session."""

    def __init__(self, session: VadSession, settings: Vad) -> None:
        super().__init__(
            sample_rate=8000,
            params=VADParams(
                confidence=settings.confidence,
                start_secs=settings.start_ms / 1000,
                stop_secs=settings.stop_ms / 1000,
                min_volume=0,
            ),
        )
        self._session = session
        self.voiced_ms = 0
        """Voice since the last silence of `stop_ms`."""
        self.voiced = False
        """Whether the last window was voice."""

    def num_frames_required(self) -> int:
        return WINDOW_SAMPLES

    def voice_confidence(self, buffer: bytes) -> float:
        probability = self._session.probability(np.frombuffer(buffer, np.int16))
        self.voiced = probability >= self._params.confidence
        if self.voiced:
            self.voiced_ms += WINDOW_MS
        return probability

    def _get_smoothed_volume(self, audio: bytes) -> float:
        return 1.0

    async def analyze_audio(self, buffer: bytes) -> VADState:
        state = self._run_analyzer(buffer)
        if state == VADState.QUIET:
            self.voiced_ms = 0
        return state

    @property
    def lag_samples(self) -> int:
        """Samples received and not yet looked at."""
        return len(self._vad_buffer) // 2
