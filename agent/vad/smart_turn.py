"""Smart Turn v3.2: whether a caller who paused sounds done. One model a process, no state."""

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.vad.runtime import open_bundled

RATE_HZ = 8000
MODEL_RATE_HZ = 16_000
LONGEST_MS = 8_000
"""What the model looks at: the end of the turn, padded with silence in front."""


class SmartTurn:
    """Takes the turn's samples themselves, so jitter and fast replay don't move its segment."""

    def __init__(self) -> None:
        self._model = open_bundled("pipecat.audio.turn.smart_turn.data", "smart-turn-v3.2-cpu.onnx")

    def probability(self, pcm_8k: NDArray[np.int16]) -> float:
        """Probability, 0..1, that the turn is complete after these 8 kHz samples (last 8 s count).

        Blocks for 50-75 ms: call it in a thread. Nothing said yet is 0.
        """
        if len(pcm_8k) == 0:
            return 0.0
        tail = pcm_8k[-LONGEST_MS * RATE_HZ // 1000 :].astype(np.float32) / 32768.0
        audio = soxr.resample(tail, RATE_HZ, MODEL_RATE_HZ, quality="HQ")
        return self._run(_fit(audio))

    def warm(self) -> None:
        """Runs once, so that the first caller doesn't wait for what is lazy. Blocks."""
        self.probability(np.zeros(RATE_HZ, dtype=np.int16))

    def _run(self, audio: NDArray[np.float32]) -> float:
        from pipecat.audio.turn.smart_turn._whisper_features import compute_whisper_log_mel_features

        features = compute_whisper_log_mel_features(audio, do_normalize=True)
        (output,) = self._model.run(None, {"input_features": features[np.newaxis, :, :]})
        return float(output[0].item())


def _fit(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last 8 s at 16 kHz, silence in front where it is shorter."""
    wanted = LONGEST_MS * MODEL_RATE_HZ // 1000
    audio = audio[-wanted:]
    return np.pad(audio, (wanted - len(audio), 0)).astype(np.float32)
