"""A stretch of one speaker in a recording, and the file that lists them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.data.errors import DataError


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence amid a segment, in ms from its start."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Segment:
    id: str
    wav: str
    """Relative to the folder of the list."""
    source: str
    """The recording, relative to the folder that was read."""
    channel: int
    speaker: str
    """`agent`, `caller`, or `speaker0`... where roles aren't known."""
    start_ms: int
    """In the recording."""
    end_ms: int
    text: str
    confidence: float
    """The recogniser's, 0..1."""
    rate_hz: int
    duration_ms: int
    """Of the WAV: another than from start to end where its speed was changed."""
    sha256: str
    """Of the WAV."""
    pauses: tuple[Pause, ...] = ()
    augmented: str = ""
    """What was done to it; empty for the recording itself."""
    features: Mapping[str, str] | None = None
    """Feature -> its .npy: (bands or cepstra, frames), float32."""


def document(segment: Segment) -> dict[str, Any]:
    """As JSON keeps it."""
    return asdict(segment)


def parsed(row: Mapping[str, Any]) -> Segment:
    """Raises `KeyError` or `TypeError` where `row` is none."""
    told = dict(row)
    told["pauses"] = tuple(Pause(**pause) for pause in told.get("pauses", ()))
    return Segment(**told)


def read_segments(path: Path) -> tuple[Segment, ...]:
    """All segments of a `segments.jsonl`. Raises `DataError`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read; run `finetune prepare --audio` again.") from error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(parsed(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}:{number} is no segment ({error}); run `finetune prepare --audio` again."
            ) from error
    return tuple(found)
