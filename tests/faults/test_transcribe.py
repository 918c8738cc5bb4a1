"""`agent transcribe`: any WAV is heard, and each mistake is a sentence without a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]
EARS = ROOT / "tests" / "data" / "ears"


def transcribe(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "agent", "transcribe", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=60)


def mistake(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The sentence on stderr, after the checks that hold for every mistake."""
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return soundfile.read(EARS / "return_a_jacket.wav", dtype="float32")[0]


def test_json_has_the_text_the_words_with_times_and_how_long_it_took():
    wav = EARS / "return_a_jacket.wav"
    done = transcribe("--json", wav)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert list(row) == ["wav", "text", "words", "took_ms", "audio_ms"]
    assert row["wav"] == str(wav)
    assert row["text"].lower().startswith("can i return")
    assert " ".join(word["text"] for word in row["words"]) == row["text"]
    assert all(list(word) == ["text", "start_ms", "end_ms"] for word in row["words"])
    times = [word[key] for word in row["words"] for key in ("start_ms", "end_ms")]
    assert times == sorted(times) and times[-1] <= row["audio_ms"] == 3145
    assert row["took_ms"] > 0


def test_stereo_at_44100_hz_24_bit_and_8_bit_and_a_long_file_are_heard(tmp_path, speech):
    import soxr

    wide = soxr.resample(speech, 8000, 44_100)
    soundfile.write(tmp_path / "stereo.wav", np.stack((wide, wide * 0), 1), 44_100, subtype="PCM_24")
    soundfile.write(tmp_path / "narrow.wav", speech, 8000, subtype="PCM_U8")
    pause = np.zeros(8000, np.float32)
    soundfile.write(tmp_path / "long.wav", np.concatenate([speech, pause] * 9), 8000, subtype="ULAW")
    done = transcribe("--json", *(tmp_path / f"{name}.wav" for name in ("stereo", "narrow", "long")))
    assert done.returncode == 0, done.stderr
    assert "stereo.wav has 2 channels" in done.stderr and done.stderr.count("channels") == 1
    stereo, narrow, long = json.loads(done.stdout)
    assert stereo["audio_ms"] == narrow["audio_ms"] == 3145
    assert stereo["text"].lower().strip(".?").endswith("bought last week")
    assert narrow["text"].lower().strip(".?").endswith("bought last week")
    assert long["audio_ms"] > 36_000
    assert long["text"].lower().count("jacket") == 9
    assert long["words"][-1]["start_ms"] > 34_000


def test_files_that_cannot_be_heard_are_told_and_the_others_are_done(tmp_path):
    (tmp_path / "notes.wav").write_text("this is no sound")
    (tmp_path / "nothing.wav").write_bytes(b"")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    good = EARS / "opening_hours.wav"
    (tmp_path / "cut.wav").write_bytes(good.read_bytes()[:30])
    bad = [tmp_path / f"{name}.wav" for name in ("notes", "nothing", "empty", "cut", "missing")]
    done = transcribe("--json", *bad, tmp_path, good)
    told = mistake(done, 1).splitlines()
    assert [row["wav"] for row in json.loads(done.stdout)] == [str(good)]
    assert len(told) == len(bad) + 1
    for path, line in zip([*bad, tmp_path], told, strict=True):
        assert line.startswith(str(path)) and line.count(": ") >= 1
    assert "empty" in told[2] and "isn't there" in told[4] and "not a file" in told[5]


def test_silence_is_an_empty_text_and_no_mistake(tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 8000)
    done = transcribe("--json", tmp_path / "silence.wav")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout)
    assert (row["text"], row["words"], row["audio_ms"]) == ("", [], 2000)


def test_plain_output_is_the_text_alone_and_stderr_is_quiet():
    done = transcribe(EARS / "thank_you.wav")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Thank you.\n", "")


def test_no_file_is_wrong_usage():
    assert "WAV" in mistake(transcribe(), 2)


def test_an_unknown_setting_is_wrong_usage():
    assert "asr.model" in mistake(transcribe(EARS / "bye.wav", "--set", "asr.modle=whisper-base"), 2)


def test_a_language_the_model_does_not_speak_is_wrong_settings():
    assert "whisper-base" in mistake(transcribe(EARS / "bye.wav", "--set", "asr.language=de"), 2)


def test_missing_weights_are_told(tmp_path):
    told = mistake(transcribe(EARS / "bye.wav", "--set", f"models.dir={tmp_path}"), 1)
    assert "agent models pull" in told
