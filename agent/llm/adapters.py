"""Which adapter words the answers: the shipped one, or one by name or path; looked at before it is loaded."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loguru import logger

from agent.llm.protocol import LlmError
from agent.models.verify import sha256_of
from agent.settings.tree import ROOT, Llm

ADAPTERS = ROOT / "config" / "finetune" / "adapters"
"""Adapters that are called by their name alone."""
SHIPPED = "demo"
GGUF = "adapter.gguf"
PEFT = "adapter"
MANIFEST = "manifest.json"
BACKENDS = ("llama", "transformers")
"""That load adapters themselves."""
NONE = "none"
"""In place of a name: the base model as it is."""


def find_adapter(named: str | Path, beside: Iterable[Path] = ()) -> Path:
    """The file or folder that `named` means: in one of the folders `beside`, by its name in `ADAPTERS`, or
    from the installation's folder. Absolute. Raises `LlmError`."""
    for folder in (*beside, ADAPTERS, ROOT):
        if (found := folder / named).exists():
            return found
    known = ", ".join(sorted(path.name for path in ADAPTERS.glob("*/"))) or "none is there"
    raise LlmError(
        f"There's no adapter {named}: give the folder of an export, or a name of config/finetune/adapters "
        f"({known}); `{NONE}` is the model as it is."
    )


def default_adapter(section: Llm) -> Path | None:
    """What `llm.adapter` means. The shipped adapter is left out, and told, where it isn't for
    `llm.model` or the backend. Raises `LlmError` for one by name that isn't there."""
    if section.adapter is None:
        return None
    if section.adapter != "shipped":
        return find_adapter(section.adapter)
    folder = ADAPTERS / SHIPPED
    if not (folder / MANIFEST).is_file():
        return None
    try:
        check(folder, section)
    except LlmError as error:
        logger.warning("the shipped adapter isn't used: {}", error)
        return None
    return folder


def check(adapter: Path, section: Llm) -> None:
    """Raises `LlmError` where an adapter isn't whole, or wasn't made for `llm.model`. Loads nothing."""
    check_base(adapter, section.model)
    (peft_folder if section.backend == "transformers" else gguf_file)(adapter)


def check_base(adapter: Path, model: str) -> None:
    """Raises `LlmError` where the manifest beside an adapter names weights that aren't `model`."""
    made_for = read_manifest(adapter).get("weights")
    if made_for is not None and made_for != model:
        raise LlmError(
            f"The adapter {adapter.name} was made for {made_for}, llm.model is {model}: "
            f'set llm.adapter to one made for it, or to "{NONE}".'
        )


def gguf_file(adapter: Path) -> Path:
    """The GGUF file of an adapter given as a file or an export's folder, whole as its manifest says.

    Raises `LlmError`."""
    if not adapter.is_dir():
        return adapter
    file = adapter / GGUF
    if not file.is_file():
        raise LlmError(f"The adapter {adapter} has no {GGUF}; run `finetune export` again.")
    told = read_manifest(adapter).get("files", {}).get(GGUF, {}).get("sha256")
    if told is not None and told != sha256_of(file):
        raise LlmError(f"{file} isn't what its {MANIFEST} says; run `finetune export` again.")
    return file


def peft_folder(adapter: Path) -> Path:
    """The folder with peft's files of an adapter. Raises `LlmError`."""
    for folder in (adapter, adapter / PEFT):
        if (folder / "adapter_config.json").is_file():
            return folder
    raise LlmError(f"The adapter {adapter} holds no adapter_config.json; give the folder of an export.")


def read_manifest(adapter: Path) -> dict[str, Any]:
    """The manifest of an export's folder; empty for a file, or where there is none. Raises `LlmError`."""
    file = adapter / MANIFEST
    try:
        read = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise LlmError(f"{file} can't be read; run `finetune export` again.") from error
    return read if isinstance(read, dict) else {}


def stamp(adapter: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of each file of an adapter: another stamp is another adapter. Empty where nothing
    is there."""
    if adapter is None:
        return ()
    files = [adapter] if adapter.is_file() else sorted(path for path in adapter.rglob("*") if path.is_file())
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue  # it was taken away just now
        found.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(found)
