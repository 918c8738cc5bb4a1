"""Where speakers paused and whether they went on: data for the end of turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from finetune.data.speech.segment import Segment


@dataclass(frozen=True, slots=True)
class TurnPause:
    """A silence behind speech. Times in ms of the recording."""

    source: str
    channel: int
    speaker: str
    turn_start_ms: int
    pause_start_ms: int
    pause_ms: int
    """Till the speaker goes on, or another speaks; -1 where the recording ends with it."""
    ends_turn: bool
    """Whether another speaker was next."""


def turn_pauses(segments: Sequence[Segment]) -> Iterator[TurnPause]:
    """The pauses of one recording's segments, in the order of time; augmented copies don't count.

    A turn is all that a speaker says until another does. What the edges of a segment hold of silence is
    left in, so a pause is told some 100 ms short at most.
    """
    own = [segment for segment in segments if not segment.augmented]
    turns = [list(turn) for _, turn in groupby(own, key=lambda segment: segment.speaker)]
    for place, turn in enumerate(turns):
        start_ms = turn[0].start_ms
        for number, segment in enumerate(turn):
            for pause in segment.pauses:
                yield _pause(
                    segment, start_ms, segment.start_ms + pause.start_ms, pause.end_ms - pause.start_ms, False
                )
            if number + 1 < len(turn):
                gap_ms = turn[number + 1].start_ms - segment.end_ms
                yield _pause(segment, start_ms, segment.end_ms, max(0, gap_ms), False)
        last = turn[-1]
        following = turns[place + 1][0].start_ms if place + 1 < len(turns) else None
        pause_ms = -1 if following is None else max(0, following - last.end_ms)
        yield _pause(last, start_ms, last.end_ms, pause_ms, following is not None)


def _pause(segment: Segment, turn_start_ms: int, start_ms: int, pause_ms: int, ends_turn: bool) -> TurnPause:
    return TurnPause(
        segment.source, segment.channel, segment.speaker, turn_start_ms, start_ms, pause_ms, ends_turn
    )
