"""What counts as heard, where speech ends, and which files can be played."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from telephony.line.audibility import Stretch, first_audible_ms, levels_dbfs, spans, speech_stretch
from telephony.line.sound import SoundError, read_sound

CALLERS = Path(__file__).parents[1] / "callers"


def square(samples: int, amplitude: float) -> np.ndarray:
    """A square wave: its RMS is its amplitude."""
    return (np.where(np.arange(samples) % 8 < 4, 1, -1) * amplitude).astype(np.int16)


def test_a_frame_above_45_dbfs_is_heard_and_one_below_is_not() -> None:
    loud, soft = 32_768 * 10 ** (-44.5 / 20), 32_768 * 10 ** (-45.5 / 20)
    assert first_audible_ms(np.concatenate([square(800, soft), square(80, loud)])) == 100
    assert first_audible_ms(square(800, soft)) is None
    assert levels_dbfs(square(80, 32_767))[0] == pytest.approx(0, abs=0.01)


def test_the_end_is_the_last_frame_within_35_db_of_the_loudest() -> None:
    pcm = np.concatenate(
        [
            np.zeros(160, np.int16),
            square(800, 16_000),
            square(400, 16_000 * 10 ** (-34 / 20)),
            square(400, 16_000 * 10 ** (-36 / 20)),
        ]
    )
    assert speech_stretch(pcm) == Stretch(20, 170)


def test_a_span_ends_where_300_ms_of_silence_begin() -> None:
    heard = np.array([1] * 5 + [0] * 29 + [1] * 3 + [0] * 30 + [1], dtype=np.bool_)
    assert spans(heard) == [Stretch(0, 370), Stretch(670, 680)]


def test_any_rate_is_brought_to_8_khz(tmp_path: Path) -> None:
    for rate_hz in (8_000, 16_000, 22_050, 44_100, 48_000):
        path = tmp_path / f"{rate_hz}.wav"
        said = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)
        soundfile.write(path, np.concatenate([np.zeros(rate_hz // 10), said]), rate_hz)
        sound = read_sound(path)
        assert len(sound.pcm) == pytest.approx(8_800, abs=2)
        assert sound.speech.start_ms in (90, 100) and sound.speech.end_ms in (1_100, 1_110)


@pytest.mark.parametrize("suffix", [".label", ".json"])
def test_a_label_beside_the_file_overrides_the_measured_ends(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "said.wav"
    soundfile.write(path, np.ones(8_000) * 0.3, 8_000)
    path.with_suffix(suffix).write_text(json.dumps({"start_ms": 100, "end_ms": 620}))
    assert read_sound(path).speech == Stretch(100, 620)
    path.with_suffix(suffix).write_text(json.dumps({"start_ms": 100, "end_ms": 1_620}))
    with pytest.raises(SoundError, match="outside its sound"):
        read_sound(path)
    path.with_suffix(suffix).write_text("end: 3")
    with pytest.raises(SoundError, match="is no label"):
        read_sound(path)


def test_the_recorded_callers_are_small_mono_and_can_be_played() -> None:
    paths = sorted(CALLERS.glob("*.wav"))
    assert len(paths) >= 15
    assert sum(path.stat().st_size for path in paths) < 3_000_000
    for path in paths:
        assert read_sound(path).speech.end_ms > 0
