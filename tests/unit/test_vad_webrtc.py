"""WebRTC's detector on recorded speech and noise: what it hears, what it takes for a voice."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from pipecat.audio.vad.vad_analyzer import VADState

from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.settings import load
from agent.settings.errors import SettingsError
from agent.settings.tree import Models, Vad
from agent.vad import open_engine
from agent.vad.silero import SileroEngine
from agent.vad.webrtc import WebrtcEngine

TESTS = Path(__file__).parents[1]
SPOKEN = ("where_is_my_order", "opening_hours_man", "digits_12345_theo", "return_a_jacket", "yes")


def sound(name: str) -> np.ndarray:
    """At 8 kHz, half a second of silence before it and a second behind it."""
    samples, rate_hz = soundfile.read(TESTS / f"{name}.wav", dtype="float32")
    pcm = np.round(soxr.resample(samples, rate_hz, 8000) * 32767).clip(-32768, 32767).astype(np.int16)
    return np.concatenate((np.zeros(4096, np.int16), pcm, np.zeros(8192, np.int16)))


def heard(engine, samples: np.ndarray) -> np.ndarray:
    """Which windows of 32 ms count as voice."""
    session = engine.open()
    starts = range(0, len(samples) - 255, 256)
    return np.array([session.probability(samples[at : at + 256]) >= Vad().confidence for at in starts])


@pytest.mark.parametrize("frame_ms", [10, 20, 30])
def test_it_hears_the_speech_that_silero_hears_and_not_the_silence_around_it(frame_ms):
    silero, webrtc = SileroEngine(), WebrtcEngine(3, frame_ms)
    found = [(heard(silero, samples), heard(webrtc, samples)) for samples in _spoken()]
    truth, said = (np.concatenate(both) for both in zip(*found, strict=True))
    assert (said & truth).sum() > 0.9 * truth.sum()
    assert (said & ~truth).sum() < 0.1 * (~truth).sum()


def _spoken() -> list[np.ndarray]:
    return [sound(f"callers/{name}") for name in SPOKEN]


def test_silence_and_a_quiet_line_are_no_voice():
    hiss = np.random.default_rng(1).normal(0, 12, 16_000).astype(np.int16)
    assert not heard(WebrtcEngine(), np.zeros(16_000, np.int16)).any()
    assert heard(WebrtcEngine(), hiss).mean() < 0.05


def test_a_higher_aggressiveness_takes_less_for_a_voice():
    dog = sound("data/ears/dog")
    shares = [heard(WebrtcEngine(value), dog).mean() for value in (0, 2, 3)]
    assert shares[0] > shares[1] > shares[2]


def test_a_street_is_a_voice_to_it_and_not_to_silero():
    """Why it isn't the default; docs/engines.md says so."""
    street = sound("callers/street")[8192:24_576]
    assert heard(WebrtcEngine(), street).mean() > 0.9
    assert heard(SileroEngine(), street).mean() < 0.05


async def test_a_call_starts_and_pauses_by_it():
    samples = sound("callers/where_is_my_order")
    analyzer = SharedVadAnalyzer(open_engine(Vad(backend="webrtcvad"), Models()).open(), Vad())
    analyzer.set_sample_rate(8000)
    states = [
        (at + 160, await analyzer.analyze_audio(samples[at : at + 160].tobytes()))
        for at in range(0, len(samples) - 159, 160)
    ]
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 600)
    started = next(at for at, state in states if state == VADState.SPEAKING)
    paused = max(at for at, state in states if state == VADState.STOPPING)
    assert 0 < started - loud[0] < 1600
    assert states[-1][1] == VADState.QUIET and 0 < paused - loud[-1] < 4000


def test_every_session_has_a_detector_of_its_own():
    engine = WebrtcEngine()
    samples = sound("callers/where_is_my_order")
    alone = heard(engine, samples)
    first, second = engine.open(), engine.open()
    together = []
    for at in range(0, len(samples) - 255, 256):
        together.append(first.probability(samples[at : at + 256]) >= Vad().confidence)
        second.probability(np.zeros(256, np.int16))
    assert np.array_equal(alone, together)


def test_a_reset_forgets():
    session = WebrtcEngine().open()
    samples = sound("callers/where_is_my_order")
    starts = range(0, len(samples) - 255, 256)
    once = [session.probability(samples[at : at + 256]) for at in starts]
    session.reset()
    assert [session.probability(samples[at : at + 256]) for at in starts] == once


def test_a_window_costs_far_less_than_it_lasts():
    session = WebrtcEngine().open()
    samples = sound("callers/where_is_my_order")[: 256 * 60].reshape(60, 256)
    began = time.process_time()
    for window in samples:
        session.probability(window)
    assert time.process_time() - began < 60 * 0.032 / 50


def test_a_window_of_another_size_is_refused():
    with pytest.raises(ValueError, match="256"):
        WebrtcEngine().open().probability(np.zeros(160, np.int16))


def test_settings_choose_it_and_bound_it():
    engine = open_engine(Vad(backend="webrtcvad", aggressiveness=1, frame_ms=30), Models())
    assert isinstance(engine, WebrtcEngine) and (engine.aggressiveness, engine.frame_ms) == (1, 30)
    assert load([], ["vad.frame_ms=20"]).vad.frame_ms == 20
    for wrong in ("vad.frame_ms=25", "vad.aggressiveness=4", "vad.backend=webrtc"):
        with pytest.raises(SettingsError, match=wrong.partition("=")[0]):
            load([], [wrong])
