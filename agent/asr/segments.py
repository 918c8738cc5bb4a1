"""Cuts what Whisper wrote at its own timestamps: pure, on token ids."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP_S = 0.02
"""A timestamp token counts 20 ms."""
SLACK_S = 0.3
"""Timestamps are coarse: what begins this much after the voice's end wasn't spoken."""


@dataclass(frozen=True, slots=True)
class Segment:
    tokens: tuple[int, ...]
    start_s: float
    end_s: float | None
    """None where no timestamp closes it."""


def split(ids: Sequence[int], first_timestamp: int, end_of_text: int) -> list[Segment]:
    """The segments of `ids`; those without text are left out."""
    segments: list[Segment] = []
    held: list[int] = []
    start = 0.0
    for token in ids:
        if token >= first_timestamp:
            at = (token - first_timestamp) * STEP_S
            if held:
                segments.append(Segment(tuple(held), start, at))
                held = []
            start = at
        elif token < end_of_text:
            held.append(token)
    if held:
        segments.append(Segment(tuple(held), start, None))
    return segments


def spoken(segments: Sequence[Segment], voice_end_s: float) -> list[Segment]:
    """The segments that the voice can have said: a decoder that runs on begins after the voice's end,
    or says again at the end what it has said."""
    kept: list[Segment] = []
    for segment in segments:
        if kept and segment.start_s > voice_end_s + SLACK_S:
            break
        again = any(_begins(earlier.tokens, segment.tokens) for earlier in kept)
        if again and segment.start_s > voice_end_s - SLACK_S:
            break
        kept.append(segment)
    return kept


def _begins(whole: tuple[int, ...], part: tuple[int, ...]) -> bool:
    return whole[: len(part)] == part
