"""Which sound belongs to which turn: agent spans by their marks, caller acts by the record or by time.

Pure: it reads a finished (or running) measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telephony.line.audibility import FRAME_MS, FRAME_SAMPLES, RATE_HZ, SPAN_SILENCE_MS, audible_frames, spans
from telephony.softphone.measurement import CallerAct, Measurement

REPROMPT_SILENCE_MS = 4_000
"""Without a record: sound after this much silence, which nobody asked for, is a re-prompt."""


Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AgentSpan:
    """Audible sound of one turn of the agent's, in one epoch."""

    id: str
    start_ms: int
    end_ms: int
    turn: int | None
    epoch: int | None
    cleared: bool


@dataclass(slots=True)
class Turn:
    """One turn: what the caller did, and the spans that came for it."""

    n: int
    kind: str
    acts: list[CallerAct] = field(default_factory=list)
    spans: list[AgentSpan] = field(default_factory=list)
    record: Mapping[str, Any] | None = None

    @property
    def first_ms(self) -> int | None:
        return self.spans[0].start_ms if self.spans else None


def agent_spans(measured: Measurement) -> list[AgentSpan]:
    """The spans that were heard, in order; a new turn or epoch begins a new span."""
    heard = audible_frames(measured.agent_pcm)
    owner, keys = _owners(measured, len(heard))
    found: list[AgentSpan] = []
    pieces = [(span, key) for number, key in enumerate(keys) for span in spans(heard & (owner == number))]
    for span, key in sorted(pieces, key=lambda piece: piece[0].start_ms):
        epoch, turn = key if key is not None else (None, None)
        cleared = any(
            clear.dropped_samples > 0 and 0 <= _ms(clear.at) - span.end_ms + FRAME_MS < SPAN_SILENCE_MS
            for clear in measured.clears
            if clear.tag is None or (clear.tag.epoch, clear.tag.turn) == key
        )
        found.append(AgentSpan(f"a{len(found) + 1}", span.start_ms, span.end_ms, turn, epoch, cleared))
    return found


def _owners(measured: Measurement, frames: int) -> tuple[NDArray[np.int32], list[Key | None]]:
    """The owner of each 10 ms frame as an index into the (epoch, turn) keys.

    Key 0 is None: between turns, and on a server without named marks.
    """
    owner = np.zeros(frames, dtype=np.int32)
    numbers: dict[Key | None, int] = {None: 0}
    for run in measured.runs:
        if run.tag is not None:
            number = numbers.setdefault((run.tag.epoch, run.tag.turn), len(numbers))
            owner[run.start // FRAME_SAMPLES : -(-run.end // FRAME_SAMPLES)] = number
    return owner, list(numbers)


def _ms(samples: int) -> int:
    return samples * 1000 // RATE_HZ


def assemble(measured: Measurement, record: Mapping[str, Any] | None) -> list[Turn]:
    """All turns in their order. An act that nobody took up is a turn too."""
    found = agent_spans(measured)
    if measured.tagged:
        turns = _by_marks(found, record)
    else:
        turns = _by_time(found, measured.acts)
    _give_acts(turns, measured.acts)
    answered = {act.id for turn in turns for act in turn.acts}
    number = max((turn.n for turn in turns), default=-1)
    for act in measured.acts:
        if act.id not in answered:
            number += 1
            turns.append(Turn(number, "resume" if _talked_through(turns, act) else "reply", [act]))
    return sorted(turns, key=_order)


def _talked_through(turns: Sequence[Turn], act: CallerAct) -> bool:
    """Whether the agent was speaking before the act and went on behind it, as over a cough."""
    for turn in turns:
        for before in turn.spans:
            after = turn.spans[-1]
            if before.epoch == after.epoch and before.start_ms < act.start_ms < before.end_ms:
                return after.end_ms >= act.end_ms + SPAN_SILENCE_MS
    return False


def _order(turn: Turn) -> tuple[int, int]:
    times = [span.start_ms for span in turn.spans[:1]] + [act.start_ms for act in turn.acts[:1]]
    if times:
        return max(times), turn.n
    spoken = (turn.record or {}).get("caller") or []
    return int(spoken[0].get("start_ms", 0)) if spoken else 0, turn.n


def _by_marks(found: Sequence[AgentSpan], record: Mapping[str, Any] | None) -> list[Turn]:
    """A turn for each number that the marks or the record name; sound before any mark joins what follows."""
    turns: dict[int, Turn] = {}
    for entry in (record or {}).get("turns", ()):
        if isinstance(entry, Mapping) and isinstance(entry.get("n"), int):
            turns[entry["n"]] = Turn(entry["n"], str(entry.get("kind", "reply")), record=entry)
    latest = next((span.turn for span in found if span.turn is not None), 0)
    for span in found:
        latest = span.turn if span.turn is not None else latest
        kind = "greeting" if latest == 0 else "reply"
        turns.setdefault(latest, Turn(latest, kind)).spans.append(span)
    return [turns[number] for number in sorted(turns)]


def _by_time(found: Sequence[AgentSpan], acts: Sequence[CallerAct]) -> list[Turn]:
    """Without marks: what comes after an act of the caller's, until the next one, is the reply to it."""
    turns: list[Turn] = []
    given = 0
    for span in found:
        begun = sum(act.start_ms <= span.start_ms for act in acts)
        if not turns:
            turns.append(Turn(0, "greeting" if begun == 0 else "reply"))
        elif begun > given:
            turns.append(Turn(len(turns), "reply"))
        elif span.start_ms - turns[-1].spans[-1].end_ms >= REPROMPT_SILENCE_MS:
            turns.append(Turn(len(turns), "reprompt"))
        turns[-1].spans.append(span)
        given = begun
    return turns


def _give_acts(turns: Sequence[Turn], acts: Sequence[CallerAct]) -> None:
    """Gives each act to the turns that took it up: by the record's times, else the next that spoke."""
    for act in acts:
        takers = [turn for turn in turns if _recorded(turn, act)]
        speaking = [turn for turn in takers if turn.spans]
        if takers:
            for turn in speaking or takers[-1:]:
                turn.acts.append(act)
            continue
        after = [
            turn
            for turn in turns
            if turn.first_ms is not None
            and turn.first_ms >= act.start_ms
            and turn.kind not in ("greeting", "reprompt")
        ]
        if after:
            following = min(after, key=lambda turn: turn.first_ms or 0)
            begun = [other for other in acts if act.start_ms < other.start_ms <= (following.first_ms or 0)]
            if not any(_recorded(following, other) for other in begun):
                following.acts.append(act)


def _recorded(turn: Turn, act: CallerAct) -> bool:
    """Whether the server's record says that this turn took up what the caller did then."""
    if turn.record is None or turn.kind == "greeting":
        return False
    for heard in turn.record.get("caller") or ():
        if heard.get("kind", act.kind) != act.kind:
            continue
        if heard.get("start_ms", 0) <= act.end_ms and heard.get("end_ms", 0) >= act.start_ms:
            return True
    return False
