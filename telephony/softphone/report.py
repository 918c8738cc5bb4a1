"""The one JSON object of a measured call (schema 1), from the client's clock and the server's record.

The client's measurement alone tells times; 0 is the `start` message and sample 0 of the stereo WAV. What
only the server knows (transcript, intent, slots, text, sentences, stages) is null where it keeps no record
for us, and `server_record` is false. `n` of a turn is the record's. An act that no turn took up is a turn
with the next free number and a null latency: `resume` where the agent spoke on over it, else `reply`.

- `caller[].end_ms`: `telephony.line.audibility.speech_stretch`, or the label's; for keys `#` or the last key.
- `agent[]`: audible spans of one turn; `cleared` where a `clear` took back what would have followed.
- `line.underruns`: gaps inside a sentence, `max_gap_ms` the longest of them; `max_arrival_gap_ms`: the
  longest time between two messages of one sentence as they came off the socket.
- `latency_ms`: from the end of the caller's act to the first audible frame of the turn; of the greeting from
  0; null where nothing came for 8 s, or where nobody asked (a re-prompt). `answer_latency_ms`: to the first
  sentence that is neither opener nor hold. Negative is a `cut_in`.
- `barge_in`: on the turn that was talked over. `at_ms` is the caller's first audible frame; from there count
  `silent_after_ms`, to the end of the last sound played, and `resumed_after_ms`, to the first sound of what
  the agent went on with (null where it didn't).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from telephony.line.audibility import FRAME_MS, FRAME_SAMPLES, audible_frames
from telephony.softphone.measurement import Measurement
from telephony.softphone.reply_watch import NO_ANSWER_MS
from telephony.softphone.turn_assembly import AgentSpan, Turn, assemble

SCHEMA = 1
RECORDED = ("transcript", "intent", "slots", "text", "heard_text", "interrupted", "sentences", "stages_ms")
"""What a turn takes from the server's record as it is."""
NOT_YET_AN_ANSWER = ("opener", "hold")


def report(measured: Measurement, record: Mapping[str, Any] | None, wav: str | None = None) -> dict[str, Any]:
    """The object as it is printed by `agent call --json`. `wav` is the path of `--out`, where given."""
    turns = assemble(measured, record)
    return {
        "schema": SCHEMA,
        "call_id": measured.call_id,
        "server_record": record is not None,
        "ended_by": measured.ended_by,
        "duration_ms": measured.duration_ms,
        "audio": {"wav": wav, "rate_hz": 8000, "channels": ["caller", "agent"]},
        "line": {
            "max_gap_ms": max((gap.ms for gap in measured.underruns), default=0),
            "underruns": [{"at_ms": gap.at_ms, "ms": gap.ms} for gap in measured.underruns],
            "max_arrival_gap_ms": measured.max_arrival_gap_ms,
        },
        "caller": [
            {
                "id": act.id,
                "kind": act.kind,
                "source": act.source,
                "start_ms": act.start_ms,
                "end_ms": act.end_ms,
            }
            for act in measured.acts
        ],
        "agent": [
            {"id": span.id, "start_ms": span.start_ms, "end_ms": span.end_ms, "cleared": span.cleared}
            for span in sorted((s for turn in turns for s in turn.spans), key=lambda s: s.start_ms)
        ],
        "turns": [_turn(turn, turns, measured) for turn in turns],
    }


def _turn(turn: Turn, turns: list[Turn], measured: Measurement) -> dict[str, Any]:
    asked_ms = _asked_ms(turn)
    latency_ms = _after(turn.first_ms, asked_ms)
    answer_ms = _after(_first_answer_ms(turn, measured), asked_ms)
    return {
        "n": turn.n,
        "kind": turn.kind,
        "caller": [act.id for act in turn.acts],
        "agent": [span.id for span in turn.spans],
        "latency_ms": latency_ms,
        "answer_latency_ms": answer_ms,
        "cut_in": latency_ms is not None and latency_ms < 0,
        "barge_in": _barge_in(turn, turns, measured),
        **{key: turn.record.get(key) if turn.record is not None else None for key in RECORDED},
    }


def _asked_ms(turn: Turn) -> int | None:
    """From when the turn's latency counts: the caller's end; the call's start for the greeting."""
    if turn.kind == "greeting":
        return 0
    return max((act.end_ms for act in turn.acts), default=None)


def _after(came_ms: int | None, asked_ms: int | None) -> int | None:
    """The latency; None where nothing came for 8 s, or nothing was asked."""
    if came_ms is None or asked_ms is None or came_ms - asked_ms > NO_ANSWER_MS:
        return None
    return came_ms - asked_ms


def _first_answer_ms(turn: Turn, measured: Measurement) -> int | None:
    """The first audible frame of a sentence that is neither opener nor hold; None where none is known."""
    sentences = (turn.record or {}).get("sentences")
    if not isinstance(sentences, list):
        return None
    answers = {
        number
        for number, sentence in enumerate(sentences)
        if isinstance(sentence, Mapping) and sentence.get("kind") not in NOT_YET_AN_ANSWER
    }
    for run in measured.runs:
        if run.tag is None or run.tag.turn != turn.n or run.tag.sentence not in answers:
            continue
        first = run.start - run.start % FRAME_SAMPLES
        heard = np.flatnonzero(audible_frames(measured.agent_pcm[first : run.end]))
        if len(heard):
            return first * FRAME_MS // FRAME_SAMPLES + int(heard[0]) * FRAME_MS
    return None


def _barge_in(turn: Turn, turns: list[Turn], measured: Measurement) -> dict[str, int | None] | None:
    """How the turn was talked over: the first act that began while its sound was playing."""
    for act in measured.acts:
        if act.kind != "speech":
            continue
        for stretch in _stretches(turn):
            if stretch[0].start_ms < act.start_ms < stretch[-1].end_ms:
                silent_ms = stretch[-1].end_ms
                resumed_ms = _resumed_ms(turn, turns, silent_ms)
                return {
                    "at_ms": act.start_ms,
                    "silent_after_ms": silent_ms - act.start_ms,
                    "resumed_after_ms": None if resumed_ms is None else resumed_ms - act.start_ms,
                }
    return None


def _stretches(turn: Turn) -> list[list[AgentSpan]]:
    """The turn's spans, one list for each time it was set going (an epoch)."""
    stretches: list[list[AgentSpan]] = []
    for span in turn.spans:
        if stretches and stretches[-1][-1].epoch == span.epoch and not stretches[-1][-1].cleared:
            stretches[-1].append(span)
        else:
            stretches.append([span])
    return stretches


def _resumed_ms(turn: Turn, turns: list[Turn], silent_ms: int) -> int | None:
    """When the agent went on with what it had broken off: later in the turn, or as a `resume` behind it."""
    for span in turn.spans:
        if span.start_ms >= silent_ms:
            return span.start_ms
    following = turns[turns.index(turn) + 1 : turns.index(turn) + 2]
    return following[0].first_ms if following and following[0].kind == "resume" else None


def _asked(reported: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [turn for turn in reported["turns"] if turn["caller"]]


def latencies_ms(reported: Mapping[str, Any]) -> list[int]:
    """The latencies of replies to the caller, without cut-ins, in order."""
    return [
        turn["latency_ms"]
        for turn in reported["turns"]
        if turn["kind"] == "reply" and turn["latency_ms"] is not None and not turn["cut_in"]
    ]


def unanswered(reported: Mapping[str, Any]) -> int:
    """How many things that the caller said were followed by nothing for 8 s."""
    return sum(turn["kind"] == "reply" and turn["latency_ms"] is None for turn in _asked(reported))
