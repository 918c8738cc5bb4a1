"""The agent's engine on transformers and peft, by a tiny random model: words, adapters, grammar, its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig

from agent.dialogue.grammar import turn_grammar
from agent.llm import AdapterEngines, open_engines
from agent.llm.protocol import LlmEngine, LlmError, Message
from agent.settings.tree import Llm, Models
from finetune.train.base import load_base
from finetune.train.writing import load_adapter, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = [Message("system", "You answer calls."), Message("user", "Where is my order?")]


@pytest.fixture(scope="module")
def base(tiny: Callable[[str], Path]) -> Path:
    return tiny("qwen2")


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two random adapters over the tiny model, of different layers."""
    made = []
    for seed, targets in ((1, ["q_proj", "down_proj"]), (2, ["v_proj", "o_proj", "up_proj"])):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_pretrained(base)
        wrapped = get_peft_model(model, LoraConfig(r=4, lora_alpha=16, target_modules=targets))
        with torch.no_grad():
            for name, parameter in wrapped.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(0, 0.5)
        made.append(tmp_path_factory.mktemp(f"adapter-{seed}"))
        wrapped.save_pretrained(made[-1])
    return made[0], made[1]


def settings(base: Path, **changed: Any) -> Llm:
    told = {"model": str(base), "adapter": None, "slots": 2, "device": "cpu", "timeout_ms": 60_000} | changed
    return Llm(backend="transformers", **told)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engines(base: Path) -> AsyncIterator[AdapterEngines]:
    opened = open_engines(settings(base), Models())
    assert opened is not None
    yield opened
    await opened.close()


async def said(engine: LlmEngine, max_tokens: int = 12, **options: Any) -> str:
    return "".join([piece async for piece in engine.stream(ASKED, max_tokens=max_tokens, **options)])


async def test_each_stream_has_the_words_of_its_adapter_also_side_by_side(
    engines: AdapterEngines, base: Path, adapters: tuple[Path, Path]
) -> None:
    """The same words as training's own writing, which shares no code with it."""
    expected = [write(load_base(str(base)), [ASKED], max_tokens=12)[0]]
    for folder in adapters:
        taught = load_base(str(base))
        load_adapter(taught, folder)
        expected += write(taught, [ASKED], max_tokens=12)
    assert len(set(expected)) == 3
    three = [engines.of(adapter) for adapter in (None, *adapters)]
    alone = [await said(engine) for engine in three]
    assert [words.strip() for words in alone] == expected
    assert list(await asyncio.gather(*map(said, (*three, *three[::-1])))) == [*alone, *alone[::-1]]


async def test_an_adapter_can_be_taken_out_and_another_put_in(
    engines: AdapterEngines, adapters: tuple[Path, Path]
) -> None:
    words = await said(engines.of(adapters[0]))
    first, second = (AdapterEngines(engines._opener, adapter) for adapter in adapters)
    assert await said(first.default) == words
    await first.close()
    with pytest.raises(LlmError, match="closed"):
        await said(first.default)
    assert await said(second.default) != words
    await second.close()
    assert await said(engines.of(adapters[0])) == words


async def test_leaving_a_stream_ends_it_within_a_token(engines: AdapterEngines) -> None:
    engine = engines.of(None)
    stream = engine.stream(ASKED, max_tokens=1_500)
    await anext(stream)
    await stream.aclose()
    threads = engine._now.engine
    async with asyncio.timeout(20):
        while threads.streaming:  # type: ignore[attr-defined]
            await asyncio.sleep(0.005)
    assert await said(engine, 3)


async def test_the_grammar_holds_whatever_the_model_would_rather_say(engines: AdapterEngines) -> None:
    engine = engines.of(None)
    grammar = 'root ::= "Your order ships on {ship_date}" [.!]'
    words = await said(engine, 60, grammar=grammar)
    assert words[:-1] == "Your order ships on {ship_date}" and words[-1] in ".!"
    assert await said(engine, 60, grammar=grammar, temperature=5.0)
    free = await said(engine, 60, grammar=turn_grammar(["ship_date"]), temperature=5.0)
    assert free and not set(free.replace("{ship_date}", "")) & set("0123456789{}\n")
    with pytest.raises(LlmError, match="not valid GBNF"):
        await said(engine, grammar="root ::= [")


async def test_a_stop_word_ends_the_text_before_it(engines: AdapterEngines) -> None:
    engine = engines.of(None)
    whole = await said(engine)
    word = whole[5:9]
    assert await said(engine, stop=[word]) == whole[: whole.index(word)]
    assert await said(engine, stop=["never said by anybody"]) == whole


async def test_what_cant_be_loaded_is_a_sentence(base: Path, tmp_path: Path) -> None:
    async def problem(max_tokens: int = 3, **changed: Any) -> str:
        opened = open_engines(settings(base, **changed), Models())
        assert opened is not None
        with pytest.raises(LlmError) as raised:
            await said(opened.default, max_tokens)
        await opened.close()
        return str(raised.value)

    narrow = AutoModelForCausalLM.from_config(
        LlamaConfig(
            vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2
        )
    )
    get_peft_model(narrow, LoraConfig(target_modules=["q_proj"])).save_pretrained(tmp_path / "narrow")
    assert "q_proj is 64 x 64" in await problem(adapter=tmp_path / "narrow")
    assert "can't be loaded" in await problem(model=str(tmp_path))
    assert "holds no adapter_config.json" in await problem(adapter=tmp_path)
    assert "llm.context_tokens" in await problem(max_tokens=250, context_tokens=256)
