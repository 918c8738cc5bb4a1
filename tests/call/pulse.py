"""A sound card of software: a PulseAudio of its own, with a mouth that a microphone hears, and an ear."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

START_S = 10
OPTIONS = ("--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no")
CONFIG = """
load-module module-native-protocol-unix
load-module module-null-sink sink_name=mouth rate=48000 channels=1
load-module module-null-sink sink_name=ear rate=44100 channels=2
set-default-sink ear
set-default-source mouth.monitor
"""


class Pulse:
    """A running daemon. `environment` is that of a program that should find its devices."""

    def __init__(self, folder: Path) -> None:
        for program in ("pulseaudio", "paplay", "parec"):
            if shutil.which(program) is None:
                pytest.skip(f"{program} isn't installed: Debian's pulseaudio and pulseaudio-utils")
        (folder / "default.pa").write_text(CONFIG)
        (folder / "asound.conf").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }
        with open(folder / "pulse.log", "w") as log:
            self.process = subprocess.Popen(
                ["pulseaudio", "-n", "-F", str(folder / "default.pa"), *OPTIONS],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while self.run("pactl", "info").returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.skip("PulseAudio doesn't run here: " + (folder / "pulse.log").read_text()[-300:])
            time.sleep(0.1)

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(words, env=self.environment, capture_output=True, timeout=60)

    def say(self, wav: Path) -> None:
        """Plays a WAV into the mouth, and returns when it has been played."""
        assert self.run("paplay", "--device=mouth", str(wav)).returncode == 0

    def listen(self, path: Path) -> subprocess.Popen[bytes]:
        """Writes down what the ear hears (16 bits, mono, 8 kHz) until it is terminated.

        Listening closely also keeps the ear's clock fine: alone it takes seconds of sound at once.
        """
        with open(path, "wb") as out:
            listening = subprocess.Popen(
                ["parec", "--device=ear.monitor", "--latency-msec=20", *("--rate=8000", "--channels=1")],
                env=self.environment,
                stdout=out,
            )
        deadline = time.monotonic() + START_S
        while not path.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.05)  # the ear is deaf until what it took at once has passed
        return listening

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
