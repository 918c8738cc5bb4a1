"""The report of a call, from synthetic timelines: each figure as telephony/softphone/report.py defines it."""

import io
from typing import Any

import numpy as np
from rich.console import Console

from agent.cli.call_view import TranscriptView, colour, percentile, summary
from telephony.line.playout import Clear, Run, Tag, Underrun
from telephony.softphone.address import dialled, ended_by
from telephony.softphone.measurement import CallerAct, Measurement
from telephony.softphone.record import record_address
from telephony.softphone.report import latencies_ms, report, unanswered


def act(number: int, start_ms: int, end_ms: int, kind: Any = "speech") -> CallerAct:
    return CallerAct(f"c{number}", kind, "keys" if kind == "keys" else f"said{number}.wav", start_ms, end_ms)


def measured(
    sound: list[tuple[int, int, Tag | None]],
    acts: list[CallerAct],
    clears: list[Clear] | None = None,
    duration_ms: int = 40_000,
    underruns: list[Underrun] | None = None,
) -> Measurement:
    """A call in which the agent was heard in each [start_ms, end_ms) of `sound`."""
    agent = np.zeros(duration_ms * 8, np.int16)
    for start_ms, end_ms, _ in sound:
        agent[start_ms * 8 : end_ms * 8] = 8_000
    return Measurement(
        caller_pcm=np.zeros_like(agent),
        agent_pcm=agent,
        acts=acts,
        runs=[Run(start * 8, end * 8, tag) for start, end, tag in sound],
        clears=clears or [],
        underruns=underruns or [],
        max_arrival_gap_ms=41,
        duration_ms=duration_ms,
        ended_by="caller",
        call_id="abc",
        token="secret",
        tagged=any(tag is not None for _, _, tag in sound),
    )


def sentence(kind: str = "answer") -> dict[str, Any]:
    return {
        "text": "Words.",
        "kind": kind,
        "verdict": "approved",
        "heard": "all",
        "replaced": False,
        "facts": [],
    }


def recorded(
    n: int, kind: str = "reply", caller: tuple[int, int] | None = None, *kinds: str
) -> dict[str, Any]:
    return {
        "n": n,
        "kind": kind,
        "caller": [{"kind": "speech", "start_ms": caller[0], "end_ms": caller[1]}] if caller else [],
        "transcript": "where is it",
        "intent": "order_status",
        "slots": {},
        "text": "Words.",
        "heard_text": "Words.",
        "interrupted": False,
        "sentences": [sentence(one) for one in kinds or ("answer",)],
        "stages_ms": {"asr": 200},
    }


GREETING = (300, 2_000, Tag(0, 0, 0))


def turn(reported: dict[str, Any], n: int) -> dict[str, Any]:
    return next(one for one in reported["turns"] if one["n"] == n)


def test_latency_counts_from_the_callers_end_and_the_greetings_from_the_start() -> None:
    call = measured([GREETING, (4_650, 6_000, Tag(0, 1, 0))], [act(1, 2_600, 4_000)])
    found = report(call, {"turns": [recorded(0, "greeting"), recorded(1, "reply", (2_700, 3_990))]})
    assert turn(found, 0)["latency_ms"] == 300 and turn(found, 0)["caller"] == []
    assert turn(found, 1)["latency_ms"] == 650 and turn(found, 1)["answer_latency_ms"] == 650
    assert turn(found, 1)["caller"] == ["c1"] and turn(found, 1)["agent"] == ["a2"]
    assert turn(found, 1)["cut_in"] is False and turn(found, 1)["barge_in"] is None
    assert latencies_ms(found) == [650] and unanswered(found) == 0


