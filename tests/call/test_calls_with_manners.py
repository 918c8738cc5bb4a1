"""Manners that are heard in time and sound: waiting, and another speed."""

from collections.abc import Callable

from program import spoken

Report = Callable[[str], dict]


ALL_RIGHT_MS = 1100
"""Of sound in "All right, more slowly.", said slowly, its pause left out."""


def lengths_ms(call: dict, turn: dict) -> list[int]:
    """How long each of the turn's stretches of sound is."""
    return [one["end_ms"] - one["start_ms"] for one in call["agent"] if one["id"] in turn["agent"]]


def test_one_who_looks_for_a_number_is_waited_for_and_the_keys_count(report: Report):
    call = report("manners")
    replies = spoken(call)
    assert [turn["intent"] for turn in replies[:3]] == ["order_status", "wait", "order_status"]
    assert replies[2]["slots"]["order_number"] == "12345"
    heard = {one["id"]: one for one in call["agent"]}
    waited_from = max(heard[name]["end_ms"] for name in replies[1]["agent"])
    keyed = next(one for one in call["caller"] if one["kind"] == "keys")
    assert keyed["start_ms"] - waited_from > 7_000, "longer than the agent waits for others"
    assert not [one for one in call["agent"] if waited_from < one["start_ms"] < keyed["start_ms"]]


def test_an_answer_that_was_too_fast_is_said_again_more_slowly(report: Report):
    call = report("manners")
    replies = spoken(call)
    slower = next(turn for turn in replies if turn["intent"] == "slower")
    assert slower["text"].endswith(replies[2]["text"])
    usual, slow = sum(lengths_ms(call, replies[2])), sum(lengths_ms(call, slower)) - ALL_RIGHT_MS
    assert 1.03 < slow / usual < 1.6, "the same sentences, at 0.8 of the speed"
    assert call["ended_by"] == "agent"
