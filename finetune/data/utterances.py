"""Labelled utterances: what callers say and what they want, from CSV, TSV, JSON, JSONL or a business's folder."""

import csv
import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent.dialogue.intent_head import NONE
from agent.dialogue.intents import normal
from finetune.data.errors import DataError

LABEL_KEYS = ("intent", "label", "category")
TEXT_KEYS = ("text", "utterance", "question")
BESIDE = "utterances.tsv"
"""In a business's folder: what the head is taught beside the examples, which every utterance is compared to."""
OUT_OF_SCOPE = frozenset({NONE, "oos", "none", "none_of_these", ""})
"""Labels that mean: none of the intents."""


@dataclass(frozen=True, slots=True)
class Utterance:
    text: str
    label: str
    """`NONE` where it is none of the intents."""


@dataclass(frozen=True, slots=True)
class Split:
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]


def read_utterances(path: Path) -> tuple[Utterance, ...]:
    """All labelled utterances of a file, or of a business's folder: the examples of its intents, and the
    file `BESIDE` where there is one. Raises `DataError`."""
    if path.is_dir():
        beside = path / BESIDE
        more = read_utterances(beside) if beside.exists() else ()
        return read_utterances(path / "intents.toml") + more
    readers = {
        ".csv": _csv,
        ".tsv": _tsv,
        ".json": _json,
        ".jsonl": _jsonl,
        ".toml": _business,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: utterances come as {', '.join(readers)}, or as a business's folder; convert the file."
        )
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise DataError(f"{path} isn't there: check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read as UTF-8 text ({type(error).__name__}).") from None
    found = tuple(
        Utterance(said.strip(), NONE if label.strip().lower() in OUT_OF_SCOPE else label.strip())
        for said, label in reader(path, text)
        if said.strip()
    )
    if not found:
        raise DataError(f"{path} holds no utterance: a row has a text and its intent.")
    return found


def _csv(path: Path, text: str) -> Iterator[tuple[str, str]]:
    rows = csv.DictReader(text.splitlines())
    names = rows.fieldnames or []
    said = next((name for name in TEXT_KEYS if name in names), None)
    label = next((name for name in LABEL_KEYS if name in names), None)
    if said is None or label is None:
        raise DataError(
            f"{path}:1: the first line names the columns: one of {', '.join(TEXT_KEYS)} and one of "
            f"{', '.join(LABEL_KEYS)}."
        )
    for row in rows:
        if row[said] is None or row[label] is None:
            raise DataError(f"{path}:{rows.line_num}: the row has too few columns.")
        yield row[said], row[label]


def _tsv(path: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        label, tab, said = line.partition("\t")
        if not tab:
            raise DataError(f"{path}:{number}: a line is an intent ({NONE} for none), a tab, the utterance.")
        yield said, label


def _json(path: Path, text: str) -> Iterator[tuple[str, str]]:
    """A list of pairs or objects, or an object of such lists (splits, which are joined)."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}: this isn't JSON: {error.msg}.") from None
    lists = list(data.values()) if isinstance(data, dict) else [data]
    for rows in lists:
        if not isinstance(rows, list):
            raise DataError(f"{path}: a list of [text, intent] is expected, or an object of such lists.")
        for number, row in enumerate(rows, 1):
            yield _pair(path, number, row)


def _jsonl(path: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: this isn't JSON: {error.msg}.") from None
        yield _pair(path, number, row)


def _pair(path: Path, number: int, row: Any) -> tuple[str, str]:
    if isinstance(row, dict):
        said = next((row[key] for key in TEXT_KEYS if key in row), None)
        label = next((row[key] for key in LABEL_KEYS if key in row), None)
    elif isinstance(row, list) and len(row) == 2:
        said, label = row
    else:
        said = label = None
    if not isinstance(said, str) or not (label is None or isinstance(label, str)):
        raise DataError(f'{path}: row {number}: write ["text", "intent"] or {{"text": ..., "intent": ...}}.')
    return said, label or NONE


def _business(path: Path, text: str) -> Iterator[tuple[str, str]]:
    try:
        intents = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: this isn't TOML: {error}.") from None
    for name, intent in intents.items():
        if not isinstance(intent, dict) or not isinstance(intent.get("examples"), list):
            raise DataError(f"{path}: [{name}] has no examples: `agent check --business` says more.")
        label = NONE if intent.get("action") == "none" else name
        for said in intent["examples"]:
            yield str(said), label


def split(utterances: Sequence[Utterance], *, validation: float, test: float, seed: int) -> Split:
    """Shares of each intent for validation and test; the same words never stand on two sides.

    An intent with a single wording stands in training alone.
    """
    groups: dict[str, dict[str, list[Utterance]]] = defaultdict(dict)
    owner: dict[str, str] = {}
    for utterance in utterances:
        words = normal(utterance.text)
        label = owner.setdefault(words, utterance.label)  # a wording with two labels goes to one side too
        groups[label].setdefault(words, []).append(utterance)
    sides: tuple[list[Utterance], ...] = ([], [], [])
    draw = np.random.default_rng(seed)
    for label in sorted(groups):
        wordings = sorted(groups[label])
        order = draw.permutation(len(wordings))
        held = [round(len(wordings) * share) if len(wordings) > 1 else 0 for share in (validation, test)]
        for place, index in enumerate(order):
            side = 1 if place < held[0] else 2 if place < held[0] + held[1] else 0
            sides[side].extend(groups[label][wordings[index]])
    return Split(*(tuple(side) for side in sides))


def leaks(one: Iterable[Utterance], other: Iterable[Utterance]) -> int:
    """How many utterances of `other` stand word for word in `one`."""
    known = {normal(utterance.text) for utterance in one}
    return sum(normal(utterance.text) in known for utterance in other)


def digest(utterances: Iterable[Utterance]) -> str:
    """sha256 of texts and labels in their order."""
    rows = "\n".join(f"{utterance.label}\t{utterance.text}" for utterance in utterances)
    return hashlib.sha256(rows.encode()).hexdigest()
