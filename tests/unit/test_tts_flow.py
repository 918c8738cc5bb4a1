"""Sound shaped while it comes: nothing lost at the joints, silence at the ends cut."""

import numpy as np
import pytest

from agent.tts.flow import Flow
from agent.tts.protocol import RATE_HZ


def tone(ms: int, rate_hz: int, level: float = 8000) -> np.ndarray:
    return (np.sin(2 * np.pi * 400 * np.arange(rate_hz * ms // 1000) / rate_hz) * level).astype(np.int16)


def silence(ms: int, rate_hz: int) -> np.ndarray:
    return np.zeros(rate_hz * ms // 1000, np.int16)


def flowed(pcm: np.ndarray, rate_hz: int, sizes: list[int], tail_ms: int = 100) -> list[np.ndarray]:
    flow, at, out = Flow(rate_hz, tail_ms), 0, []
    for size in [*sizes, len(pcm)]:
        out.append(flow.add(pcm[at : at + size]))
        at += size
    return [*out, flow.end()]


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000])
def test_parts_of_any_size_are_the_same_sound_as_the_whole(rate_hz):
    pcm = np.concatenate(
        (silence(200, rate_hz), tone(700, rate_hz), silence(90, rate_hz), tone(300, rate_hz))
    )
    whole = np.concatenate(flowed(pcm, rate_hz, []))
    parts_out = flowed(pcm, rate_hz, [1, 777, 5_000, 3, 9_999])
    cut = np.concatenate(parts_out)
    assert all(len(part) % 160 == 0 for part in parts_out)
    assert len(cut) == len(whole)
    assert np.abs(cut.astype(int) - whole).max() <= 1
    assert 1.08 <= len(whole) / RATE_HZ <= 1.14
    assert abs(int(np.abs(whole.astype(int)).max()) - 8000) < 500


def test_silence_at_the_ends_is_cut_and_within_is_kept():
    rate_hz = 24_000
    pcm = np.concatenate(
        (silence(2_000, rate_hz), tone(400, rate_hz), silence(500, rate_hz), tone(400, rate_hz))
    )
    out = np.concatenate(flowed(np.concatenate((pcm, silence(3_000, rate_hz))), rate_hz, [24_000] * 5))
    loud = np.flatnonzero(np.abs(out.astype(int)) > 200)
    assert loud[0] < 20 * 8
    assert 90 * 8 <= len(out) - loud[-1] <= 130 * 8
    assert np.diff(loud).max() == pytest.approx(500 * 8, abs=200)


def test_sound_leaves_before_the_clause_is_over():
    flow = Flow(24_000, 100)
    assert len(flow.add(tone(500, 24_000))) >= 400 * 8


def test_the_ends_are_faded_and_the_peak_is_bounded():
    out = np.concatenate(flowed(tone(400, 24_000, 32_767), 24_000, [], tail_ms=0))
    assert abs(int(out[0])) < 200 and abs(int(out[-1])) < 200
    assert np.abs(out.astype(int)).max() < 32767 * 10 ** (-1 / 20)


def test_nothing_but_silence_is_nothing():
    assert sum(map(len, flowed(silence(1_000, 24_000), 24_000, [4_000, 4_000]))) == 0
    assert len(Flow(24_000, 100).end()) == 0
