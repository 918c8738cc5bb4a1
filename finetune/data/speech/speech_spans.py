"""Where a recording has speech, and where it may be cut: by the agent's own detector."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.vad.protocol import WINDOW_SAMPLES, VadEngine
from finetune.data.speech.sound import Sound, pcm16, resampled

VAD_RATE_HZ = 8_000
WINDOW_MS = WINDOW_SAMPLES * 1000 // VAD_RATE_HZ
BEGINS = 0.5
ENDS = 0.35
"""Speech begins over the first and ends under the second: a word's weak end stays in."""
SHORTEST_MS = 96
"""Less speech is a click."""
GAP_MS = 160
"""A shorter silence is within a word or between two: no pause."""
EDGE_MS = 160
"""Kept before and behind what is said; half a pause at most, so that two stretches never overlap."""
LONGEST_MS = 30_000
"""What a recogniser looks at."""
PAUSE_MS = 700
"""A longer silence parts two stretches."""
FIRST_CUT = 0.4
"""Of `LONGEST_MS`: a stretch that is too long isn't cut before this share."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one recording."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


def probabilities(vad: VadEngine, audio: Sound, rate_hz: int) -> NDArray[np.float32]:
    """The probability of speech in each `WINDOW_MS` of mono samples in -1..1."""
    line = pcm16(resampled(audio, rate_hz, VAD_RATE_HZ))
    count = -(-len(line) // WINDOW_SAMPLES)
    pcm = np.pad(line, (0, count * WINDOW_SAMPLES - len(line)))
    session = vad.open()
    windows = pcm.reshape(count, WINDOW_SAMPLES)
    return np.array([session.probability(window) for window in windows], dtype=np.float32)


def speech_spans(found: NDArray[np.float32]) -> list[Span]:
    """The stretches of speech in windows' probabilities, in order; silences under `GAP_MS` are inside."""
    spans: list[Span] = []
    start: int | None = None
    for place, probability in enumerate([*map(float, found), 0.0]):
        if start is None and probability >= BEGINS:
            start = place
        elif start is not None and probability < ENDS:
            spans.append(Span(start * WINDOW_MS, place * WINDOW_MS))
            start = None
    joined = join(spans, GAP_MS)
    return [span for span in joined if span.length_ms >= SHORTEST_MS]


def join(spans: Sequence[Span], gap_ms: int) -> list[Span]:
    """Neighbours that less than `gap_ms` part, as one."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start_ms - joined[-1].end_ms < gap_ms:
            joined[-1] = Span(joined[-1].start_ms, max(joined[-1].end_ms, span.end_ms))
        else:
            joined.append(span)
    return joined


def pauses(spans: Sequence[Span]) -> list[Span]:
    """The silences between neighbours."""
    return [Span(one.end_ms, two.start_ms) for one, two in itertools.pairwise(spans)]


def stretches(
    runs: Sequence[Sequence[Span]],
    found: NDArray[np.float32],
    length_ms: int,
    *,
    pause_ms: int = PAUSE_MS,
    longest_ms: int = LONGEST_MS,
) -> list[tuple[int, Span]]:
    """Stretches to learn from, each with the number of its run: up to the next pause, at most `longest_ms`.

    A run is one speaker's speech till another speaks; runs are in order. What is too long is cut in its
    longest pause, else (nobody paused) where speech is least likely. `found` are the windows' probabilities,
    `length_ms` is that of the recording.
    """
    numbered = [
        (number, part)
        for number, run in enumerate(runs)
        for group in _groups(run, pause_ms)
        for part in _bounded(group, found, longest_ms)
    ]
    edged = _edged([part for _, part in numbered], length_ms, longest_ms)
    return [(number, span) for (number, _), span in zip(numbered, edged, strict=True)]


def _groups(spans: Sequence[Span], pause_ms: int) -> list[list[Span]]:
    """Spans that less than `pause_ms` part, together."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span.start_ms - groups[-1][-1].end_ms < pause_ms:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _bounded(group: list[Span], found: NDArray[np.float32], longest_ms: int) -> list[Span]:
    """One group's stretches, cut until none is over `longest_ms`."""
    whole = Span(group[0].start_ms, group[-1].end_ms)
    if whole.length_ms <= longest_ms:
        return [whole]
    first = whole.start_ms + int(longest_ms * FIRST_CUT)
    last = whole.start_ms + longest_ms
    inside = [pause for pause in pauses(group) if first <= pause.end_ms and pause.start_ms <= last]
    if inside:
        gap = max(inside, key=lambda pause: (pause.length_ms, pause.start_ms))
        before = [span for span in group if span.end_ms <= gap.start_ms]
        return _bounded(before, found, longest_ms) + _bounded(group[len(before) :], found, longest_ms)
    windows = found[first // WINDOW_MS : last // WINDOW_MS]
    cut_ms = (first // WINDOW_MS + int(np.argmin(windows))) * WINDOW_MS
    before = [Span(span.start_ms, min(span.end_ms, cut_ms)) for span in group if span.start_ms < cut_ms]
    after = [Span(max(span.start_ms, cut_ms), span.end_ms) for span in group if span.end_ms > cut_ms]
    return _bounded(before, found, longest_ms) + _bounded(after, found, longest_ms)


def _edged(parts: list[Span], length_ms: int, longest_ms: int) -> list[Span]:
    """With some silence around each, as far as its neighbours and `longest_ms` leave room."""
    edged: list[Span] = []
    for place, part in enumerate(parts):
        before = parts[place - 1].end_ms if place else 0
        after = parts[place + 1].start_ms if place + 1 < len(parts) else length_ms
        room = max(0, longest_ms - part.length_ms) // 2
        head = min(EDGE_MS, room, (part.start_ms - before) // (2 if place else 1))
        tail = min(EDGE_MS, room, (after - part.end_ms) // (2 if place + 1 < len(parts) else 1))
        edged.append(Span(part.start_ms - max(0, head), min(part.end_ms + max(0, tail), length_ms)))
    return edged
