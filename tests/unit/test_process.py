"""What a process sets before its libraries load: nothing of its use is told to their makers."""

import os
import subprocess
import sys
from pathlib import Path

from agent.settings import ROOT
from agent.settings.process import CALM, child_environment

PROGRAM = """
from agent.settings import prepare_process
prepare_process()
from agent.vad.runtime import open_bundled
open_bundled("pipecat.audio.vad.data", "silero_vad.onnx")
"""


def test_onnxruntime_keeps_no_identity_of_the_machine_and_queues_nothing_to_send(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name not in CALM}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, check=True, timeout=60)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in str(path)] == []


def test_a_child_is_as_quiet_as_its_parent():
    assert child_environment()["ORT_DISABLE_TELEMETRY"] == "1"
