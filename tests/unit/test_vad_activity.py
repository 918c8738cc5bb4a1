"""Voice activity: from probabilities to events, counted in samples."""

import numpy as np

from agent.settings.tree import Vad
from agent.vad.activity import Activity, Event
from agent.vad.windows import Windows

SPEECH, SILENCE = 0.9, 0.05


def events(probabilities: list[float], **settings: float) -> list[Event]:
    activity = Activity(Vad.model_validate(settings))
    return [event for event in map(activity.step, probabilities) if event]


def test_a_start_is_dated_back_to_its_first_speech_window():
    (event,) = events([SILENCE] * 10 + [SPEECH] * 3)
    assert (event.kind, event.at_sample, event.seen_sample) == ("started", 10 * 256, 13 * 256)


def test_a_pause_stands_at_the_end_of_the_last_speech_window():
    _started, paused = events([SPEECH] * 4 + [SILENCE] * 5)
    assert (paused.kind, paused.at_sample, paused.seen_sample) == ("paused", 4 * 256, 9 * 256)


def test_two_windows_of_speech_are_a_click_and_no_start():
    assert events([SPEECH, SPEECH, SILENCE, SILENCE] * 5) == []


def test_one_silent_window_inside_a_word_undoes_no_start():
    (event,) = events([SPEECH, SILENCE, SPEECH, SPEECH])
    assert event.at_sample == 0


def test_one_silent_window_inside_speech_is_no_pause():
    assert [event.kind for event in events([SPEECH] * 4 + [SILENCE] * 4 + [SPEECH] * 4)] == ["started"]


def test_speech_after_a_pause_starts_again_and_long_silence_stops():
    kinds = [event.kind for event in events([SPEECH] * 4 + [SILENCE] * 6 + [SPEECH] * 4 + [SILENCE] * 100)]
    assert kinds == ["started", "paused", "started", "paused", "stopped"]


def test_silence_alone_says_nothing():
    assert events([SILENCE] * 500) == []


def test_a_longer_start_is_asked_for_by_the_settings():
    assert events([SPEECH] * 6, start_ms=224) == []
    assert len(events([SPEECH] * 7, start_ms=224)) == 1


def test_silence_is_counted_from_the_last_speech_window():
    activity = Activity(Vad())
    for probability in [SPEECH] * 4 + [SILENCE] * 10:
        activity.step(probability)
    assert activity.silence_ms == 320
    assert activity.last_speech_sample == 4 * 256


def test_windows_of_256_come_out_of_frames_of_160_without_loss():
    samples = np.arange(160 * 16, dtype=np.int16)
    windows = Windows()
    cut = [window for start in range(0, len(samples), 160) for window in windows.add(samples[start:][:160])]
    assert {len(window) for window in cut} == {256}
    assert np.array_equal(np.concatenate(cut), samples)