def test_the_object_has_the_contracts_keys_and_no_others() -> None:
    found = report(measured([GREETING], []), None, "call.wav")
    assert list(found) == [
        "schema",
        "call_id",
        "server_record",
        "ended_by",
        "duration_ms",
        "audio",
        "line",
        "caller",
        "agent",
        "turns",
    ]
    assert found["audio"] == {"wav": "call.wav", "rate_hz": 8000, "channels": ["caller", "agent"]}
    assert found["agent"] == [{"id": "a1", "start_ms": 300, "end_ms": 2_000, "cleared": False}]
    assert found["line"] == {"max_gap_ms": 0, "underruns": [], "max_arrival_gap_ms": 41}
    assert list(found["turns"][0]) == [
        "n",
        "kind",
        "caller",
        "agent",
        "latency_ms",
        "answer_latency_ms",
        "cut_in",
        "barge_in",
        "transcript",
        "intent",
        "slots",
        "text",
        "heard_text",
        "interrupted",
        "sentences",
        "stages_ms",
    ]


def test_the_answer_begins_with_the_first_sentence_that_is_neither_opener_nor_hold() -> None:
    sound = [
        GREETING,
        (4_500, 5_000, Tag(0, 1, 0)),
        (5_200, 5_900, Tag(0, 1, 1)),
        (6_100, 7_000, Tag(0, 1, 2)),
    ]
    entries = [recorded(0, "greeting"), recorded(1, "reply", (2_700, 3_990), "opener", "hold", "answer")]
    found = turn(report(measured(sound, [act(1, 2_600, 4_000)]), {"turns": entries}), 1)
    assert (found["latency_ms"], found["answer_latency_ms"]) == (500, 2_100)
    entries[1] = recorded(1, "reply", (2_700, 3_990), "opener", "hold", "hold")
    found = turn(report(measured(sound, [act(1, 2_600, 4_000)]), {"turns": entries}), 1)
    assert (found["latency_ms"], found["answer_latency_ms"]) == (500, None)


def test_an_agent_who_begins_before_the_callers_end_cuts_in() -> None:
    call = measured([GREETING, (3_800, 6_000, Tag(0, 1, 0))], [act(1, 2_600, 4_000)])
    found = report(call, {"turns": [recorded(0, "greeting"), recorded(1, "reply", (2_700, 3_500))]})
    assert turn(found, 1)["latency_ms"] == -200 and turn(found, 1)["cut_in"] is True
    assert turn(found, 1)["barge_in"] is None
    assert latencies_ms(found) == [] and unanswered(found) == 0


def test_nothing_for_8_s_is_no_latency_and_a_turn_all_the_same() -> None:
    call = measured(
        [GREETING, (20_000, 21_000, Tag(0, 1, 0))], [act(1, 2_600, 4_000), act(2, 18_000, 19_000)]
    )
    found = report(call, {"turns": [recorded(0, "greeting"), recorded(1, "reply", (18_000, 19_000))]})
    assert [(one["kind"], one["caller"], one["latency_ms"]) for one in found["turns"]] == [
        ("greeting", [], 300),
        ("reply", ["c1"], None),
        ("reply", ["c2"], 1_000),
    ]
    assert unanswered(found) == 1
    late = report(measured([GREETING, (12_010, 13_000, Tag(0, 1, 0))], [act(1, 2_600, 4_000)]), None)
    assert turn(late, 1)["latency_ms"] is None


def test_a_barge_in_counts_from_the_callers_first_sound_to_the_agents_last_played_sample() -> None:
    sound = [GREETING, (4_600, 5_710, Tag(0, 1, 0)), (7_000, 8_000, Tag(1, 2, 0))]
    acts = [act(1, 2_600, 4_000), act(2, 5_300, 6_400)]
    clears = [Clear(5_710 * 8, 2_400, Tag(0, 1, 0))]
    entries = [
        recorded(0, "greeting"),
        recorded(1, "reply", (2_700, 3_990)),
        recorded(2, "reply", (5_320, 6_390)),
    ]
    found = report(measured(sound, acts, clears), {"turns": entries})
    assert turn(found, 1)["barge_in"] == {"at_ms": 5_300, "silent_after_ms": 410, "resumed_after_ms": None}
    assert [span["cleared"] for span in found["agent"]] == [False, True, False]
    assert turn(found, 2)["caller"] == ["c2"] and turn(found, 2)["latency_ms"] == 600
    assert turn(found, 2)["barge_in"] is None and turn(found, 0)["barge_in"] is None


