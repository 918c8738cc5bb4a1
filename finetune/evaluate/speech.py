"""Word error of the agent's own recogniser, by voice and by accent, on recordings that say what was said."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from agent.dialogue.speech_text import spoken
from agent.settings import Tree
from finetune.data.errors import DataError
from finetune.evaluate.intervals import Resampler
from finetune.progress import tracked

LABELS = "labels.tsv"
COLUMNS = ("wav", "text", "voice", "accent")


@dataclass(frozen=True, slots=True)
class Labelled:
    wav: Path
    text: str
    voice: str
    accent: str


@dataclass(frozen=True, slots=True)
class Heard:
    labelled: Labelled
    text: str
    errors: int
    """Words put in, left out or taken for others."""
    words: int
    """Of what was said."""


def measure(folder: Path, settings: Tree, seed: int) -> dict[str, Any]:
    """Word error rates of the recordings in `folder`, as JSON keeps them. Raises `DataError`."""
    from agent.asr import folder_of
    from agent.asr.recording import RecordingError, read
    from agent.asr.whisper import WhisperEngine

    labelled = read_labels(folder)
    engine = WhisperEngine(folder_of(settings.asr, settings.models), settings.asr)

    def recognise(wav: Path) -> str:
        try:
            return engine.transcribe(read(wav)).text
        except RecordingError as error:
            raise DataError(f"{error}; mend the file, or take its line out of {LABELS}.") from error

    return rates(heard(labelled, recognise), seed) | {"model": settings.asr.model}


def read_labels(folder: Path) -> list[Labelled]:
    """The lines of `labels.tsv`: wav, text, voice and accent, named in its first line. Raises `DataError`."""
    file = folder / LABELS
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} can't be read: it has a line a recording, {', '.join(COLUMNS)}.") from error
    reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if lacking := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise DataError(f"{file}:1: the first line names the columns; {', '.join(lacking)} is missing.")
    found = []
    for row in reader:
        place = f"{file}:{reader.line_num}"
        if any(row[name] is None for name in COLUMNS):
            raise DataError(f"{place}: the line has too few columns.")
        wav = folder / row["wav"]
        if not wav.is_file():
            raise DataError(f"{place}: {row['wav']} isn't in {folder}.")
        if not plain(row["text"]):
            raise DataError(f"{place}: text is empty; write what is said.")
        found.append(Labelled(wav, row["text"], row["voice"], row["accent"]))
    if not found:
        raise DataError(f"{file} has no line but its first: give recordings to measure on.")
    return found


def heard(labelled: Sequence[Labelled], recognise: Callable[[Path], str]) -> list[Heard]:
    """What the recogniser makes of each recording."""
    found = []
    for one in tracked(labelled, "recordings heard"):
        text = recognise(one.wav)
        said = plain(one.text)
        found.append(Heard(one, text, Levenshtein.distance(said, plain(text)), len(said)))
    return found


def rates(found: Sequence[Heard], seed: int) -> dict[str, Any]:
    """Rates of all, by voice and by accent, with intervals by bootstrap over recordings."""
    by: dict[str, dict[str, list[Heard]]] = {"voice": defaultdict(list), "accent": defaultdict(list)}
    for one in found:
        by["voice"][one.labelled.voice].append(one)
        by["accent"][one.labelled.accent].append(one)
    return {
        "all": _rate(found, seed),
        "by_voice": {name: _rate(part, seed) for name, part in sorted(by["voice"].items())},
        "by_accent": {name: _rate(part, seed) for name, part in sorted(by["accent"].items())},
    }


def plain(text: str) -> list[str]:
    """Words in small letters, numbers as they are spoken."""
    return re.findall(r"[a-z']+", spoken(text).lower())


def _rate(part: Sequence[Heard], seed: int) -> dict[str, Any]:
    draws = Resampler([str(number) for number in range(len(part))], seed)
    estimate = draws.ratio([one.errors for one in part], [one.words for one in part]).estimate
    assert estimate is not None  # each recording has words
    return {
        "recordings": len(part),
        "words": sum(one.words for one in part),
        "wer": estimate.document(),
    }
