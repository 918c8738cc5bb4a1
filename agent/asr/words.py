"""Words with their places, out of the pieces that alignment gives: pure."""

from collections.abc import Sequence

import numpy as np

from agent.asr.model import Piece
from agent.asr.protocol import Word
from agent.asr.voicing import AUDIBLE, RATE_HZ, WINDOW_SAMPLES, Voice


def placed(pieces: Sequence[Piece], start_ms: int, voice: Voice) -> tuple[Word, ...]:
    """Pieces joined to words, monotone, and drawn in to where there is a voice."""
    words, passed_ms = [], 0
    for group in joined(pieces):
        first = start_ms + int(group[0].start_s * 1000)
        first_ms, last_ms = _drawn_in(first, start_ms + int(group[-1].end_s * 1000), voice)
        first_ms = max(passed_ms, first_ms)
        passed_ms = max(first_ms, last_ms)
        text = "".join(piece.text for piece in group).strip()
        words.append(Word(text, first_ms, passed_ms))
    return tuple(words)


def joined(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces by words: punctuation and what has no space before it belong to the word before."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and not piece.text.startswith(" ") and (piece.text.isascii() or not piece.text.isalpha()):
            groups[-1].append(piece)
        elif piece.text.strip():
            groups.append([piece])
    return groups


def _drawn_in(first_ms: int, last_ms: int, voice: Voice) -> tuple[int, int]:
    """The part of a span in which there is a voice: alignment lets words reach over pauses."""
    window_ms = WINDOW_SAMPLES * 1000 // RATE_HZ
    whole_ms = len(voice.probabilities) * window_ms
    first_ms, last_ms = (min(max(0, at), whole_ms) for at in (first_ms, last_ms))
    begin = first_ms // window_ms
    heard = np.flatnonzero(voice.probabilities[begin : -(-last_ms // window_ms)] >= AUDIBLE)
    if len(heard) == 0:
        return first_ms, last_ms
    begin_ms, end_ms = ((begin + int(heard[place])) * window_ms for place in (0, -1))
    return max(first_ms, begin_ms), min(last_ms, end_ms + window_ms)
