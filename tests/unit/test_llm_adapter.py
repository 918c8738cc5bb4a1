"""What a LoRA adapter must be to be loaded, by a tiny random one."""

from pathlib import Path

import pytest

from agent.llm.llama import LlamaEngine
from agent.llm.protocol import LlmError, Message
from agent.models import require
from agent.settings.tree import Llm, Models
from tests.random_adapter import TARGETS, random_tensors, write_adapter


@pytest.fixture(scope="module")
def model() -> Path:
    return next(require(Models(), "smollm2-135m").glob("*.gguf"))


async def answer(model: Path, adapter: Path | None) -> str:
    """A fresh server's greedy answer."""
    engine = LlamaEngine(model, Llm(slots=1, adapter=adapter, timeout_ms=60_000))
    messages = [
        Message("system", "You are the telephone agent of a shop."),
        Message("user", "Where is my order?"),
    ]
    try:
        return "".join([piece async for piece in engine.stream(messages, max_tokens=12)])
    finally:
        await engine.close()


async def test_an_adapter_that_adds_nothing_changes_nothing(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "zero.gguf"
    tensors = random_tensors(model, scale=0.0)
    assert len(tensors) == 30 * len(TARGETS) * 2
    assert sum(tensor.size for tensor in tensors.values()) == 921_600
    write_adapter(adapter, tensors)
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