def test_after_a_cough_the_resumed_turn_is_counted_from_the_cough() -> None:
    sound = [GREETING, (4_600, 5_600, Tag(0, 1, 0)), (6_500, 8_000, Tag(1, 2, 0))]
    acts = [act(1, 2_600, 4_000), act(2, 5_300, 5_700)]
    entries = [
        recorded(0, "greeting"),
        recorded(1, "reply", (2_700, 3_990)),
        recorded(2, "resume", (5_320, 5_690)),
    ]
    found = report(measured(sound, acts, [Clear(5_600 * 8, 2_400, Tag(0, 1, 0))]), {"turns": entries})
    assert turn(found, 1)["barge_in"] == {"at_ms": 5_300, "silent_after_ms": 300, "resumed_after_ms": 1_200}
    same_turn = [GREETING, (4_600, 5_600, Tag(0, 1, 0)), (6_500, 8_000, Tag(1, 1, 0))]
    found = report(measured(same_turn, acts, [Clear(5_600 * 8, 2_400, Tag(0, 1, 0))]), {"turns": entries[:2]})
    assert turn(found, 1)["barge_in"] == {"at_ms": 5_300, "silent_after_ms": 300, "resumed_after_ms": 1_200}
    assert turn(found, 1)["agent"] == ["a2", "a3"]


def test_a_cough_that_the_agent_speaks_over_is_no_unanswered_question() -> None:
    sound = [GREETING, (4_600, 9_000, Tag(0, 1, 0))]
    entries = [recorded(0, "greeting"), recorded(1, "reply", (2_700, 3_990))]
    found = report(measured(sound, [act(1, 2_600, 4_000), act(2, 5_300, 5_700)]), {"turns": entries})
    assert turn(found, 1)["barge_in"]["silent_after_ms"] == 3_700
    assert (turn(found, 2)["kind"], turn(found, 2)["caller"]) == ("resume", ["c2"])
    assert unanswered(found) == 0
    ignored = measured(sound, [act(1, 2_600, 4_000), act(2, 8_500, 9_800)])
    assert unanswered(report(ignored, {"turns": entries})) == 1


def test_a_recording_that_the_server_took_for_two_turns_belongs_to_both() -> None:
    sound = [GREETING, (3_400, 3_700, Tag(0, 1, 0)), (5_000, 6_000, Tag(1, 2, 0))]
    entries = [
        recorded(0, "greeting"),
        recorded(1, "reply", (2_700, 3_000)),
        recorded(2, "reply", (3_500, 4_400)),
    ]
    found = report(measured(sound, [act(1, 2_600, 4_500)]), {"turns": entries})
    assert (turn(found, 1)["latency_ms"], turn(found, 1)["cut_in"]) == (-1_100, True)
    assert (turn(found, 2)["latency_ms"], turn(found, 2)["cut_in"]) == (500, False)
    silent = report(measured([GREETING, sound[2]], [act(1, 2_600, 4_500)]), {"turns": entries})
    assert turn(silent, 1)["caller"] == [] and turn(silent, 2)["latency_ms"] == 500


def test_a_foreign_server_is_measured_by_sound_alone_and_its_words_are_null() -> None:
    sound = [(500, 2_000, None), (5_000, 6_000, None), (6_200, 7_000, None), (12_000, 12_500, None)]
    found = report(measured(sound, [act(1, 3_000, 4_200)]), None)
    assert found["server_record"] is False
    assert [(one["kind"], one["agent"], one["latency_ms"]) for one in found["turns"]] == [
        ("greeting", ["a1"], 500),
        ("reply", ["a2"], 800),
        ("reprompt", ["a3"], None),
    ]
    assert all(
        one[key] is None
        for one in found["turns"]
        for key in ("transcript", "sentences", "stages_ms", "answer_latency_ms", "slots", "interrupted")
    )


