"""A server to measure: a real process, started fresh, stopped after its calls."""

import contextlib
import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.settings import ROOT, UserError
from bench.pipelines import Pipeline

READY_S = 300.0
STOP_S = 15.0
POLL_S = 0.05


class ServerFailed(UserError):
    """A server didn't start; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    pid: int
    url: str
    ready_ms: int
    """From its start to the moment at which it takes calls."""


@contextlib.contextmanager
def running(pipeline: Pipeline) -> Iterator[RunningServer]:
    """The pipeline's server, ready for calls. Raises `ServerFailed`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        ready, lines = folder / "ready.json", folder / "lines.txt"
        began = time.monotonic()
        with lines.open("wb") as sink:
            process = subprocess.Popen(
                pipeline.command(ready, folder),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
            )
        try:
            _await(process, ready, lines, pipeline)
            ready_ms = round((time.monotonic() - began) * 1000)
            port = int(json.loads(ready.read_text())["port"])
            yield RunningServer(process.pid, f"ws://127.0.0.1:{port}{pipeline.path}", ready_ms)
        finally:
            _stop(process)


def _await(process: "subprocess.Popen[bytes]", ready: Path, lines: Path, pipeline: Pipeline) -> None:
    deadline = time.monotonic() + READY_S
    while not ready.exists():
        if process.poll() is not None:
            said = lines.read_text(errors="replace").strip().splitlines()
            raise ServerFailed(
                f"The server of `{pipeline.title}` didn't start: {said[-1] if said else 'it said nothing'}"
            )
        if time.monotonic() > deadline:
            raise ServerFailed(
                f"The server of `{pipeline.title}` wasn't ready in five minutes: start it alone to see why."
            )
        time.sleep(POLL_S)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
