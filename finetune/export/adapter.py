"""A LoRA adapter as peft keeps it: its settings, checked, and its matrices."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.export.errors import ExportError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_NAME = re.compile(r"base_model\.model\.(?P<layer>.+)\.lora_(?P<half>[AB])\.weight")
_REFUSED = {
    "use_dora": "DoRA",
    "rank_pattern": "a rank for each layer",
    "alpha_pattern": "an alpha for each layer",
    "modules_to_save": "whole layers beside the adapter",
    "fan_in_fan_out": "transposed layers",
    "lora_bias": "biases",
}
"""Keys of peft's settings that a llama.cpp adapter has no place for, and what each means."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The change of one linear layer: scale x B A."""

    a: NDArray[np.float32]
    """(rank, inputs)."""
    b: NDArray[np.float32]
    """(outputs, rank)."""


@dataclass(frozen=True, slots=True)
class PeftAdapter:
    folder: Path
    base: str
    """The name that it was trained under: the hub's, or a folder."""
    rank: int
    alpha: float
    """The change's scale is alpha / rank."""
    targets: tuple[str, ...]
    pairs: Mapping[str, Pair]
    """By the layer's name in the model: `model.layers.0.self_attn.q_proj`."""


def adapter_folder(path: Path) -> Path:
    """Where peft's files are: `path` itself, or `adapter/` in a run or an export. Raises `ExportError`."""
    for folder in (path, path / "adapter"):
        if (folder / CONFIG).is_file():
            return folder
    raise ExportError(f"{path} holds no adapter ({CONFIG}); give a run's folder or a peft adapter.")


def read_adapter(path: Path) -> PeftAdapter:
    """The adapter of a run, an export, or a folder of peft. Raises `ExportError`."""
    folder = adapter_folder(path)
    settings = _settings(folder)
    rank, alpha = int(settings["r"]), float(settings["lora_alpha"])
    if settings.get("use_rslora"):
        alpha *= rank**0.5  # its scale is alpha / sqrt(rank)
    pairs = _pairs(folder)
    for layer, pair in pairs.items():
        if pair.a.shape[0] != rank or pair.b.shape[1] != rank:
            raise ExportError(f"{folder}: {layer} isn't of rank {rank}, as {CONFIG} says; train it again.")
    targets = tuple(sorted({layer.rsplit(".", 1)[1] for layer in pairs}))
    return PeftAdapter(
        folder, str(settings.get("base_model_name_or_path") or ""), rank, alpha, targets, pairs
    )


def _settings(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / CONFIG).read_text("utf-8"))
        if settings["peft_type"] != "LORA":
            raise ExportError(
                f"{folder} is no LoRA adapter but {settings['peft_type']}; only LoRA is served."
            )
        int(settings["r"]), float(settings["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"{folder / CONFIG} can't be read ({error}); train the adapter again.") from error
    for key, meaning in _REFUSED.items():
        if settings.get(key):
            raise ExportError(f"{folder} has {meaning} ({key}), which llama.cpp has no place for.")
    if settings.get("bias", "none") != "none":
        raise ExportError(f"{folder} trains biases, which llama.cpp has no place for; set bias to none.")
    return dict(settings)


def _pairs(folder: Path) -> dict[str, Pair]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ExportError(f"{folder / WEIGHTS} can't be read ({error}); train the adapter again.") from error
    halves: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, tensor in tensors.items():
        found = _NAME.fullmatch(name)
        if found is None:
            raise ExportError(f"{folder / WEIGHTS} holds {name}, which is no part of a LoRA adapter.")
        halves.setdefault(found["layer"], {})[found["half"]] = tensor.float().numpy()
    if not halves:
        raise ExportError(f"{folder / WEIGHTS} is empty; train the adapter again.")
    for layer, half in halves.items():
        if len(half) != 2:
            raise ExportError(f"{folder / WEIGHTS} has one half of {layer} alone; train the adapter again.")
    return {layer: Pair(half["A"], half["B"]) for layer, half in halves.items()}
