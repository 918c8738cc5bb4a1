"""The path of a LoRA adapter, by a tiny random one: loaded, heard in the words, and gone with its server."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.llm import gguf
from agent.llm.llama import LlamaEngine
from agent.llm.protocol import LlmError, Message
from agent.models import require
from agent.settings.tree import Llm, Models

RANK = 8
ALIGNMENT = 32
TARGETS = ("attn_q", "attn_k", "attn_v", "attn_output")


@pytest.fixture(scope="module")
def model() -> Path:
    return next(require(Models(), "smollm2-135m").glob("*.gguf"))


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


def random_tensors(model: Path, *, scale: float, narrower: int = 0) -> dict[str, NDArray[np.float32]]:
    """A and B of rank 8 for q, k, v and o of every layer, in the shapes of `model`."""
    random = np.random.default_rng(7)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, shape in gguf.read(model).shapes.items():
        if name.split(".")[-2] in TARGETS:
            inputs, outputs = shape
            a = random.normal(size=(RANK, inputs - narrower)) / np.sqrt(inputs)
            b = random.normal(size=(outputs, RANK)) * scale
            tensors[f"{name}.lora_a"] = a.astype(np.float32)
            tensors[f"{name}.lora_b"] = b.astype(np.float32)
    return tensors


async def answer(model: Path, adapter: Path | None, prefix_again: bool = False) -> str:
    """A fresh server's greedy answer; with `prefix_again` its second one, out of its prefix cache."""
    engine = LlamaEngine(model, Llm(slots=1, adapter=adapter, timeout_ms=60_000))
    messages = [
        Message("system", "You are the telephone agent of a shop."),
        Message("user", "Where is my order?"),
    ]
    try:
        if prefix_again:
            await engine.warm(messages)
        return "".join([piece async for piece in engine.stream(messages, max_tokens=12)])
    finally:
        await engine.close()


async def test_an_adapter_changes_the_words_and_a_server_without_it_says_the_first_again(
    model: Path, tmp_path: Path
) -> None:
    """A-B-A: nothing of B is left, in no prompt cache either. One server an adapter holds that."""
    adapter = tmp_path / "random.gguf"
    tensors = random_tensors(model, scale=0.3)
    assert len(tensors) == 30 * len(TARGETS) * 2
    assert sum(tensor.size for tensor in tensors.values()) == 921_600
    write_adapter(adapter, tensors)

    without = await answer(model, None)
    within = await answer(model, adapter)
    assert within != without
    assert await answer(model, None, prefix_again=True) == without


async def test_an_adapter_that_adds_nothing_changes_nothing(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "zero.gguf"
    write_adapter(adapter, random_tensors(model, scale=0.0))
    assert await answer(model, adapter) == await answer(model, None)


async def test_an_adapter_for_another_model_is_a_sentence(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "other.gguf"
    write_adapter(adapter, random_tensors(model, scale=0.3), architecture="qwen2")
    with pytest.raises(LlmError, match=r"other\.gguf was made for qwen2, the model is llama"):
        await answer(model, adapter)


async def test_an_adapter_of_wrong_shapes_is_a_sentence(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "narrow.gguf"
    write_adapter(adapter, random_tensors(model, scale=0.3, narrower=64))
    with pytest.raises(LlmError, match=r"can't load .* with narrow\.gguf"):
        await answer(model, adapter)


async def test_a_model_given_as_an_adapter_is_a_sentence(model: Path) -> None:
    with pytest.raises(LlmError, match="is no LoRA adapter"):
        await answer(model, model)


async def test_an_adapter_cut_in_half_is_a_sentence(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "cut.gguf"
    write_adapter(adapter, random_tensors(model, scale=0.3))
    whole = adapter.read_bytes()
    adapter.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LlmError, match=r"cut\.gguf is damaged .*`finetune export` again"):
        await answer(model, adapter)
