"""Cuts audio at its pauses into stretches that fit into Whisper's window: pure."""

import itertools

import numpy as np

from agent.asr.voicing import AUDIBLE, RATE_HZ, WINDOW_SAMPLES, Voice

LONGEST_S = 28.0
SHORTEST_S = 12.0
"""A cut of what is too long is sought between these: the quietest place there."""
PAUSE_S = 2.0
"""Silence this long parts two stretches: Whisper loses what is said after a long silence in its window."""
SPAN_WINDOWS = 5
"""A quiet place is judged over 160 ms, not by one window."""


def cut(voice: Voice, samples: int) -> list[tuple[int, int]]:
    """`(start, end)` in 16 kHz samples, in order, together all of `samples`; none where there are none.

    Nothing is lost: stretches join without a gap.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    for end in [*_pauses(voice), samples]:
        if end > start:
            pieces += _bounded(voice, start, end)
            start = end
    return pieces


def _pauses(voice: Voice) -> list[int]:
    """The middle of each long silence between two voices."""
    heard = np.flatnonzero(voice.probabilities >= AUDIBLE)
    longest = int(PAUSE_S * RATE_HZ / WINDOW_SAMPLES)
    gaps = [
        (int(first), int(second)) for first, second in itertools.pairwise(heard) if second - first > longest
    ]
    return [(first + second) // 2 * WINDOW_SAMPLES for first, second in gaps]


def _bounded(voice: Voice, start: int, samples: int) -> list[tuple[int, int]]:
    """`start` to `samples` in stretches of `LONGEST_S` at most."""
    pieces: list[tuple[int, int]] = []
    longest = int(LONGEST_S * RATE_HZ)
    calm = np.convolve(voice.probabilities, np.ones(SPAN_WINDOWS) / SPAN_WINDOWS, mode="same")
    while samples - start > longest:
        first = (start + int(SHORTEST_S * RATE_HZ)) // WINDOW_SAMPLES
        lowest = calm[first : (start + longest) // WINDOW_SAMPLES]
        # The last of the quietest places: fewer stretches.
        place = first + len(lowest) - 1 - int(np.argmin(lowest[::-1]))
        end = place * WINDOW_SAMPLES + WINDOW_SAMPLES // 2
        pieces.append((start, end))
        start = end
    return [*pieces, (start, samples)]
