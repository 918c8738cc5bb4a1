"""Who speaks when on one channel: voices as vectors, clustered; smoothed along the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finetune.data.speech.speech_spans import Span

RATE_HZ = 16_000
WINDOW_MS = 1_600
HOP_MS = 200
STEP_MS = 100
"""How finely turns are told apart."""
ONE_VOICE = 0.87
"""Two groups whose mean vectors are nearer than this (cosine) are one speaker. Halves of one voice's calls
have .82 to .96, two voices .52 to .86, most of them under .73."""
SMALLEST = 0.03
"""A group with less than this share of the speech is no speaker."""
FARTHEST = 0.001
"""Cosines below it count as this: no vector stands wholly apart."""
SWITCH = 0.5
"""What a change of speaker amid speech costs, in cosine summed over steps; a pause makes it free."""


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """One speaker's stretch. Speakers count from 0 in the order in which they are first heard."""

    start_ms: int
    end_ms: int
    speaker: int


class Voices(Protocol):
    """What makes a vector of a stretch of speech."""

    def vectors(self, stretches: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """A vector of length 1 for each stretch of 16 kHz samples."""
        ...


class Diarizer(Protocol):
    """Who speaks when."""

    def turns(self, audio: NDArray[np.float32], spans: Sequence[Span]) -> list[SpeakerTurn]:
        """The turns in 16 kHz samples that have speech in `spans`, in order, none overlapping."""
        ...


class ClusteredVoices:
    """The embedded diarizer: at most `speakers` voices, fewer where they sound alike."""

    def __init__(self, voices: Voices, speakers: int = 2) -> None:
        self._voices = voices
        self._speakers = speakers

    def turns(self, audio: NDArray[np.float32], spans: Sequence[Span]) -> list[SpeakerTurn]:
        """As the protocol says."""
        windows = [window for span in spans for window in _windows(span)]
        if not windows:
            return []
        cut = [
            audio[window.start_ms * RATE_HZ // 1000 : window.end_ms * RATE_HZ // 1000] for window in windows
        ]
        vectors = self._voices.vectors(cut)
        centres = _centres(vectors, self._speakers)
        found: list[SpeakerTurn] = []
        place = 0
        for span in spans:
            count = len(_windows(span))
            own = slice(place, place + count)
            found += _assigned(span, windows[own], vectors[own] @ centres.T)
            place += count
        return numbered(_merged(found))


def _windows(span: Span) -> list[Span]:
    """Windows of `WINDOW_MS` over a span, the last at its end; a short span is one window."""
    if span.length_ms <= WINDOW_MS:
        return [span]
    starts = [*range(span.start_ms, span.end_ms - WINDOW_MS, HOP_MS), span.end_ms - WINDOW_MS]
    return [Span(start, start + WINDOW_MS) for start in starts]


def _centres(vectors: NDArray[np.float32], speakers: int) -> NDArray[np.float32]:
    """The mean vector of each speaker: (speakers found, width), each of length 1."""
    labels = _clusters(vectors, speakers)
    groups = [vectors[labels == label] for label in np.unique(labels)]
    large = [group for group in groups if len(group) >= SMALLEST * len(vectors)]
    centres = [_unit(group.mean(axis=0)) for group in large]
    kept: list[NDArray[np.float32]] = []
    for centre in centres:
        if all(float(centre @ other) < ONE_VOICE for other in kept):
            kept.append(centre)
    return np.stack(kept)


def _clusters(vectors: NDArray[np.float32], speakers: int) -> NDArray[np.int64]:
    """A label for each vector, by spectral clustering of their cosines."""
    if len(vectors) <= speakers:
        return np.arange(len(vectors))
    from sklearn.cluster import SpectralClustering

    nearness = np.clip(vectors @ vectors.T, FARTHEST, 1.0)
    model = SpectralClustering(speakers, affinity="precomputed", assign_labels="kmeans", random_state=0)
    return np.asarray(model.fit_predict(nearness), dtype=np.int64)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def _assigned(span: Span, windows: Sequence[Span], scores: NDArray[np.float32]) -> list[SpeakerTurn]:
    """The span's turns: each step has the mean score of the windows over it, and changes are rare."""
    starts = np.arange(span.start_ms, span.end_ms, STEP_MS)
    middles = starts + STEP_MS / 2
    steps = np.zeros((len(starts), scores.shape[1]))
    for place, middle in enumerate(middles):
        weights = np.array([_weight(window, middle) for window in windows])
        steps[place] = weights @ scores / weights.sum()
    labels = _smoothest(steps)
    return [
        SpeakerTurn(int(start), min(int(start) + STEP_MS, span.end_ms), int(label))
        for start, label in zip(starts, labels, strict=True)
    ]


def _weight(window: Span, at_ms: float) -> float:
    """How much a window tells of a moment: most in its middle."""
    half = window.length_ms / 2
    return max(0.0, 1.0 - abs(window.start_ms + half - at_ms) / half) + 1e-3


def _smoothest(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The labels whose scores, less what changes cost, sum highest (Viterbi)."""
    best = scores[0].copy()
    came = np.zeros(scores.shape, dtype=np.int64)
    for step in range(1, len(scores)):
        leader = int(np.argmax(best))
        switched = best[leader] - SWITCH
        came[step] = np.where(best >= switched, np.arange(len(best)), leader)
        best = np.maximum(best, switched) + scores[step]
    labels = np.zeros(len(scores), dtype=np.int64)
    labels[-1] = int(np.argmax(best))
    for step in range(len(scores) - 1, 0, -1):
        labels[step - 1] = came[step, labels[step]]
    return labels


def _merged(turns: Sequence[SpeakerTurn]) -> list[SpeakerTurn]:
    """Neighbours of one speaker that touch, as one turn."""
    merged: list[SpeakerTurn] = []
    for turn in turns:
        last = merged[-1] if merged else None
        if last is not None and last.speaker == turn.speaker and last.end_ms == turn.start_ms:
            merged[-1] = SpeakerTurn(last.start_ms, turn.end_ms, turn.speaker)
        else:
            merged.append(turn)
    return merged


def numbered(turns: Sequence[SpeakerTurn]) -> list[SpeakerTurn]:
    """Speakers renumbered in the order of their first turn."""
    order: dict[int, int] = {}
    for turn in turns:
        order.setdefault(turn.speaker, len(order))
    return [SpeakerTurn(turn.start_ms, turn.end_ms, order[turn.speaker]) for turn in turns]