def test_keys_are_answered_like_speech() -> None:
    entries = [recorded(0, "greeting"), recorded(1, "reply", None)]
    entries[1]["caller"] = [{"kind": "keys", "start_ms": 3_000, "end_ms": 4_000}]
    call = measured([GREETING, (4_400, 5_000, Tag(0, 1, 0))], [act(1, 3_000, 4_000, "keys")])
    found = report(call, {"turns": entries})
    assert found["caller"][0] == {
        "id": "c1",
        "kind": "keys",
        "source": "keys",
        "start_ms": 3_000,
        "end_ms": 4_000,
    }
    assert turn(found, 1)["caller"] == ["c1"] and turn(found, 1)["latency_ms"] == 400


def test_a_silence_under_300_ms_joins_two_sentences_and_another_turn_never_does() -> None:
    sound = [
        (300, 1_000, Tag(0, 0, 0)),
        (1_250, 2_000, Tag(0, 0, 1)),
        (2_100, 3_000, Tag(0, 1, 0)),
        (3_300, 4_000, Tag(0, 1, 1)),
    ]
    found = report(measured(sound, []), None)
    assert [(span["start_ms"], span["end_ms"]) for span in found["agent"]] == [
        (300, 2_000),
        (2_100, 3_000),
        (3_300, 4_000),
    ]


def test_gaps_are_listed_and_the_longest_is_named() -> None:
    call = measured([GREETING], [], underruns=[Underrun(500, 20), Underrun(900, 60)])
    line = report(call, None)["line"]
    assert line["max_gap_ms"] == 60 and line["underruns"][0] == {"at_ms": 500, "ms": 20}


def test_the_close_tells_who_ended_the_call() -> None:
    assert [
        ended_by(*close) for close in ((1000, "agent"), (1000, "transfer"), (1000, "timeout"), (1000, ""))
    ] == [
        "agent",
        "transfer",
        "timeout",
        "agent",
    ]
    assert [ended_by(code, "x") for code in (1013, 1008, 1009, 1011, 1006, None)] == ["busy"] + ["error"] * 5


def test_the_records_address_is_that_of_the_socket() -> None:
    assert (
        record_address("ws://127.0.0.1:8765/softphone?token=x", "a/b") == "http://127.0.0.1:8765/calls/a%2Fb"
    )
    assert record_address("wss://host.example/softphone", "c") == "https://host.example/calls/c"
    assert dialled("ws://127.0.0.1:8765") == "ws://127.0.0.1:8765/softphone"
    assert dialled("ws://127.0.0.1:8765/stock") == "ws://127.0.0.1:8765/stock"


def test_the_transcript_shows_each_line_once_and_the_last_line_counts() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    view = TranscriptView(console)
    call = measured([GREETING, (4_650, 6_000, Tag(0, 1, 0))], [act(1, 2_600, 4_000)])
    entries = [recorded(0, "greeting"), recorded(1, "reply", (2_700, 3_990), "opener", "answer")]
    found = report(call, {"turns": entries})
    view.update(found)
    view.update(found)
    view.update(found, final=True)
    console.print(summary(found, latencies_ms(found), unanswered(found)))
    shown = console.export_text()
    assert shown.count("where is it") == 1 and shown.count("Words.") == 3 and shown.count("650 ms") == 3
    assert (
        "1 turn, p50 650 ms, p95 650 ms, 0 unanswered, 0 cut-ins, 0 underruns; 40.0 s, ended by caller"
        in shown
    )
    assert [colour(ms) for ms in (799, 800, 1_499, 1_500, -1)] == [
        "green",
        "yellow",
        "yellow",
        "red",
        "magenta",
    ]
    assert percentile([5, 1, 3], 50) == 3 and percentile(list(range(1, 101)), 95) == 95
    assert percentile([], 50) is None
