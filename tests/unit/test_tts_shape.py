"""What the telephone gets of a sentence: trimmed, whole to its end, without clicks."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from agent.tts.protocol import RATE_HZ
from agent.tts.shape import FRAME_SAMPLES, shape

SOURCE_HZ = 22_050


def tone(ms: int, level: float = 0.5, hz: float = 440.0) -> NDArray[np.int16]:
    time = np.arange(SOURCE_HZ * ms // 1000) / SOURCE_HZ
    return (np.sin(2 * np.pi * hz * time) * level * 32767).astype(np.int16)


def silence(ms: int) -> NDArray[np.int16]:
    return np.zeros(SOURCE_HZ * ms // 1000, np.int16)


def energy(pcm: NDArray[np.int16], rate_hz: int) -> float:
    """Sum of squares a second: comparable between rates."""
    return float((pcm.astype(np.float64) ** 2).sum()) / rate_hz


def sounds_ms(pcm: NDArray[np.int16], level: float = 60.0) -> tuple[float, float]:
    loud = np.flatnonzero(np.abs(pcm) > level)
    return loud[0] * 1000 / RATE_HZ, (loud[-1] + 1) * 1000 / RATE_HZ


def test_the_last_100_ms_keep_their_energy_and_an_unflushed_resampler_loses_them() -> None:
    source = np.concatenate([tone(900, hz=300), tone(100, hz=700)])
    stream = soxr.ResampleStream(SOURCE_HZ, RATE_HZ, 1, dtype="int16", quality="VHQ")
    unflushed = stream.resample_chunk(source)
    wanted = energy(source[-SOURCE_HZ // 10 :], SOURCE_HZ)

    kept = energy(shape(source, SOURCE_HZ)[RATE_HZ * 9 // 10 : RATE_HZ], RATE_HZ)

    assert energy(unflushed[RATE_HZ * 9 // 10 : RATE_HZ], RATE_HZ) < 0.5 * wanted
    assert kept == pytest.approx(wanted, rel=0.05)


def test_a_weak_last_sound_is_not_taken_for_silence() -> None:
    weak = tone(60, level=0.5 * 10 ** (-38 / 20), hz=2_500)
    out = shape(np.concatenate([tone(500), silence(40), weak, silence(300)]), SOURCE_HZ)
    last_20_ms = out[RATE_HZ * 580 // 1000 : RATE_HZ * 600 // 1000]
    assert energy(last_20_ms, RATE_HZ) == pytest.approx(energy(weak[:441], SOURCE_HZ), rel=0.2)


def test_silence_before_is_at_most_20_ms_and_behind_about_100() -> None:
    out = shape(np.concatenate([silence(200), tone(400), silence(500)]), SOURCE_HZ)
    first, last = sounds_ms(out)
    assert first <= 20
    assert 80 <= len(out) * 1000 / RATE_HZ - last <= 125
    assert last - first == pytest.approx(400, abs=8)


def test_a_sentence_that_starts_at_once_loses_nothing() -> None:
    out = shape(tone(300), SOURCE_HZ)
    assert sounds_ms(out)[0] < 2
    assert energy(out, RATE_HZ) == pytest.approx(energy(tone(300), SOURCE_HZ), rel=0.03)


@pytest.mark.parametrize("ms", [1, 7, 20, 333, 1001])
def test_the_length_is_whole_packets_of_20_ms(ms: int) -> None:
    out = shape(tone(ms), SOURCE_HZ)
    assert len(out) > 0
    assert len(out) % FRAME_SAMPLES == 0


def test_the_peak_is_under_minus_one_dbfs() -> None:
    loud = np.where(np.arange(SOURCE_HZ) // 25 % 2, 32767, -32768).astype(np.int16)
    assert np.abs(shape(loud, SOURCE_HZ).astype(int)).max() < 32767 * 10 ** (-1 / 20)


def test_quiet_sentences_are_not_made_louder() -> None:
    assert np.abs(shape(tone(300, level=0.1), SOURCE_HZ)).max() == pytest.approx(3277, rel=0.03)


def test_both_ends_start_from_zero() -> None:
    square = np.full(SOURCE_HZ // 4, 12_000, np.int16)
    out = shape(square, SOURCE_HZ)
    assert abs(int(out[0])) < 600
    assert np.abs(np.diff(out.astype(int))).max() < 3_000


def test_silence_and_nothing_are_nothing() -> None:
    assert len(shape(silence(500), SOURCE_HZ)) == 0
    assert len(shape(np.zeros(0, np.int16), SOURCE_HZ)) == 0
