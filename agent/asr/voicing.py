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
    """Silero v6, as faster-whisper carries it: all windows of an utterance in one run, 3.5 ms a second."""

    def __init__(self) -> None:
        from faster_whisper.utils import get_assets_path
        from faster_whisper.vad import SileroVADModel

        self._model = SileroVADModel(str(Path(get_assets_path()) / "silero_vad_v6.onnx"))

    def listen(self, audio: NDArray[np.float32]) -> Voice:
        """The voice in 16 kHz samples of -1..1."""
        if len(audio) == 0:
            return Voice(0, 0.0, 0, 0, np.zeros(0, dtype=np.float32))
        # A padded copy: the model's wrapper writes zeros into the samples that it is given.
        padded = np.pad(audio, (0, -len(audio) % WINDOW_SAMPLES + WINDOW_SAMPLES))
        probabilities = np.asarray(self._model(padded), dtype=np.float32).reshape(-1)[:-1]
        heard = np.flatnonzero(probabilities >= AUDIBLE)
        start = int(heard[0]) * WINDOW_SAMPLES if len(heard) else 0
        end = (int(heard[-1]) + 1) * WINDOW_SAMPLES if len(heard) else 0
        voiced = int((probabilities >= VOICED).sum()) * WINDOW_SAMPLES * 1000 // RATE_HZ
        return Voice(voiced, float(probabilities.max()), start, min(end, len(audio)), probabilities)
