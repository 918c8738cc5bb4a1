"""Makes an export's folder: peft's copy, the GGUF adapter, merged weights, and last the manifest."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from finetune.export.adapter import CONFIG, WEIGHTS, PeftAdapter, read_adapter
from finetune.export.errors import ExportError
from finetune.export.lora_gguf import Outtype, write_lora
from finetune.export.manifest import manifest
from finetune.runs import Run
from finetune.train.architecture import Architecture, base_sizes
from finetune.train.recipe import read_recipe

ADAPTER = "adapter.gguf"
MANIFEST = "manifest.json"
MERGED = "merged"
MERGED_GGUF = "merged.gguf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export."""

    gguf: bool = True
    merge: bool = False
    outtype: Outtype = "f16"


def base_of(source: Path, adapter: PeftAdapter, given: str | None = None) -> tuple[str, Architecture]:
    """Name and sizes of the base: the one given, else the run's, else the adapter's. Raises `ExportError`."""
    recipe = source / "recipe.toml"
    name = given or (read_recipe(recipe).base if recipe.is_file() else adapter.base)
    sizes = base_sizes(name)
    if sizes is None:
        raise ExportError(f"{source} was trained on '{name}', which isn't known here; name it with --base.")
    return name, sizes


def export(
    source: Path, out: Path, wanted: Wanted, *, base: str | None = None, tell: Callable[[str], None]
) -> dict[str, object]:
    """Writes the export of a run or an adapter into `out`, and returns its manifest. Raises `ExportError`.

    In an `out` that is there, each file is exchanged whole, the manifest last: a server that watches it
    takes the new adapter when all of it stands.
    """
    adapter = read_adapter(source)
    name, sizes = base_of(source, adapter, base)
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file; give a folder that is empty, new, or an earlier export.")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise ExportError(f"{out} holds other files; give a folder that is empty, new, or an earlier export.")
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _fill(partial, adapter, name, sizes, wanted, tell)
        made = manifest(adapter, name, sizes, partial, Run(source).document())
        (partial / MANIFEST).write_text(json.dumps(made, indent=1) + "\n", "utf-8")
        _exchange(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made


def _fill(
    folder: Path,
    adapter: PeftAdapter,
    base: str,
    sizes: Architecture,
    wanted: Wanted,
    tell: Callable[[str], None],
) -> None:
    copy = folder / "adapter"
    copy.mkdir(parents=True)
    shutil.copyfile(adapter.folder / WEIGHTS, copy / WEIGHTS)
    settings = json.loads((adapter.folder / CONFIG).read_text("utf-8"))
    settings["base_model_name_or_path"] = base  # not a folder of the machine that trained it
    (copy / CONFIG).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
    if wanted.gguf:
        tell("writing the adapter for llama.cpp ...")
        write_lora(folder / ADAPTER, adapter, sizes, wanted.outtype)
    if wanted.merge:
        from finetune.export.merged import write_merged

        tell("merging the adapter into the base ...")
        write_merged(folder / MERGED, folder / MERGED_GGUF if wanted.gguf else None, adapter, base)


def _exchange(partial: Path, out: Path) -> None:
    """Moves all files of `partial` into `out`, the manifest last, and takes away what is no more."""
    files = sorted(path.relative_to(partial) for path in partial.rglob("*") if path.is_file())
    for file in sorted(files, key=lambda file: file == Path(MANIFEST)):
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial / file, out / file)
    for path in out.rglob("*"):
        if path.is_file() and path.relative_to(out) not in files:
            path.unlink()
