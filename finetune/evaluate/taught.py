"""An adapter that is to be measured: where peft's files and llama.cpp's file of it are, and on which base."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.models import require
from agent.models.verify import sha256_of
from agent.settings import load
from finetune.data.errors import DataError
from finetune.export.adapter import CONFIG, WEIGHTS, read_adapter
from finetune.export.folder import ADAPTER, MANIFEST, base_of
from finetune.export.lora_gguf import write_lora
from finetune.train.architecture import base_sizes


@dataclass(frozen=True, slots=True)
class Taught:
    """An adapter. A run and peft's folder have `peft`; an export may have both."""

    folder: Path
    base: str
    peft: Path | None
    gguf: Path | None

    @property
    def sha256(self) -> str:
        """Of peft's weights, else of llama.cpp's file."""
        file = self.peft / WEIGHTS if self.peft is not None else self.gguf
        assert file is not None
        return sha256_of(file)


def find(path: Path, base: str | None = None) -> Taught:
    """The adapter of a run, an export or a folder of peft. `base` overrides the one it names.

    Raises `DataError`, and `ExportError` where its files are damaged.
    """
    peft = next((folder for folder in (path, path / "adapter") if (folder / CONFIG).is_file()), None)
    gguf = next((file for file in (path / ADAPTER, path / "export" / ADAPTER) if file.is_file()), None)
    if peft is not None:
        return Taught(path, base_of(path, read_adapter(peft), base)[0], peft, gguf)
    if gguf is None:
        raise DataError(f"{path} holds no adapter; give a run's folder, an export or peft's folder.")
    return Taught(path, base or _manifest_base(path), None, gguf)


def served_base(base: str) -> Path | None:
    """The GGUF of `base` that calls are served with; None where it has none."""
    sizes = base_sizes(base)
    if sizes is None or sizes.weights is None:
        return None
    return next(require(load().models, sizes.weights).glob("*.gguf"))


@contextmanager
def served(taught: Taught) -> Iterator[Path]:
    """llama.cpp's file of the adapter, written for the while where there is none."""
    if taught.gguf is not None:
        yield taught.gguf
        return
    sizes = base_sizes(taught.base)
    assert sizes is not None and taught.peft is not None
    with TemporaryDirectory(prefix="adapter-") as folder:
        file = Path(folder) / ADAPTER
        write_lora(file, read_adapter(taught.peft), sizes)
        yield file


def _manifest_base(path: Path) -> str:
    try:
        return str(json.loads((path / MANIFEST).read_text("utf-8"))["base"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path / MANIFEST} doesn't name the adapter's base; give --base NAME.") from error
