"""The line: playout buffer, network, pace, noise, mu-law. Pure, so samples and given clocks are the time."""

import asyncio

import numpy as np
import pytest

from telephony.line import mulaw
from telephony.line.network import Direction, Quality
from telephony.line.noise import Noise, speech_level
from telephony.line.pace import Pace
from telephony.line.playout import Clear, Playout, Run, Tag, Underrun, parse_mark

TICK = 160


def tone(samples: int) -> np.ndarray:
    return (8000 * np.sin(np.arange(samples) * 0.3)).astype(np.int16)


def play(playout: Playout, ticks: int) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """What is heard in so many ticks, and each mark with its tick."""
    parts, marks = [], []
    for tick in range(ticks):
        pcm, passed = playout.play(TICK)
        parts.append(pcm)
        marks += [(tick, name) for name in passed]
    return np.concatenate(parts), marks


def test_what_has_arrived_is_played_and_what_is_lacking_is_silence() -> None:
    playout = Playout()
    sent = tone(400)
    playout.audio(sent, 0)
    heard, _ = play(playout, 4)
    assert np.array_equal(heard[:400], sent)
    assert not heard[400:].any()
    assert playout.position == 640 and playout.buffered_samples == 0


def test_a_mark_returns_when_what_was_sent_before_it_has_been_played() -> None:
    playout = Playout()
    playout.mark("first")
    playout.audio(tone(320), 0)
    playout.mark("second")
    playout.audio(tone(160), 0)
    playout.mark("third")
    _, marks = play(playout, 3)
    assert marks == [(0, "first"), (1, "second"), (2, "third")]


def test_clear_empties_the_buffer_and_returns_the_waiting_marks_at_once() -> None:
    playout = Playout()
    playout.mark("b.0.1.0")
    playout.audio(tone(1600), 0)
    playout.mark("p.0.1.1600")
    playout.audio(tone(160), 0)
    playout.mark("e.0.1")
    play(playout, 2)
    assert playout.clear() == ["p.0.1.1600", "e.0.1"]
    heard, marks = play(playout, 3)
    assert not heard.any() and marks == []
    assert playout.clears == [Clear(320, 1440, Tag(0, 1, 0))]


def test_each_sample_belongs_to_the_sentence_that_its_marks_name() -> None:
    playout = Playout()
    playout.mark("b.0.3.0")
    playout.audio(tone(200), 0)
    playout.mark("b.0.3.1")
    playout.audio(tone(100), 0)
    playout.mark("e.0.3")
    play(playout, 2)
    assert playout.runs == [Run(0, 200, Tag(0, 3, 0)), Run(200, 300, Tag(0, 3, 1))]


def test_a_gap_inside_a_sentence_is_an_underrun() -> None:
    playout = Playout()
    playout.mark("b.0.1.0")
    playout.audio(tone(160), 0)
    play(playout, 4)
    playout.audio(tone(160), 80)
    play(playout, 1)
    assert playout.underruns == [Underrun(20, 60)]


def test_a_gap_between_sentences_or_behind_a_turn_is_none() -> None:
    playout = Playout()
    for name in ("b.0.1.0", "b.0.1.1"):
        playout.mark(name)
        playout.audio(tone(160), 0)
        play(playout, 4)
    playout.mark("e.0.1")
    play(playout, 10)
    playout.mark("b.0.2.0")
    playout.audio(tone(160), 0)
    play(playout, 1)
    assert playout.underruns == []


def test_a_gap_made_by_clear_is_none() -> None:
    playout = Playout()
    playout.mark("b.0.1.0")
    playout.audio(tone(800), 0)
    play(playout, 1)
    playout.clear()
    play(playout, 3)
    playout.mark("b.1.1.0")
    playout.audio(tone(160), 0)
    play(playout, 1)
    assert playout.underruns == []


def test_without_named_marks_a_short_gap_is_an_underrun_and_a_long_one_is_a_pause() -> None:
    playout = Playout()
    for silent_ticks in (3, 20, 1):
        playout.audio(tone(160), 0)
        play(playout, silent_ticks)
    assert playout.underruns == [Underrun(20, 40)]


