"""Where rows come from: a path or `kind:path`, each kind read by its own module."""

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from agent.dialogue.business import BusinessError
from agent.dialogue.door import find_business
from agent.dialogue.loader import load_profile
from agent.models.verify import sha256_of
from agent.settings import Tree
from finetune.data import business_folder, chats, schema_guided
from finetune.data.calls import read_calls
from finetune.data.checks import Refused
from finetune.data.errors import DataError
from finetune.data.progress import Progress, quietly
from finetune.data.rows import Row

UNKNOWN_LICENCE = "not told: see its owner"


@dataclass(slots=True)
class Source:
    """What was read of one source."""

    spec: str
    """As it was typed."""
    licence: str
    rows: list[Row]
    sha256: str
    """Of its files, one after another by their names."""
    refused: list[Refused] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why -> how many parts of it were passed over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers of sources need."""

    settings: Tree
    seed: int
    licence: str | None = None
    """Of chats and calls, as their owner says."""
    persona: str = "You answer the telephone."
    """The system message of chats that have none."""
    progress: Progress = quietly


def read_source(spec: str, reading: Reading) -> Source:
    """The rows of one source. Raises `DataError` or `BusinessError`."""
    kind, _, rest = spec.partition(":")
    if kind in KINDS and rest:
        return KINDS[kind](spec, rest, reading)
    path = Path(spec)
    if path.is_dir() and (path / "business.toml").is_file():
        return _business(spec, spec, reading)
    if not path.is_file():
        kinds = ", ".join(f"{name}:..." for name in KINDS)
        raise DataError(f"{spec} isn't there: give a file (.jsonl, .jsonl.gz, .csv) or one of {kinds}.")
    return _chats(spec, path, reading)


def _chats(spec: str, path: Path, reading: Reading) -> Source:
    name = path.name.removesuffix(".gz")
    if name.endswith(".jsonl"):
        read = chats.read_jsonl
    elif name.endswith((".csv", ".tsv")):
        read = chats.read_table
    else:
        raise DataError(f"{spec} can't be read: chats come as .jsonl or .csv; convert the file.")
    found = read(str(path), text_of(path), reading.persona)
    ours = found.rows and all(row.source == schema_guided.SOURCE for row in found.rows)
    licence = schema_guided.LICENCE if ours else reading.licence or UNKNOWN_LICENCE
    return Source(spec, licence, found.rows, digest([path]), found.refused)


def _calls(spec: str, rest: str, reading: Reading) -> Source:
    path = Path(rest)
    left_out: Counter[str] = Counter()

    @cache
    def persona(business: str) -> str:
        try:
            return load_profile(find_business(reading.settings, business)).persona
        except BusinessError:
            return reading.persona

    rows = list(read_calls(path, persona, left_out))
    files = path.glob("*.json*") if path.is_dir() else [path]
    return Source(spec, reading.licence or UNKNOWN_LICENCE, rows, digest(files), left_out=left_out)


def _business(spec: str, name: str, reading: Reading, *, phrases: bool = False) -> Source:
    folder = find_business(reading.settings, name)
    read = business_folder.read_phrases if phrases else business_folder.read_business
    rows = read(folder, reading.seed)
    files = [path for path in folder.rglob("*") if path.suffix in (".toml", ".md")]
    return Source(spec, business_folder.LICENCE, rows, digest(files))


def _schema_guided(spec: str, rest: str, reading: Reading) -> Source:
    path = Path(rest)
    if path.is_file():
        return _chats(spec, path, reading)
    rows = schema_guided.read_schema_guided(path, reading.seed, reading.progress)
    files = [file for part in ("train", "test") for file in (path / part).glob("*.json")]
    return Source(spec, schema_guided.LICENCE, rows, digest(files))


def text_of(path: Path) -> str:
    """The text of a file, unpacked where its name ends in .gz. Raises `DataError`."""
    try:
        if path.suffix == ".gz":
            return gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path} isn't there: check the path.") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} can't be read as UTF-8 text ({type(error).__name__}): save it anew."
        ) from None


def digest(files: Iterable[Path]) -> str:
    """sha256 over the sha256 of each file, by name."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path.name} {sha256_of(path)}\n".encode())
    return whole.hexdigest()


KINDS: Mapping[str, Callable[[str, str, Reading], Source]] = {
    "business": _business,
    "calls": _calls,
    "phrases": partial(_business, phrases=True),
    "schema-guided": _schema_guided,
}
