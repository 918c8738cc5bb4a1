"""Weights that are missing, cut in half or wrong, as the one at the command line sees it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.models import require
from agent.settings import ROOT, Tree


def agent(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with the voice in it, as real bytes."""
    shutil.copytree(require(Tree().models, "piper-joe"), tmp_path / "models" / "piper-joe")
    return tmp_path / "models"


def states(models: Path) -> dict[str, str]:
    done = agent("models", "list", "--json", "--set", f"models.dir={models}")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row["state"] for row in json.loads(done.stdout)}


def test_the_list_says_what_is_there_and_what_is_not(models: Path):
    found = states(models)
    assert found["piper-joe"] == "ok" and found["minilm"] == "missing" and found["silero-vad"] == "ok"


def test_a_model_file_cut_in_half_is_one_sentence_with_the_file_and_what_to_do(models: Path):
    file = models / "piper-joe" / "en_US-joe-medium.onnx"
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)
    done = agent("models", "verify", "piper-joe", "--set", f"models.dir={models}")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and str(file) in done.stderr
    assert "agent models pull piper-joe" in done.stderr
    assert states(models)["piper-joe"] == "partial"


def test_one_flipped_byte_is_found(models: Path):
    file = models / "piper-joe" / "en_US-joe-medium.onnx"
    with file.open("r+b") as stream:
        stream.seek(1_000_000)
        byte = stream.read(1)
        stream.seek(1_000_000)
        stream.write(bytes([byte[0] ^ 1]))
    done = agent("models", "verify", "piper-joe", "--set", f"models.dir={models}")
    assert done.returncode == 1 and "sha256" in done.stderr and str(file) in done.stderr


def test_whole_weights_verify_in_silence_but_for_one_line(models: Path):
    done = agent("models", "verify", "piper-joe", "--set", f"models.dir={models}")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout == "Whole: piper-joe.\n"


def test_pull_says_that_everything_is_here(models: Path):
    done = agent("models", "pull", "piper-joe", "--json", "--set", f"models.dir={models}")
    assert done.returncode == 0 and json.loads(done.stdout) == {"pulled": []}


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path):
    (tmp_path / "models").write_text("a file, not a folder")
    done = agent("models", "pull", "minilm", "--set", f"models.dir={tmp_path}/models")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert str(tmp_path / "models") in done.stderr


def test_an_unknown_name_is_a_sentence():
    done = agent("models", "pull", "whisper-huge")
    assert done.returncode == 1 and "whisper-base" in done.stderr and "Traceback" not in done.stderr
