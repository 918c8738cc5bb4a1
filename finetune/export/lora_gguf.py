"""Writes an adapter as llama.cpp loads it: a GGUF file with A and B of each layer.

Layout: llama.cpp's convert_lora_to_gguf.py (the `gguf` package has the writer, and no converter).
"""

import os
from pathlib import Path
from typing import Literal

import numpy as np

from finetune.export.adapter import PeftAdapter
from finetune.export.gguf_names import GgufNames, interleaved
from finetune.train.architecture import Architecture

Outtype = Literal["f16", "f32"]
TYPES = {"f16": np.float16, "f32": np.float32}


def write_lora(
    path: Path, adapter: PeftAdapter, architecture: Architecture, outtype: Outtype = "f16"
) -> None:
    """Writes `path`, whole or not at all. Raises `ExportError` for a layer that llama.cpp doesn't know."""
    import gguf

    names = GgufNames(architecture)
    partial = path.with_name(f"{path.name}.partial")
    writer = gguf.GGUFWriter(partial, architecture.family)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, adapter.alpha)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if outtype == "f16" else gguf.LlamaFileType.ALL_F32)
    for layer, pair in adapter.pairs.items():
        name = names.of(layer)
        writer.add_tensor(f"{name}.weight.lora_a", pair.a.astype(TYPES[outtype]))
        rows = interleaved(pair.b, names.heads(layer))
        writer.add_tensor(f"{name}.weight.lora_b", np.ascontiguousarray(rows, TYPES[outtype]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, path)
