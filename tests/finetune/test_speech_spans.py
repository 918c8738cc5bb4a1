"""Where speech is cut: in pauses, never over the longest, one speaker at a time."""

import itertools

import numpy as np
import pytest

from agent.vad.fake import FakeVadEngine
from finetune.data.speech.diarization import SpeakerTurn
from finetune.data.speech.sound import normalised, one_sound
from finetune.data.speech.speakers import Attribution, Roles
from finetune.data.speech.speech_spans import WINDOW_MS, Span, probabilities, speech_spans, stretches


class ScriptedDiarizer:
    def __init__(self, *turns: tuple[int, int, int]) -> None:
        self._turns = [SpeakerTurn(*turn) for turn in turns]

    def turns(self, audio: np.ndarray, spans: object) -> list[SpeakerTurn]:
        return self._turns


def heard(*speech: tuple[int, int], length_ms: int) -> np.ndarray:
    audio = np.zeros(length_ms * 16, dtype=np.float32)
    return probabilities(FakeVadEngine(speech), audio, 16_000)


def test_every_window_of_a_recording_gets_a_probability() -> None:
    found = heard((0, 500), length_ms=1_000)
    assert len(found) == -(-1_000 // WINDOW_MS) and found[0] == 1.0 and found[-1] == 0.0


def test_short_silences_stay_inside_and_clicks_are_no_speech() -> None:
    found = heard((320, 960), (1_056, 1_600), (2_400, 2_440), (3_200, 4_000), length_ms=5_000)
    assert speech_spans(found) == [Span(320, 1_600), Span(3_200, 4_000)]


def test_speech_is_cut_in_its_longest_pause_and_never_longer_than_allowed() -> None:
    pieces = [(at, at + 4_640) for at in range(0, 80_000, 5_120)]
    pieces[3] = (pieces[3][0], pieces[3][1] - 160)
    found = heard(*pieces, length_ms=90_000)
    spans = speech_spans(found)
    cut = [span for _, span in stretches([spans], found, 90_000)]
    assert cut[0].end_ms == pytest.approx(pieces[3][1] + 160, abs=WINDOW_MS)
    assert len(cut) > 2 and all(span.length_ms <= 30_000 for span in cut)
    for one, two in itertools.pairwise(cut):
        assert one.end_ms <= two.start_ms
    for start, end in pieces:
        assert sum(span.start_ms <= start and span.end_ms >= end - WINDOW_MS for span in cut) == 1


def test_who_never_pauses_is_cut_where_speech_is_least_likely() -> None:
    found = np.full(45_000 // WINDOW_MS, 0.9, dtype=np.float32)
    found[600] = 0.6
    cut = [span for _, span in stretches([[Span(0, 44_992)]], found, 45_000)]
    assert [span.end_ms for span in cut] == [600 * WINDOW_MS, 44_992 + 8]
    assert cut[1].start_ms == 600 * WINDOW_MS


def test_a_long_pause_parts_two_segments_with_some_silence_around_each() -> None:
    found = heard((1_024, 2_048), (3_072, 4_096), length_ms=5_000)
    cut = stretches([speech_spans(found)], found, 5_000)
    assert [(span.start_ms, span.end_ms) for _, span in cut] == [(864, 2_208), (2_912, 4_256)]


def test_two_channels_are_caller_and_agent_in_the_order_of_time() -> None:
    audio = np.zeros((2, 80_000), dtype=np.float32)
    audio[0, 48_000:64_000] = 0.5
    audio[1, 16_000:32_000] = 0.5
    attribution = Attribution(FakeVadEngine(), ScriptedDiarizer())
    found = attribution.stretches(audio, 16_000)
    assert [(stretch.channel, stretch.speaker) for stretch in found] == [(1, "agent"), (0, "caller")]
    swapped = Attribution(FakeVadEngine(), ScriptedDiarizer(), Roles(agent_channel=0))
    assert [stretch.speaker for stretch in swapped.stretches(audio, 16_000)] == ["caller", "agent"]


def test_what_leaks_into_the_other_channel_is_nobodys_speech_there() -> None:
    audio = np.zeros((2, 80_000), dtype=np.float32)
    audio[1, 16_000:32_000] = 0.5
    audio[0, 16_000:32_000] = 0.03
    audio[0, 48_000:64_000] = 0.5
    attribution = Attribution(FakeVadEngine(), ScriptedDiarizer())
    assert [stretch.speaker for stretch in attribution.stretches(audio, 16_000)] == ["agent", "caller"]
    audio[1, 16_000:32_000] = 0.0
    assert [stretch.speaker for stretch in attribution.stretches(audio, 16_000)] == ["caller", "caller"]


def test_a_channel_recorded_twice_is_told_apart_by_voice() -> None:
    audio = np.zeros(96_000, dtype=np.float32)
    audio[16_000:48_000] = 0.5
    audio[56_000:88_000] = 0.5
    attribution = Attribution(FakeVadEngine(), ScriptedDiarizer((1_000, 2_000, 0), (2_000, 5_500, 1)))
    found = attribution.stretches(np.stack([audio, audio]), 16_000)
    assert [(stretch.speaker, stretch.channel) for stretch in found] == [("agent", 0), ("caller", 0)]
    assert found[0].span.end_ms <= found[1].span.start_ms == 2_000
    assert [pause.end_ms - pause.start_ms for pause in found[1].pauses] == [480]


def test_one_voice_alone_is_neither_agent_nor_caller() -> None:
    audio = np.full((1, 32_000), 0.5, dtype=np.float32)
    attribution = Attribution(FakeVadEngine(), ScriptedDiarizer((0, 2_000, 0)))
    assert {stretch.speaker for stretch in attribution.stretches(audio, 16_000)} == {"speaker0"}


def test_the_peak_is_normalised_and_silence_stays() -> None:
    random = np.random.default_rng(1)
    quiet = (random.normal(size=1_000) * 0.01).astype(np.float32)
    assert np.abs(normalised(quiet)).max() == pytest.approx(0.95, abs=1e-6)
    assert normalised(quiet).dtype == np.float32
    for still in (np.zeros(10, np.float32), np.full(10, 2e-4, np.float32), np.zeros(0, np.float32)):
        assert np.array_equal(normalised(still), still)


def test_channels_with_a_little_noise_of_their_own_are_one() -> None:
    random = np.random.default_rng(1)
    one = random.normal(size=(1, 4_000)).astype(np.float32)
    two = np.concatenate([one, one + 0.01 * random.normal(size=(1, 4_000)).astype(np.float32)])
    assert one_sound(one) and one_sound(two) and one_sound(np.zeros((2, 10), np.float32))
    assert not one_sound(np.concatenate([one, np.zeros_like(one)]))
