"""Silero itself, on recorded speech: one model, a state a session, never deaf for long."""

import numpy as np
import pytest
from pipecat.audio.vad.vad_analyzer import VADState

from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.settings.tree import Models, Vad
from agent.vad import open_engine
from agent.vad import silero as silero_file
from agent.vad.fake import FakeVadEngine
from agent.vad.silero import SileroEngine
from tests.ears import sound


@pytest.fixture(scope="module")
def engine() -> SileroEngine:
    return SileroEngine()


def windows(samples: np.ndarray) -> np.ndarray:
    whole = len(samples) // 256
    return samples[: whole * 256].reshape(whole, 256)


def probabilities(engine, samples) -> np.ndarray:
    session = engine.open()
    return np.array([session.probability(window) for window in windows(samples)])


async def changes(engine, samples) -> list[tuple[VADState, int]]:
    """What a call's analyzer says anew, with the sample at which it does, frame by frame."""
    analyzer = SharedVadAnalyzer(engine.open(), Vad())
    analyzer.set_sample_rate(8000)
    found: list[tuple[VADState, int]] = []
    for at in range(0, len(samples) - 159, 160):
        state = await analyzer.analyze_audio(samples[at : at + 160].tobytes())
        if not found or state != found[-1][0]:
            found.append((state, at + 160))
    return found


async def test_speech_is_heard_where_it_is(engine):
    samples = np.concatenate((np.zeros(8000, np.int16), sound("return_a_jacket"), np.zeros(8000, np.int16)))
    said = await changes(engine, samples)
    first = next(at for state, at in said if state == VADState.SPEAKING)
    last = next(at for state, at in reversed(said) if state == VADState.QUIET)
    settings = Vad()
    assert 7000 < first - settings.start_ms * 8 < 9600
    assert abs(last - settings.stop_ms * 8 - (len(samples) - 8000)) < 2400


@pytest.mark.parametrize("name", ["dog", "ringing"])
async def test_a_dog_and_a_telephone_are_no_speech(engine, name):
    assert VADState.SPEAKING not in {state for state, _ in await changes(engine, sound(name))}


def test_sessions_that_take_turns_hear_what_each_hears_alone(engine):
    one, two = sound("return_a_jacket"), sound("order_number")
    alone = probabilities(engine, one), probabilities(engine, two)
    first, second = engine.open(), engine.open()
    together: tuple[list[float], list[float]] = ([], [])
    for left, right in zip(windows(one), windows(two), strict=False):
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
