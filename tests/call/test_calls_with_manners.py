"""Manners that are heard in time and sound: waiting, and another speed."""

from collections.abc import Callable

import soundfile
from program import spoken, voiced_ms

Report = Callable[[str], dict]

ALL_RIGHT_MS = 1470
"""Of sound in "All right, more slowly.", at 0.65 of the speed: the most of three (1,310 to 1,470)."""


def sound_ms(call: dict, turn: dict) -> int:
    """How much of the agent is heard in a turn, pauses left out."""
    agent = soundfile.read(call["audio"]["wav"], dtype="int16")[0][:, 1]
    stretches = [one for one in call["agent"] if one["id"] in turn["agent"]]
    return sum(voiced_ms(agent[one["start_ms"] * 8 : one["end_ms"] * 8]) for one in stretches)


def test_one_who_looks_for_a_number_is_waited_for_and_the_keys_count(report: Report):
    call = report("manners")
    replies = spoken(call)
    assert [turn["intent"] for turn in replies[:4]] == [
        "order_status",
        "wait",
        "order_status",
        "order_status",
    ]
    assert replies[2]["slots"]["order_number"] == "12345"
    heard = {one["id"]: one for one in call["agent"]}
    waited_from = max(heard[name]["end_ms"] for name in replies[1]["agent"])
    keyed = next(one for one in call["caller"] if one["kind"] == "keys")
    assert keyed["start_ms"] - waited_from > 7_000, "longer than the agent waits for others"
    assert not [one for one in call["agent"] if waited_from < one["start_ms"] < keyed["start_ms"]]


def test_an_answer_that_was_too_fast_is_said_again_more_slowly(report: Report):
    call = report("manners")
    replies = spoken(call)
    slower = [turn for turn in replies if turn["intent"] == "slower"]
    assert all(turn["text"].endswith(replies[3]["text"]) for turn in slower)
    usual, slow = sound_ms(call, replies[3]), sound_ms(call, slower[1]) - ALL_RIGHT_MS
    assert 1.2 < slow / usual < 1.6, "the same sentences, at 0.65 of the speed"
    assert call["ended_by"] == "agent"
