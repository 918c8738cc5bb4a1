"""A small random LoRA adapter over the shipped model, as llama.cpp loads it."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.llm import gguf

RANK = 8
ALIGNMENT = 32
TARGETS = ("attn_q", "attn_k", "attn_v", "attn_output")


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def write_adapter(
    path: Path, tensors: Mapping[str, NDArray[np.float32]], *, architecture: str = "llama"
) -> None:
    """A LoRA adapter in GGUF (version 3), as llama.cpp's convert_lora_to_gguf.py lays it out."""
    pairs = {"general.type": "adapter", "general.architecture": architecture, "adapter.type": "lora"}
    body = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs) + 1)
    for key, value in pairs.items():
        body += text(key) + struct.pack("<I", 8) + text(value)
    body += text("adapter.lora.alpha") + struct.pack("<If", 6, float(RANK))
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # fastest dimension first
        body += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += -(-tensor.nbytes // ALIGNMENT) * ALIGNMENT
    body += bytes(-len(body) % ALIGNMENT)
    for tensor in tensors.values():
        data = tensor.astype("<f4").tobytes()
        body += data + bytes(-len(data) % ALIGNMENT)
    path.write_bytes(body)


def random_tensors(
    model: Path, *, scale: float, narrower: int = 0, seed: int = 7
) -> dict[str, NDArray[np.float32]]:
    """A and B of rank 8 for q, k, v and o of every layer, in the shapes of `model`."""
    random = np.random.default_rng(seed)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, shape in gguf.read(model).shapes.items():
        if name.split(".")[-2] in TARGETS:
            inputs, outputs = shape
            a = random.normal(size=(RANK, inputs - narrower)) / np.sqrt(inputs)
            b = random.normal(size=(outputs, RANK)) * scale
            tensors[f"{name}.lora_a"] = a.astype(np.float32)
            tensors[f"{name}.lora_b"] = b.astype(np.float32)
    return tensors
