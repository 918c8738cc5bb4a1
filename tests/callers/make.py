"""Makes the recorded callers. Run it from the repository's root, with flite (Debian's `flite`) installed:

    .venv/bin/python tests/callers/make.py --digits FOLDER

FOLDER holds recordings of the Free Spoken Digit Dataset (`<digit>_<speaker>_<n>.wav`). What is said, by
which voice and at which rate stands in callers.toml. The results are committed: nobody else needs flite.
"""

import argparse
import subprocess
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import soundfile
import soxr

HERE = Path(__file__).parent
PEAK = 0.5
EDGE_MS = 120
"""Silence kept before and behind what is said."""


def spoken(text: str, voice: str, slower: float) -> tuple[np.ndarray, int]:
    """flite's samples of `text`, spoken `slower` times as slowly, and their rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flite.wav"
        stretch = f"duration_stretch={slower}"
        command = ["flite", "-voice", voice, "--setf", stretch, "-t", text, "-o", str(path)]
        subprocess.run(command, check=True)
        samples, rate_hz = soundfile.read(path, dtype="float64")
    return samples, rate_hz


def digits(folder: Path, number: str, speaker: str) -> tuple[np.ndarray, int]:
    """A real person's digits one after another, 180 ms between them."""
    parts = []
    for index, digit in enumerate(number):
        samples, rate_hz = soundfile.read(folder / f"{digit}_{speaker}_{index % 8}.wav", dtype="float64")
        parts += [samples / np.abs(samples).max(), np.zeros(rate_hz * 180 // 1000)]
    return np.concatenate(parts[:-1]), rate_hz


def cough(rate_hz: int) -> np.ndarray:
    """Two bursts of shaped noise: loud, short, without a word."""
    random = np.random.default_rng(7)
    bursts = []
    for length_ms in (180, 140):
        count = rate_hz * length_ms // 1000
        noise = np.convolve(random.normal(size=count), np.ones(5) / 5, "same")
        bursts += [noise * np.exp(-np.linspace(0, 5, count)), np.zeros(rate_hz * 70 // 1000)]
    return np.concatenate(bursts[:-1])


def street(rate_hz: int, length_ms: int = 6_000) -> np.ndarray:
    """Traffic-like noise: brown noise that swells slowly; it loops without a click."""
    random = np.random.default_rng(11)
    count = rate_hz * length_ms // 1000
    shape = 1.0 / np.maximum(np.fft.rfftfreq(count, 1 / rate_hz), 80.0)
    phases = np.exp(2j * np.pi * random.random(len(shape)))
    swell = 1 + 0.4 * np.sin(2 * np.pi * np.arange(count) / count)
    return np.fft.irfft(shape * phases, count) * swell


def write(name: str, samples: np.ndarray, rate_hz: int, wanted_hz: int, edge_ms: int = EDGE_MS) -> None:
    if rate_hz != wanted_hz:
        samples = soxr.resample(samples, rate_hz, wanted_hz)
    edge = np.zeros(wanted_hz * edge_ms // 1000)
    samples = np.concatenate([edge, samples / np.abs(samples).max() * PEAK, edge])
    soundfile.write(HERE / name, samples, wanted_hz, "PCM_16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=Path, required=True)
    arguments = parser.parse_args()
    for name, caller in tomllib.loads((HERE / "callers.toml").read_text())["callers"].items():
        wanted_hz = caller["rate_hz"]
        made_by = caller["made_by"]
        if made_by == "flite":
            says = caller.get("says", caller["words"])
            write(f"{name}.wav", *spoken(says, caller["voice"], caller.get("slower", 1.0)), wanted_hz)
        elif made_by == "digits":
            write(f"{name}.wav", *digits(arguments.digits, caller["number"], caller["voice"]), wanted_hz)
        elif made_by == "cough":
            write(f"{name}.wav", cough(wanted_hz), wanted_hz, wanted_hz)
        else:
            write(f"{name}.wav", street(wanted_hz), wanted_hz, wanted_hz, edge_ms=0)


if __name__ == "__main__":
    main()
