"""Whether weights are there and are what the manifest says."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent.models.errors import MissingWeights
from agent.models.manifest import Weight, WeightFile, read
from agent.settings import resolve
from agent.settings.tree import Models

State = Literal["ok", "missing", "partial", "wrong"]

STAMP = ".verified.json"
"""In a weight's folder: size, time and hash of each file as it was when it was last hashed."""

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What is the matter with one file; `problem` is a sentence, empty where nothing is."""

    file: WeightFile
    state: State
    problem: str = ""


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def inspect(weight: Weight, models_dir: Path, *, rehash: bool = False) -> list[Finding]:
    """A finding for each file. A hash taken before counts while size and time are the same.

    `rehash` reads every byte again.
    """
    folder = weight.folder(models_dir)
    stamps = {} if rehash else _read_stamps(folder)
    fresh: dict[str, Any] = {}
    findings = [_look(weight, file, folder / file.path, stamps, fresh) for file in weight.files]
    if fresh != stamps and weight.home is None and fresh:
        _write_stamps(folder, fresh)
    return findings


def _look(
    weight: Weight, file: WeightFile, path: Path, stamps: dict[str, Any], fresh: dict[str, Any]
) -> Finding:
    """The finding for one file; a good one is put into `fresh`."""
    mend = _mend(weight)
    try:
        status = path.stat()
    except OSError:
        partial = path.with_name(path.name + ".part").exists()
        return Finding(file, "partial" if partial else "missing", f"{path} isn't there: {mend}.")
    if status.st_size != file.bytes:
        state: State = "partial" if status.st_size < file.bytes else "wrong"
        return Finding(file, state, f"{path} has {status.st_size:,} bytes instead of {file.bytes:,}: {mend}.")
    stamp = {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": file.sha256}
    if stamps.get(file.path) != stamp and sha256_of(path) != file.sha256:
        return Finding(file, "wrong", f"{path} isn't the file of the manifest (its sha256 differs): {mend}.")
    fresh[file.path] = stamp
    return Finding(file, "ok")


def _mend(weight: Weight) -> str:
    if weight.home is not None:
        return "install the package again with `pip install --force-reinstall pipecat-ai`"
    return f"run `agent models pull {weight.name}`"


def state_of(findings: list[Finding]) -> State:
    """The worst state among the files."""
    states = {finding.state for finding in findings}
    if "wrong" in states:
        return "wrong"
    if states == {"ok"}:
        return "ok"
    return "missing" if states == {"missing"} else "partial"


def require(settings: Models, name: str) -> Path:
    """The folder of a verified weight, absolute. Raises `MissingWeights` with a sentence.

    Sizes are looked at each time; a file is hashed when it is new or changed.
    """
    weights = read(settings.manifest and resolve(settings.manifest))
    weight = weights.get(name)
    if weight is None:
        known = ", ".join(sorted(weights))
        raise MissingWeights(f"No weights are named {name}: choose one of {known}.")
    models_dir = resolve(settings.dir)
    for finding in inspect(weight, models_dir):
        if finding.state != "ok":
            raise MissingWeights(finding.problem)
    return weight.folder(models_dir).absolute()


def _read_stamps(folder: Path) -> dict[str, Any]:
    try:
        stamps = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _write_stamps(folder: Path, stamps: dict[str, Any]) -> None:
    """Keeps the stamps; a folder that can't be written only means hashing again."""
    part = folder / f"{STAMP}.{os.getpid()}"
    try:
        part.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
        os.replace(part, folder / STAMP)
    except OSError:
        with suppress(OSError):  # a read-only file system says so even of a file that isn't there
            part.unlink(missing_ok=True)
