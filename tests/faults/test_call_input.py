"""Bad input to `agent call`: each a sentence that says what to do, and an exit code, before any call."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from agent.cli.main import main

ROOT = Path(__file__).parents[2]


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> "Call":
    """`agent call` in this process: the real command line, without a start of Python for each."""

    def run(*words: str) -> Done:
        with pytest.raises(SystemExit) as exited:
            main(["call", *words])
        captured = capsys.readouterr()
        return Done(int(exited.value.code or 0), captured.out, captured.err)

    return run


Call = Callable[..., Done]


def told(done: Done, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_stereo_wav_is_refused_with_what_to_do(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.zeros((44_100, 2)), 44_100)
    told(call(str(path)), 2, "stereo.wav", "2 channels", "mono")


def test_an_empty_wav_is_refused(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 8_000)
    told(call(str(path)), 2, "empty.wav is empty")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is text, not sound" * 10])
def test_a_file_that_is_no_sound_is_refused(tmp_path: Path, content: bytes, call: Call) -> None:
    path = tmp_path / "wrong.wav"
    path.write_bytes(content)
    told(call(str(path)), 2, "wrong.wav", "PCM WAV")


def test_a_missing_wav_is_refused(tmp_path: Path, call: Call) -> None:
    told(call(str(tmp_path / "nobody.wav")), 2, "There is no file", "nobody.wav")


def test_nothing_to_play_without_the_extra_or_a_device_is_refused_with_what_to_do(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    told(call(), 2, 'pip install -e ".[audio]"', "question.wav", "--script")
    told(call("--devices"), 2, 'pip install -e ".[audio]"')

    def none(*_: object) -> None:
        raise LookupError("Error querying device -1")

    silent = SimpleNamespace(query_devices=none, PortAudioError=LookupError)
    monkeypatch.setitem(sys.modules, "sounddevice", silent)
    told(call(), 2, "no microphone", "--devices", "question.wav", "--script")
    told(call("--input", "Headset"), 2, "'Headset'", "--devices")


def test_nothing_to_play_without_the_library_names_its_package(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text('raise OSError("PortAudio library not found")')
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    told(call(), 2, "libportaudio2", "question.wav", "--script")


def test_devices_and_recordings_are_not_given_together(call: Call) -> None:
    told(call(str(ROOT / "tests/callers/yes.wav"), "--input", "Headset"), 2, "--input")


def test_an_out_file_in_no_folder_is_refused_before_the_call(call: Call) -> None:
    said = str(ROOT / "tests/callers/yes.wav")
    told(call(said, "--out", "nowhere/at/all.wav", "--url", "ws://127.0.0.1:1"), 2, "--out")


def test_a_server_that_is_not_there_is_a_failure_with_what_to_do(call: Call) -> None:
    said = str(ROOT / "tests/callers/yes.wav")
    told(call(said, "--url", "ws://127.0.0.1:1"), 1, "Nobody answers", "agent serve")
    told(call(said, "--url", "127.0.0.1:8765"), 2, "ws://HOST:PORT")


def test_a_script_with_a_mistake_names_its_step(tmp_path: Path, call: Call) -> None:
    script = tmp_path / "wrong.yaml"
    script.write_text("steps:\n- wait_ms: 10\n- play: nobody.wav\n")
    told(call("--script", str(script)), 2, "step 2", "nobody.wav")
    told(call("--script", str(script), str(ROOT / "tests/callers/yes.wav")), 2, "not both")


def test_an_unknown_setting_is_refused_before_a_server_is_started(call: Call) -> None:
    said = str(ROOT / "tests/callers/yes.wav")
    told(call(said, "--set", "server.prot=1"), 2, "server.port")


def test_an_unknown_business_folder_and_an_unknown_way_are_refused(call: Call) -> None:
    said = str(ROOT / "tests/callers/yes.wav")
    told(call(said, "--business", "no/such/business"), 2, "agent business new")
    told(call(said, "--via", "pigeon"), 2, "--via")


def test_the_program_itself_ends_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 8_000)
    words = [sys.executable, "-m", "agent", "call", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    told(Done(done.returncode, done.stdout, done.stderr), 2, "empty.wav is empty")
