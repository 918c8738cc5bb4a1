"""Word error rate and time of the recogniser beside faster-whisper's default: `python -m bench.recogniser`.

Same weights, int8, same threads, one run, prompt by prompt in turn, so that the machine's other work falls on
both. The sound is real 8 kHz telephone speech: the prompts of Debian's package `asterisk-core-sounds-en-wav`
(CC BY-SA 3.0; `apt-get install asterisk-core-sounds-en-wav`). What they say stands in the list
`core-sounds-en.txt` that the Asterisk project publishes with them; a public copy is in the repository
Uskur/Asterisk-TTS on GitHub. Neither is part of this project:

    python -m bench.recogniser --texts core-sounds-en.txt --out bench/results/recogniser.json
"""

import argparse
import json
import platform
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.settings import Tree, prepare_process

MODELS = ("whisper-tiny.en", "whisper-base")
SOUNDS = Path("/usr/share/asterisk/sounds/en")
SHORTEST_WORDS = 4
LONGEST_S = 6.0
RESAMPLES = 2000
"""Of prompts, for the bootstrap interval."""
SAME = (
    (r"\*", " star "),
    (r"#", " pound "),
    (r"[’`]", "'"),
    (r"\bi'm\b", "i am"),
    (r"\bthat's\b", "that is"),
    (r"\bhe's\b", "he is"),
    (r"\bcan't\b|\bcannot\b", "can not"),
    (r"\bmail box\b", "mailbox"),
    (r"\bfile name\b", "filename"),
    (r"\blog(ged)?[ -]?(in|on|off)\b", r"log\1\2"),
)
"""Spellings of the same speech, brought together before counting, for both recognisers alike."""

Recognise = Callable[[NDArray[np.float32]], str]


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
    text: str
    audio: NDArray[np.float32]
    """16 kHz."""


@dataclass(slots=True)
class Score:
    """Of one recogniser with one model."""

    errors: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    empty: int = 0

    def add(self, said: str, heard: str, seconds: float) -> None:
        reference, found = plain(said), plain(heard)
        self.errors.append(distance(reference, found))
        self.words.append(len(reference))
        self.seconds.append(seconds)
        self.empty += not found

    def report(self) -> dict[str, Any]:
        low, high = interval(self.errors, self.words)
        return {
            "wer": round(sum(self.errors) / sum(self.words), 4),
            "wer_95": [round(low, 4), round(high, 4)],
            "errors": sum(self.errors),
            "words": sum(self.words),
            "median_s": round(median(self.seconds), 3),
            "p95_s": round(sorted(self.seconds)[int(len(self.seconds) * 0.95)], 3),
            "empty": self.empty,
        }


def plain(text: str) -> list[str]:
    """Words without case and punctuation, in one spelling."""
    text = text.lower()
    for pattern, written in SAME:
        text = re.sub(pattern, written, text)
    return re.sub(r"[^a-z' ]", " ", text.replace("-", " ")).split()


def distance(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(heard, 1):
            best = min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
            diagonal, row[column] = row[column], best
    return row[-1]


def interval(errors: list[int], words: list[int]) -> tuple[float, float]:
    """95 % of the word error rate, by resampling prompts; the seed is fixed."""
    rng = random.Random(7)
    rates = []
    for _ in range(RESAMPLES):
        drawn = rng.choices(range(len(words)), k=len(words))
        rates.append(sum(errors[place] for place in drawn) / sum(words[place] for place in drawn))
    rates.sort()
    return rates[int(RESAMPLES * 0.025)], rates[int(RESAMPLES * 0.975)]


def prompts(sounds: Path, texts: Path) -> list[Prompt]:
    """Those of four words or more, without digits or spelled letters, under 6 s."""
    from agent.asr.recording import read

    found = []
    for line in texts.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r"^([^;:\s]+):\s*(.+)$", line.strip())
        if match is None:
            continue
        name, text = match.groups()
        wav = sounds / f"{name}.wav"
        unfit = re.search(r"[\d\[(]|\.\.\.|\b[B-HJ-Z] [B-HJ-Z]\b", text)
        if unfit or len(text.split()) < SHORTEST_WORDS or not wav.exists():
            continue
        audio = read(wav)
        if len(audio) / 16_000 < LONGEST_S:
            found.append(Prompt(name, text, audio))
    return found


def ours(tree: Tree, model: str) -> Recognise:
    from agent.asr.whisper import WhisperEngine
    from agent.models import require

    engine = WhisperEngine(require(tree.models, model), tree.asr.model_copy(update={"model": model}))
    return lambda audio: engine.transcribe(audio).text


def default(tree: Tree, model: str) -> Recognise:
    from faster_whisper import WhisperModel

    from agent.models import require

    folder = str(require(tree.models, model))
    engine = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=tree.asr.threads)

    def recognise(audio: NDArray[np.float32]) -> str:
        segments, _ = engine.transcribe(audio, language=tree.asr.language)
        return " ".join(segment.text for segment in segments)

    return recognise


def compare(tree: Tree, model: str, spoken: list[Prompt]) -> dict[str, Any]:
    """Both recognisers, prompt by prompt, each first in turn."""
    recognisers = {"ringdown": ours(tree, model), "faster_whisper_default": default(tree, model)}
    scores = {name: Score() for name in recognisers}
    for recognise in recognisers.values():
        recognise(spoken[0].audio)
    for place, prompt in enumerate(spoken):
        order = list(recognisers) if place % 2 else list(reversed(recognisers))
        for name in order:
            began = time.perf_counter()
            heard = recognisers[name](prompt.audio)
            scores[name].add(prompt.text, heard, time.perf_counter() - began)
    report: dict[str, Any] = {name: score.report() for name, score in scores.items()}
    pairs = zip(scores["faster_whisper_default"].seconds, scores["ringdown"].seconds, strict=True)
    report["times_faster"] = round(median(theirs / own for theirs, own in pairs), 2)
    return report


def machine() -> dict[str, Any]:
    import os

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    load = [round(value, 2) for value in os.getloadavg()]
    return {"cpu": cpu or platform.processor(), "cores": os.cpu_count(), "load_before": load}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sounds", type=Path, default=SOUNDS)
    parser.add_argument(
        "--texts", type=Path, required=True, help="core-sounds-en.txt: see the top of this file"
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    chosen = parser.parse_args()
    prepare_process()
    for path, remedy in (
        (chosen.sounds, "install Debian's asterisk-core-sounds-en-wav, or give --sounds DIR"),
        (chosen.texts, "fetch core-sounds-en.txt (a copy is in Uskur/Asterisk-TTS on GitHub)"),
    ):
        if not path.exists():
            print(f"{path} isn't there: {remedy}.", file=sys.stderr)
            return 2
    spoken, tree, before = prompts(chosen.sounds, chosen.texts), Tree(), machine()
    result = {
        "command": " ".join(
            ["python -m bench.recogniser --texts", chosen.texts.name, "--models", *chosen.models]
        ),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": before,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("faster-whisper", "ctranslate2", "onnxruntime")},
        "speech": {
            "from": "asterisk-core-sounds-en-wav (CC BY-SA 3.0), 8 kHz",
            "prompts": len(spoken),
            "mean_s": round(sum(len(prompt.audio) for prompt in spoken) / 16_000 / len(spoken), 2),
        },
        "threads": tree.asr.threads,
        "compute_type": "int8",
        "models": {model: compare(tree, model, spoken) for model in chosen.models},
    }
    text = json.dumps(result, indent=2)
    print(text)
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
