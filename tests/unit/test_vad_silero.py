"""Silero itself, on recorded speech: one model, a state a session, never deaf for long."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.settings.tree import Models, Vad
from agent.vad import open_engine
from agent.vad import silero as silero_file
from agent.vad.activity import Activity
from agent.vad.fake import FakeVadEngine
from agent.vad.silero import SileroEngine
from agent.vad.windows import Windows

EARS = Path(__file__).parents[1] / "data" / "ears"


@pytest.fixture(scope="module")
def engine() -> SileroEngine:
    return SileroEngine()


def sound(name: str) -> np.ndarray:
    samples, rate_hz = soundfile.read(EARS / f"{name}.wav", dtype="int16")
    assert rate_hz == 8000
    return samples


def probabilities(engine, samples) -> np.ndarray:
    session = engine.open()
    return np.array([session.probability(window) for window in Windows().add(samples)])


def test_speech_is_heard_where_it_is(engine):
    samples = np.concatenate((np.zeros(8000, np.int16), sound("return_a_jacket"), np.zeros(8000, np.int16)))
    activity, events = Activity(Vad()), []
    for probability in probabilities(engine, samples):
        events += filter(None, [activity.step(probability)])
    first, last = events[0], [event for event in events if event.kind == "paused"][-1]
    assert 7000 < first.at_sample < 9600
    assert abs(last.at_sample - (len(samples) - 8000)) < 2400


@pytest.mark.parametrize("name", ["dog", "ringing"])
def test_a_dog_and_a_telephone_are_no_speech(engine, name):
    activity = Activity(Vad())
    assert not any(activity.step(probability) for probability in probabilities(engine, sound(name)))


def test_sessions_that_take_turns_hear_what_each_hears_alone(engine):
    one, two = sound("return_a_jacket"), sound("order_number")
    alone = probabilities(engine, one), probabilities(engine, two)
    first, second = engine.open(), engine.open()
    together: tuple[list[float], list[float]] = ([], [])
    for left, right in zip(Windows().add(one), Windows().add(two), strict=False):
        together[0].append(first.probability(left))
        together[1].append(second.probability(right))
    for heard, expected in zip(together, alone, strict=True):
        assert np.allclose(heard, expected[: len(heard)], atol=1e-6)


@pytest.mark.parametrize(
    ("background", "word"),
    [("ringing", "digit_1_jackson_0"), ("ringing", "digit_7_theo_1"), ("crowd", "digit_1_jackson_0")],
)
def test_a_digit_is_heard_after_half_a_minute_of_noise(engine, monkeypatch, background, word):
    def voiced() -> int:
        samples = np.concatenate((np.tile(sound(background), 6)[: 8000 * 24], sound(word)))
        windows = len(sound(word)) // 256
        return int((probabilities(engine, samples)[-windows:] > 0.6).sum())

    mended = voiced()
    monkeypatch.setattr(silero_file, "RESET_SAMPLES", 10**9)
    assert voiced() == 0, "the state isn't deaf any more: the reset can go"
    assert mended >= 3


def test_a_window_of_another_size_is_refused(engine):
    with pytest.raises(ValueError, match="256"):
        engine.open().probability(np.zeros(160, np.int16))


def test_the_fake_speaks_where_its_script_says():
    session = FakeVadEngine(speech=[(64, 128)]).open()
    heard = [session.probability(np.zeros(256, np.int16)) for _ in range(6)]
    assert heard == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_settings_choose_the_engine():
    assert isinstance(open_engine(Vad(), Models()), SileroEngine)
    assert isinstance(open_engine(Vad(backend="fake"), Models()), FakeVadEngine)
