"""Cuts long audio at its pauses into stretches that fit into Whisper's window: pure."""

import numpy as np

from agent.asr.voicing import RATE_HZ, WINDOW_SAMPLES, Voice

LONGEST_S = 28.0
SHORTEST_S = 12.0
"""A cut is sought between these: the quietest place there. Nothing is lost: stretches join without a gap."""
SPAN_WINDOWS = 5
"""A pause is judged over 160 ms, not by one window."""


def cut(voice: Voice, samples: int) -> list[tuple[int, int]]:
    """`(start, end)` in 16 kHz samples, in order, together all of `samples`; none where there are none."""
    pieces: list[tuple[int, int]] = []
    start = 0
    longest = int(LONGEST_S * RATE_HZ)
    calm = np.convolve(voice.probabilities, np.ones(SPAN_WINDOWS) / SPAN_WINDOWS, mode="same")
    while samples - start > longest:
        first = (start + int(SHORTEST_S * RATE_HZ)) // WINDOW_SAMPLES
        last = (start + longest) // WINDOW_SAMPLES
        lowest = calm[first:last]
        # The last of the quietest places: fewer stretches.
        place = first + len(lowest) - 1 - int(np.argmin(lowest[::-1]))
        end = place * WINDOW_SAMPLES + WINDOW_SAMPLES // 2
        pieces.append((start, end))
        start = end
    if start < samples:
        pieces.append((start, samples))
    return pieces
