"""The files of segments in a prepared folder: each whole or not at all, a recording's record last."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from finetune.data.speech import features
from finetune.data.speech.recording import Recording
from finetune.data.speech.segment import Segment, document, parsed
from finetune.data.speech.sound import Sound

RECORDS = "recordings"
"""A JSON file for each recording that is done."""
WAVS = "wav"
FEATURES = "features"


class SegmentFiles:
    """One prepared folder, at one rate, made by options whose digest is `digest`."""

    def __init__(self, out: Path, rate_hz: int, names: Sequence[str], digest: str) -> None:
        """`names` are the features that each segment has."""
        self._out = out
        self._rate_hz = rate_hz
        self._names = names
        self._digest = digest
        for folder in (RECORDS, WAVS, FEATURES) if names else (RECORDS, WAVS):
            (out / folder).mkdir(parents=True, exist_ok=True)

    def begin(self, recording: Recording) -> None:
        """Takes away what an earlier run left of it."""
        (self._out / RECORDS / f"{recording.id}.json").unlink(missing_ok=True)
        self._remove(recording.id)

    def write_wav(self, recording: Recording, name: str, samples: Sound) -> Path:
        """One segment's samples, 16 bits."""
        path = self._out / WAVS / recording.id / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        soundfile.write(partial, samples, self._rate_hz, format="WAV", subtype="PCM_16")
        os.replace(partial, path)
        return path

    def write_features(self, recording: Recording, name: str, samples: Sound) -> dict[str, str] | None:
        """The .npy of each feature that was asked for, relative to the folder."""
        if not self._names:
            return None
        written = {}
        for feature in self._names:
            path = self._out / FEATURES / recording.id / f"{name}.{feature}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.save(file, features.of(feature, samples, self._rate_hz))
            os.replace(partial, path)
            written[feature] = path.relative_to(self._out).as_posix()
        return written

    def write_record(self, recording: Recording, segments: Sequence[Segment]) -> None:
        """Says that the recording is done."""
        path = self._out / RECORDS / f"{recording.id}.json"
        told: dict[str, Any] = {
            "source": recording.name,
            "sha256": recording.sha256,
            "options": self._digest,
            "segments": [document(segment) for segment in segments],
        }
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        os.replace(partial, path)

    def record(self, recording: Recording) -> list[Segment] | None:
        """What an earlier run made of it by the same options; None where a file of it isn't there."""
        try:
            told = json.loads((self._out / RECORDS / f"{recording.id}.json").read_text("utf-8"))
            if told["options"] != self._digest or told["sha256"] != recording.sha256:
                return None
            segments = [parsed(row) for row in told["segments"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        files = [file for one in segments for file in (one.wav, *(one.features or {}).values())]
        if told["source"] != recording.name or not all((self._out / file).is_file() for file in files):
            return None
        return segments

    def forget(self, ids: set[str]) -> None:
        """Takes away what belongs to recordings that are no longer there."""
        for path in (self._out / RECORDS).glob("*.json"):
            if path.stem not in ids:
                path.unlink()
                self._remove(path.stem)

    def _remove(self, recording_id: str) -> None:
        for folder in (WAVS, FEATURES):
            shutil.rmtree(self._out / folder / recording_id, ignore_errors=True)