def test_the_arrival_gap_counts_within_a_sentence_alone() -> None:
    playout = Playout()
    playout.mark("b.0.1.0")
    for arrived_ms in (0, 40, 130):
        playout.audio(tone(160), arrived_ms)
    playout.mark("b.0.1.1")
    playout.audio(tone(160), 900)
    playout.mark("e.0.1")
    playout.mark("b.0.2.0")
    playout.audio(tone(160), 9_000)
    assert playout.max_arrival_gap_ms == 90


def test_a_buffer_of_two_minutes_takes_no_more() -> None:
    playout = Playout()
    for _ in range(130):
        playout.audio(tone(8000), 0)
    assert playout.buffered_samples == 120 * 8000 and playout.refused_samples == 10 * 8000


@pytest.mark.parametrize("name", ["b.1.2", "e.1.2.3", "x.1.2.3", "b.1.2.-3", "greeting", "", "b.1.2.²"])
def test_a_strange_mark_is_opaque(name: str) -> None:
    assert parse_mark(name) is None


def test_mulaw_agrees_with_the_tables_of_the_standard_library() -> None:
    audioop = pytest.importorskip("audioop")
    pcm = np.arange(-32_768, 32_768).astype(np.int16)
    ours = np.abs(mulaw.decode(mulaw.encode(pcm)).astype(int) - pcm)
    theirs = np.abs(
        np.frombuffer(audioop.ulaw2lin(audioop.lin2ulaw(pcm.tobytes(), 2), 2), np.int16).astype(int) - pcm
    )
    assert ours.max() <= theirs.max() and ours.mean() <= theirs.mean() * 1.01
    every = bytes(range(256))
    assert mulaw.decode(every).tobytes() == audioop.ulaw2lin(every, 2)
    assert mulaw.decode(mulaw.encode(mulaw.decode(every))).tolist() == mulaw.decode(every).tolist()
    assert mulaw.encode(np.zeros(2, np.int16)) == bytes([mulaw.SILENCE] * 2)


def test_the_network_loses_its_share_and_the_same_seed_loses_the_same() -> None:
    lost = [Direction(Quality(loss=0.1, seed=3), "up").loses() for _ in range(2)]
    assert lost[0] == lost[1]
    direction = Direction(Quality(loss=0.1, seed=3), "up")
    count = sum(direction.loses() for _ in range(5000))
    assert 400 < count < 600 and direction.lost == count
    assert not any(Direction(Quality(), "up").loses() for _ in range(1000))


def test_jitter_delays_up_to_its_bound_and_never_changes_the_order() -> None:
    direction = Direction(Quality(jitter_ms=50), "down")
    arrivals = [direction.arrives_ms(sent) for sent in range(0, 20_000, 20)]
    delays = [arrived - sent for arrived, sent in zip(arrivals, range(0, 20_000, 20), strict=True)]
    assert arrivals == sorted(arrivals)
    assert min(delays) >= 0 and 40 < max(delays) <= 50
    assert direction.follows_ms(0) == arrivals[-1]


async def test_late_ticks_catch_up_and_nothing_drifts() -> None:
    clock = [100.0]

    async def sleep(seconds: float) -> None:
        clock[0] += seconds
        await asyncio.sleep(0)

    pace = Pace(lambda: clock[0], sleep)
    seen = []
    async for number in pace.ticks():
        seen.append((number, round(pace.now_ms())))
        if number == 3:
            clock[0] += 0.1  # the machine was away for 100 ms
        if number == 12:
            break
    assert seen[:4] == [(0, 0), (1, 20), (2, 40), (3, 60)]
    assert seen[4:9] == [(4, 160), (5, 160), (6, 160), (7, 160), (8, 160)]
    assert seen[9:] == [(9, 180), (10, 200), (11, 220), (12, 240)]
    assert round(pace.worst_late_ms) == 80


def test_noise_lies_at_its_distance_below_the_speech_and_never_ends() -> None:
    speech = tone(8000)
    noise = Noise(np.random.default_rng(1).normal(0, 300, 777).astype(np.int16), speech_level([speech]), 10)
    alone = np.concatenate([noise.under(np.zeros(TICK, np.int16)) for _ in range(50)]).astype(float)
    distance_db = 20 * np.log10(np.sqrt(np.mean(speech.astype(float) ** 2)) / np.sqrt(np.mean(alone**2)))
    assert distance_db == pytest.approx(10, abs=0.3)
    assert np.array_equal(alone[:777], alone[777 : 2 * 777])
