"""Where in an utterance there is a voice: the recogniser's own evidence, apart from the call's detector."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
WINDOW_SAMPLES = 512
VOICED = 0.35
"""Barks, ringing, a crowd and white noise stay under .19 with this model, spoken digits at 10 dB over a crowd
reach .71 and more."""
AUDIBLE = 0.12
"""Below this a window is silence even where a word fades out."""

BLOCK_WINDOWS = 157
STEP_WINDOWS = 125
"""Blocks of 5 s each begin afresh, 4 s apart: after music, ringing or long silence the model's state is deaf
to a short word (a digit after 20 s of tones: .18; afresh: .78)."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice's place in an utterance. Samples at 16 kHz."""

    voiced_ms: int
    """How much of it is surely voice."""
    peak: float
    """The highest probability of a window, 0..1."""
    start_sample: int
    end_sample: int
    """From the first to the last window that may be voice; both 0 where there is none."""
    probabilities: NDArray[np.float32]
    """Of each window of 32 ms."""


class Voicing:
    """Silero v6, as faster-whisper carries it: 3.5 ms a second of sound."""

    def __init__(self) -> None:
        from faster_whisper.utils import get_assets_path
        from faster_whisper.vad import SileroVADModel

        self._model = SileroVADModel(str(Path(get_assets_path()) / "silero_vad_v6.onnx"))

    def listen(self, audio: NDArray[np.float32]) -> Voice:
        """The voice in 16 kHz samples of -1..1."""
        if len(audio) == 0:
            return Voice(0, 0.0, 0, 0, np.zeros(0, dtype=np.float32))
        probabilities = np.zeros(-(-len(audio) // WINDOW_SAMPLES), dtype=np.float32)
        for first in range(0, len(probabilities), STEP_WINDOWS):
            block = audio[first * WINDOW_SAMPLES : (first + BLOCK_WINDOWS) * WINDOW_SAMPLES]
            own = self._run(block)
            place = slice(first, first + len(own))
            probabilities[place] = np.maximum(probabilities[place], own)
            if first + BLOCK_WINDOWS >= len(probabilities):
                break
        heard = np.flatnonzero(probabilities >= AUDIBLE)
        start = int(heard[0]) * WINDOW_SAMPLES if len(heard) else 0
        end = (int(heard[-1]) + 1) * WINDOW_SAMPLES if len(heard) else 0
        voiced = int((probabilities >= VOICED).sum()) * WINDOW_SAMPLES * 1000 // RATE_HZ
        return Voice(voiced, float(probabilities.max()), start, min(end, len(audio)), probabilities)

    def _run(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        # A padded copy: the model's wrapper writes zeros into the samples that it is given.
        padded = np.pad(block, (0, -len(block) % WINDOW_SAMPLES + WINDOW_SAMPLES))
        return np.asarray(self._model(padded), dtype=np.float32).reshape(-1)[:-1]
