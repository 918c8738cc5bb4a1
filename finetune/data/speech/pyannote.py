"""pyannote's pipeline, where somebody installed it and its weights can be had: it hears overlaps too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.data.errors import DataError
from finetune.data.speech.diarization import RATE_HZ, SpeakerTurn, numbered
from finetune.data.speech.speech_spans import Span

MODEL = "pyannote/speaker-diarization-community-1"
"""Its licence is CC BY 4.0; the hub gives it to those who agreed to its terms."""


class PyannoteDiarizer:
    """pyannote.audio 3 or 4."""

    def __init__(self, model: str = MODEL, speakers: int = 2) -> None:
        """`model` is a name of the hub or a pipeline's folder. Raises `DataError` where it can't be had."""
        try:
            from pyannote.audio import Pipeline
        except ModuleNotFoundError as error:
            raise DataError(
                "pyannote isn't installed: pip install pyannote.audio, or leave --diarizer at embedded."
            ) from error
        try:
            pipeline = Pipeline.from_pretrained(str(Path(model)) if Path(model).exists() else model)
        except Exception as error:  # the hub's client, torch and yaml raise kinds of their own
            raise DataError(f"pyannote's {model} can't be loaded ({type(error).__name__}): {HINT}") from error
        if pipeline is None:
            raise DataError(f"pyannote's {model} isn't given to this account: {HINT}")
        self._pipeline: Any = pipeline
        self._speakers = speakers

    def turns(self, audio: NDArray[np.float32], spans: Sequence[Span]) -> list[SpeakerTurn]:
        """As `Diarizer` says; where two speak at once, the one who began goes on."""
        import torch

        waveform = torch.from_numpy(np.ascontiguousarray(audio)).unsqueeze(0)
        given = {"waveform": waveform, "sample_rate": RATE_HZ}
        output = self._pipeline(given, min_speakers=1, max_speakers=self._speakers)
        # Version 4 wraps its annotation, and has one without overlaps.
        for name in ("exclusive_speaker_diarization", "speaker_diarization"):
            output = getattr(output, name, output)
        labels: dict[Any, int] = {}
        found: list[SpeakerTurn] = []
        for segment, _, label in output.itertracks(yield_label=True):
            speaker = labels.setdefault(label, len(labels))
            start_ms = max(int(segment.start * 1000), found[-1].end_ms if found else 0)
            if (end_ms := int(segment.end * 1000)) > start_ms:
                found.append(SpeakerTurn(start_ms, end_ms, speaker))
        return numbered(found)


HINT = "agree to its terms and set HF_TOKEN, or leave --diarizer at embedded."
