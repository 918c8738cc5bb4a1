"""The real program: a server with real engines on a real port, and callers of the real client."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from telephony.line.audibility import audible_frames

ROOT = Path(__file__).resolve().parents[2]
CALLERS = ROOT / "tests" / "callers"
START_S = 120
CALL_S = 120


@dataclass
class Server:
    """A running `agent serve`."""

    process: subprocess.Popen
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/softphone"

    @property
    def settings(self) -> list[str]:
        return records_in(self.folder)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(40)
        finally:
            self.process.kill()


def records_in(folder: Path) -> list[str]:
    return [
        "--set",
        f"records.url=sqlite:///{folder}/ringdown.db",
        "--set",
        f"records.recordings_dir={folder}/recordings",
    ]


def agent(*words: str, timeout_s: float = CALL_S) -> subprocess.CompletedProcess[str]:
    """Runs `agent` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *words], cwd=ROOT, capture_output=True, text=True, timeout=timeout_s
    )


def start(folder: Path, *settings: str) -> Server:
    """A server with records of its own in `folder`, when it is ready."""
    ready = folder / "ready.json"
    with open(folder / "serve.log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent", "serve", "--ready-file", str(ready), "--set", "server.port=0"]
            + records_in(folder)
            + [word for setting in settings for word in ("--set", setting)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env=dict(os.environ),
        )
    deadline = time.monotonic() + START_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError("the server did not start:\n" + (folder / "serve.log").read_text())
        time.sleep(0.1)
    return Server(process, json.loads(ready.read_text())["port"], folder)


@dataclass
class Caller:
    """A call that goes on in a process of its own."""

    process: subprocess.Popen

    def report(self) -> dict:
        out, err = self.process.communicate(timeout=CALL_S)
        assert self.process.returncode == 0, err
        return json.loads(out)


def dial(server: Server, *words: str) -> Caller:
    """`agent call --json` to the server."""
    return Caller(
        subprocess.Popen(
            [sys.executable, "-m", "agent", "call", "--url", server.url, "--json", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def voiced_ms(pcm: np.ndarray) -> int:
    """How much of the sound (8 kHz, 16 bits) is heard, pauses left out."""
    return 10 * int(np.count_nonzero(audible_frames(pcm)))


def spoken(report: dict, kind: str = "reply") -> list[dict]:
    """The report's turns of a kind."""
    return [turn for turn in report["turns"] if turn["kind"] == kind]
