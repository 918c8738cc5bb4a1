"""Writes a whole model as llama.cpp loads it: merged weights, or a base in f16 to measure against."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from finetune.export.gguf_names import GgufNames, interleaved
from finetune.train.architecture import Architecture

CONTEXT_TOKENS = 8192
"""Of a model whose settings don't tell."""


def write_model(path: Path, model: Any, architecture: Architecture, tokens_of: Path) -> None:
    """Writes `model` (of transformers) in f16, whole or not at all; norms and biases stay f32.

    `tokens_of` is a GGUF with the same vocabulary: its tokenizer is copied.
    """
    import gguf

    partial = path.with_name(f"{path.name}.partial")
    writer = gguf.GGUFWriter(partial, architecture.family)
    writer.add_type(gguf.GGUFType.MODEL)
    _add_sizes(writer, model.config, architecture)
    for name, value, kind, inner in _tokenizer(tokens_of):
        writer.add_key_value(name, value, kind, sub_type=inner)
    names = GgufNames(architecture)
    for name, rows in _tensors(model, architecture):
        layer, _, kind = name.rpartition(".")
        heads = names.heads(layer)
        values = np.ascontiguousarray(interleaved(rows, heads))
        wide = values.ndim > 1
        writer.add_tensor(f"{names.of(layer)}.{kind}", values.astype(np.float16) if wide else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, path)


def _tensors(model: Any, architecture: Architecture) -> Iterable[tuple[str, Any]]:
    for name, tensor in model.state_dict().items():
        if not (architecture.tied and name == "lm_head.weight"):
            yield name, tensor.detach().cpu().float().numpy()


def _add_sizes(writer: Any, config: Any, architecture: Architecture) -> None:
    import gguf

    writer.add_name(getattr(config, "_name_or_path", "") or architecture.family)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(architecture.vocabulary)
    writer.add_block_count(architecture.layers)
    writer.add_embedding_length(architecture.hidden)
    writer.add_feed_forward_length(architecture.intermediate)
    writer.add_head_count(architecture.heads)
    writer.add_head_count_kv(architecture.key_value_heads)
    writer.add_rope_dimension_count(architecture.head_size)
    writer.add_key_length(architecture.head_size)
    writer.add_value_length(architecture.head_size)
    writer.add_context_length(getattr(config, "max_position_embeddings", CONTEXT_TOKENS))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])


@cache
def _tokenizer(path: Path) -> list[tuple[str, Any, Any, Any]]:
    """Name, value, type and type of the items of all that a GGUF says of its tokenizer. Takes 2 s."""
    import gguf

    return [
        (field.name, field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None)
        for field in gguf.GGUFReader(path).fields.values()
        if field.name.startswith("tokenizer.")
    ]
