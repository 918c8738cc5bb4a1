"""An OpenAI-compatible address, on a real socket: llama.cpp's own server with the real model."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from agent.llm.llama import LlamaEngine
from agent.llm.openai import OpenAIEngine
from agent.llm.protocol import LlmError, Message
from agent.models import require
from agent.settings.tree import Llm, Models

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = [Message("user", "Where is my order?")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings() -> AsyncIterator[Llm]:
    """Of a server with one slot."""
    server = LlamaEngine(require(Models(), "smollm2-135m"), Llm(slots=1))
    await server.warm()
    assert server.address is not None
    url, key = server.address
    yield Llm(backend="openai", base_url=url, api_key=key.get_secret_value(), timeout_ms=30_000)
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def engine(settings: Llm) -> AsyncIterator[OpenAIEngine]:
    engine = OpenAIEngine(settings)
    yield engine
    await engine.close()


async def test_text_comes_in_pieces(engine: OpenAIEngine) -> None:
    await engine.warm()
    pieces = [piece async for piece in engine.stream(HELLO, max_tokens=12)]
    assert len(pieces) > 5
    assert "".join(pieces).strip()


async def test_a_stop_word_and_a_grammar_are_passed_on(engine: OpenAIEngine) -> None:
    question = [Message("user", "Repeat after me: 1234, 5678, 90.")]
    bound = engine.stream(question, max_tokens=16, grammar="root ::= [^0-9]+")
    text = "".join([piece async for piece in bound])
    assert text.strip() and not re.search(r"\d", text)
    stopped = engine.stream(HELLO, max_tokens=30, stop=["o"])
    assert "o" not in "".join([piece async for piece in stopped])


async def test_leaving_a_stream_frees_the_servers_only_slot(engine: OpenAIEngine) -> None:
    """The stream left would last for 1,500 tokens, some 25 s."""
    endless = 'root ::= ("word and " | "other ")+'
    async with aclosing(engine.stream(HELLO, max_tokens=1_500, grammar=endless)) as stream:
        await anext(stream)
        await anext(stream)
    async with asyncio.timeout(8):
        assert [piece async for piece in engine.stream(HELLO, max_tokens=2)]


async def test_a_cancelled_task_frees_the_slot_too(engine: OpenAIEngine) -> None:
    begun = asyncio.Event()

    async def listen() -> None:
        async for _ in engine.stream(HELLO, max_tokens=1_500, grammar='root ::= ("word and ")+'):
            begun.set()

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(8):
        assert [piece async for piece in engine.stream(HELLO, max_tokens=2)]


async def test_a_wrong_key_is_a_sentence_that_does_not_show_it(settings: Llm) -> None:
    wrong = Llm(backend="openai", base_url=settings.base_url, api_key="not-the-key")
    engine = OpenAIEngine(wrong)
    with pytest.raises(LlmError, match=r"refuses the key \(401\); set llm\.api_key") as raised:
        await engine.warm()
    assert "not-the-key" not in str(raised.value)
    await engine.close()


async def test_a_prompt_the_server_refuses_is_a_sentence(engine: OpenAIEngine) -> None:
    with pytest.raises(LlmError, match=r"refused a request \(400\)"):
        async for _ in engine.stream([Message("user", "word " * 3_000)], max_tokens=1):
            pass


async def test_a_missing_address_is_a_sentence() -> None:
    with pytest.raises(LlmError, match=r"set llm\.base_url"):
        OpenAIEngine(Llm(backend="openai"))
