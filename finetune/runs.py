"""The folder of a training run: its recipe, what it was made of, a line for each logged step, its adapter."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.models.verify import sha256_of
from agent.settings import UserError
from finetune.train.memory import Machine

PACKAGES = ("torch", "transformers", "peft", "accelerate", "trl", "bitsandbytes")
"""Whose version can move a figure of training."""
SCHEMA = 1


class RunError(UserError):
    """A run's folder can't be used as asked; the text says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Run:
    folder: Path

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.toml"

    @property
    def adapter(self) -> Path:
        """Of peft; it is there when the run is done."""
        return self.folder / "adapter"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.folder / "tensorboard"

    @property
    def log(self) -> Path:
        return self.folder / "log.jsonl"

    @property
    def done(self) -> bool:
        return self.document().get("state") == "done"

    def document(self) -> dict[str, Any]:
        """`run.json`; empty where the run never began. Raises `RunError` where it is damaged."""
        file = self.folder / "run.json"
        if not file.exists():
            return {}
        try:
            return dict(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise RunError(f"{file} can't be read ({error}); give another folder.") from error

    def write(self, document: dict[str, Any]) -> None:
        """`run.json`, whole or not at all."""
        partial = self.folder / "run.json.partial"
        partial.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
        os.replace(partial, self.folder / "run.json")

    def logged(self) -> Iterator[dict[str, Any]]:
        """The lines of the log; one that a kill cut off is left out."""
        if not self.log.exists():
            return
        for line in self.log.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def append(self, line: dict[str, Any]) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def forget_after(self, stage: int, step: int) -> None:
        """Takes out the lines of what is trained again: after `step` of `stage`."""
        kept = [line for line in self.logged() if (line["stage"], line["step"]) <= (stage, step)]
        partial = self.folder / "log.jsonl.partial"
        partial.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")
        os.replace(partial, self.log)


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Of the packages, those that are installed, and of Python."""
    known = {"python": platform.python_version()}
    for name in packages:
        try:
            known[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return known


def machine_document(machine: Machine) -> dict[str, Any]:
    return {
        "cores": machine.cores,
        "memory_bytes": machine.memory_bytes,
        "gpus": [name for name, _ in machine.gpus],
        "system": f"{platform.system()} {platform.machine()}",
    }


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of each JSONL file of a prepared folder."""
    return {file.name: sha256_of(file) for file in sorted(folder.glob("*.jsonl"))}


def sources(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """What prepared folders were made from, by their cards, each source once: its name, licence and rows."""
    found = []
    for folder in folders:
        card = folder / "card.json"
        known = json.loads(card.read_text("utf-8")).get("sources", []) if card.is_file() else []
        found += [{key: one[key] for key in ("source", "licence", "rows", "sha256")} for one in known]
    return [one for at, one in enumerate(found) if one not in found[:at]]
