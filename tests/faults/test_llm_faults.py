"""Model files that are damaged, and addresses where nothing good answers."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.llm.llama import LlamaEngine
from agent.llm.openai import OpenAIEngine
from agent.llm.protocol import LlmError, Message
from agent.models import require
from agent.settings.tree import Llm, Models

HELLO = [Message("user", "Hello.")]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def address(answer: Answer) -> AsyncIterator[str]:
    """A socket on which `answer` has the request's head to deal with."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


async def failure(url: str, timeout_ms: int = 5_000) -> tuple[list[str], str]:
    """What came, and the sentence."""
    engine = OpenAIEngine(Llm(backend="openai", base_url=url, timeout_ms=timeout_ms))
    got: list[str] = []
    try:
        with pytest.raises(LlmError) as raised:
            async for piece in engine.stream(HELLO, max_tokens=4):
                got.append(piece)
        return got, str(raised.value)
    finally:
        await engine.close()


def head(kind: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode()


EVENT = (
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
)


async def test_a_model_cut_in_half_is_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    whole = next(require(Models(), "smollm2-135m").glob("*.gguf"))
    cut = tmp_path / whole.name
    shutil.copy(whole, cut)
    os.truncate(cut, whole.stat().st_size // 2)
    engine = LlamaEngine(tmp_path, Llm())
    try:
        with pytest.raises(LlmError, match=r"SmolLM2.*\.gguf is damaged .*`agent models pull`"):
            await engine.warm()
    finally:
        await engine.close()


async def test_a_missing_model_is_a_sentence(tmp_path: Path) -> None:
    engine = LlamaEngine(tmp_path / "none.gguf", Llm())
    try:
        with pytest.raises(LlmError, match=r"none\.gguf is missing; run `agent models pull`"):
            await engine.warm()
    finally:
        await engine.close()


async def test_a_whole_gguf_that_is_no_model_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(24))
    engine = LlamaEngine(path, Llm())
    try:
        with pytest.raises(LlmError, match=r"can't load empty\.gguf"):
            await engine.warm()
    finally:
        await engine.close()


async def test_a_refused_connection_is_a_sentence() -> None:
    async with address(lambda _, __: asyncio.sleep(0)) as url:
        pass  # the port is free again
    _, sentence = await failure(url)
    assert sentence.endswith("can't be reached; start that server or mend llm.base_url.")


async def test_a_server_that_never_answers_is_a_sentence_in_time() -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass

    async with address(never) as url:
        async with asyncio.timeout(5):
            _, sentence = await failure(url, timeout_ms=300)
    assert "gave nothing for 300 ms" in sentence


async def test_a_server_that_hangs_in_the_middle_is_a_sentence_after_its_first_words() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("text/event-stream") + EVENT)
        while await reader.read(4096):
            pass

    async with address(hang) as url:
        got, sentence = await failure(url, timeout_ms=1_000)
    assert got == ["Hi"]
    assert "gave nothing for 1000 ms" in sentence


async def test_a_server_that_dies_in_the_middle_is_a_sentence() -> None:
    async def die(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
        writer.write(length + EVENT)
        await writer.drain()

    async with address(die) as url:
        got, sentence = await failure(url)
    assert got == ["Hi"]
    assert "can't be reached" in sentence


async def test_a_broken_server_is_a_sentence_that_does_not_quote_it() -> None:
    async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
        await writer.drain()

    async with address(broken) as url:
        _, sentence = await failure(url)
    assert "overloaded or broken (500)" in sentence and "secret" not in sentence


async def test_events_that_are_no_chat_are_a_sentence() -> None:
    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("text/event-stream") + b"data: {not json\n\n")
        await writer.drain()

    async with address(nonsense) as url:
        _, sentence = await failure(url)
    assert "isn't a chat" in sentence
