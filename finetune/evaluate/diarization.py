"""Diarization error rate: how much of the speech goes to nobody, to silence's own, or to another speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.data.speech.diarization import SpeakerTurn

FRAME_MS = 10


@dataclass(frozen=True, slots=True)
class DiarizationError:
    """Shares of the reference's speech."""

    missed: float
    false_alarm: float
    confused: float
    speech_ms: int

    @property
    def rate(self) -> float:
        return self.missed + self.false_alarm + self.confused


def diarization_error(
    reference: Sequence[SpeakerTurn], found: Sequence[SpeakerTurn], *, collar_ms: int = 0
) -> DiarizationError:
    """The error of `found`, its speakers matched to the reference's as suits it best.

    Frames within `collar_ms` of a border of the reference don't count. Overlaps count for each speaker.
    """
    from scipy.optimize import linear_sum_assignment

    length = max((turn.end_ms for turn in [*reference, *found]), default=0)
    true, own = _frames(reference, length), _frames(found, length)
    counted = np.ones(length // FRAME_MS + 1, dtype=bool)
    for turn in reference if collar_ms else ():
        for border in (turn.start_ms, turn.end_ms):
            counted[max(0, border - collar_ms) // FRAME_MS : (border + collar_ms) // FRAME_MS] = False
    true, own = true[:, counted], own[:, counted]
    together = true.astype(np.int64) @ own.T.astype(np.int64)
    rows, columns = linear_sum_assignment(-together)
    right = int(together[rows, columns].sum())
    spoken, heard = true.sum(axis=0), own.sum(axis=0)
    speech = int(spoken.sum())
    missed = int(np.maximum(spoken - heard, 0).sum())
    extra = int(np.maximum(heard - spoken, 0).sum())
    confused = int(np.minimum(spoken, heard).sum()) - right
    share = 1.0 / max(speech, 1)
    return DiarizationError(missed * share, extra * share, confused * share, speech * FRAME_MS)


def _frames(turns: Sequence[SpeakerTurn], length_ms: int) -> NDArray[np.int8]:
    """(speakers, frames of 10 ms): 1 where the speaker speaks."""
    speakers = 1 + max((turn.speaker for turn in turns), default=0)
    frames = np.zeros((speakers, length_ms // FRAME_MS + 1), dtype=np.int8)
    for turn in turns:
        frames[turn.speaker, turn.start_ms // FRAME_MS : turn.end_ms // FRAME_MS] = 1
    return frames
