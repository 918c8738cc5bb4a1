"""A person calls from a terminal: real PortAudio, a microphone that hears speech, keys, a loudspeaker."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from program import CALLERS, ROOT, Server, voiced_ms
from pulse import Pulse

from telephony.line.sound import read_sound

CALL_S = 60
PATIENCE_S = 6


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    pytest.importorskip(
        "sounddevice", reason="the extra `audio` and PortAudio", exc_type=(ImportError, OSError)
    )
    running = Pulse(tmp_path)
    try:
        listed = running.run(sys.executable, "-m", "agent", "call", "--devices").stdout.decode()
        if "default" not in listed:
            pytest.skip("PortAudio doesn't reach PulseAudio: Debian's libasound2-plugins")
        yield running
    finally:
        running.stop()


class Terminal:
    """`agent call --json` on a terminal of its own; what it shows is in `shown`."""

    def __init__(self, pulse: Pulse, *words: str) -> None:
        self.own, child = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent", "call", "--json", *words],
            cwd=ROOT,
            env=pulse.environment,
            stdin=child,
            stdout=subprocess.PIPE,
            stderr=child,
            text=True,
        )
        os.close(child)
        self.shown = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                self.shown += os.read(self.own, 4096).decode(errors="replace")
            except OSError:
                return

    def until(self, words: str, within_s: float = CALL_S) -> bool:
        """Whether the words were shown in time."""
        deadline = time.monotonic() + within_s
        while words not in self.shown:
            assert self.process.poll() is None, self.shown
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def type(self, keys: str) -> None:
        os.write(self.own, keys.encode())

    def report(self) -> dict:
        out, _ = self.process.communicate(timeout=CALL_S)
        assert self.process.returncode == 0, self.shown
        return json.loads(out)


def test_speech_into_a_microphone_and_keys_on_a_terminal_are_answered_in_the_ear(
    server: Server, pulse: Pulse, tmp_path: Path
) -> None:
    out = tmp_path / "call.wav"
    heard = pulse.listen(tmp_path / "ear.raw")
    call = Terminal(pulse, "--url", server.url, "--out", str(out))
    assert call.until("How can I help you?"), call.shown
    time.sleep(4)
    for _ in range(2):  # a person asks again
        pulse.say(CALLERS / "where_is_my_order.wav")
        if call.until("order number?", PATIENCE_S):
            break
    time.sleep(1.5)
    call.type("12345#")
    assert call.until("zip code"), call.shown
    time.sleep(1.5)
    call.type("19901#")
    assert call.until("Your order 12345"), call.shown
    time.sleep(2)
    call.type("q")
    report = call.report()
    heard.terminate()
    heard.wait(10)

    asked, keyed = [turn for turn in report["turns"] if turn["intent"] == "order_status"][:2]
    assert "my order" in asked["transcript"]
    assert asked["latency_ms"] is not None and asked["latency_ms"] > 0
    assert keyed["slots"]["order_number"] == "12345"
    kinds = {act["id"]: act["kind"] for act in report["caller"]}
    assert [kinds[name] for name in asked["caller"]] == ["speech"]
    assert [kinds[name] for name in keyed["caller"]] == ["keys"]
    assert report["ended_by"] == "caller" and report["server_record"]

    said = read_sound(CALLERS / "where_is_my_order.wav").speech
    caller = next(act for act in report["caller"] if act["kind"] == "speech")
    length_ms = caller["end_ms"] - caller["start_ms"]
    assert length_ms == pytest.approx(said.end_ms - said.start_ms, abs=100), "speech is found where it was"
    agent = soundfile.read(out, dtype="int16")[0][:, 1]
    ear = np.fromfile(tmp_path / "ear.raw", np.int16)
    assert voiced_ms(ear) == pytest.approx(voiced_ms(agent), rel=0.2), "all that was said was played"
