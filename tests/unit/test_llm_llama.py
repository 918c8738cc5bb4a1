"""The real language model in this process."""

import asyncio
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from agent.llm import open_engine
from agent.llm.fake import FakeLlm
from agent.llm.llama import LlamaEngine
from agent.llm.llama_server import decode_threads
from agent.llm.openai import OpenAIEngine
from agent.llm.protocol import LlmError, Message
from agent.llm.stream_threads import WAITING_PER_SLOT
from agent.models import require
from agent.settings.tree import ROOT, Llm, Models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SYSTEM = Message("system", "You are the telephone agent of a shop. Answer in one short sentence. " * 3)
SETTINGS = Llm(slots=2, timeout_ms=30_000)


@pytest.fixture(scope="module")
def model() -> Path:
    return require(Models(), "smollm2-135m")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(model: Path) -> AsyncIterator[LlamaEngine]:
    engine = LlamaEngine(model, SETTINGS)
    await engine.warm()
    yield engine
    await engine.close()


def ask(text: str) -> list[Message]:
    return [SYSTEM, Message("user", text)]


async def pieces(
    engine: LlamaEngine,
    messages: Sequence[Message],
    max_tokens: int = 12,
    *,
    stop: Sequence[str] = (),
    grammar: str | None = None,
) -> list[str]:
    got = [
        piece async for piece in engine.stream(messages, max_tokens=max_tokens, stop=stop, grammar=grammar)
    ]
    await idle(engine)
    return got


async def idle(engine: LlamaEngine) -> None:
    async with asyncio.timeout(20):
        while engine.streaming:
            await asyncio.sleep(0.005)


async def test_text_comes_in_pieces_and_greedy_decoding_repeats_itself(engine: LlamaEngine) -> None:
    first = await pieces(engine, ask("Where is my order?"))
    assert len(first) > 5
    assert "".join(first).strip()
    assert await pieces(engine, ask("Where is my order?")) == first
    assert engine.timings is not None and engine.timings.tokens == 12


async def test_the_second_prompt_computes_only_what_differs_from_the_first(engine: LlamaEngine) -> None:
    await pieces(engine, ask("Where is my order?"), 1)
    await pieces(engine, ask("Can I return a jacket?"), 1)
    assert engine.timings is not None
    assert engine.timings.cached_tokens > 40
    assert engine.timings.prompt_tokens < 20


async def test_warming_a_prefix_leaves_it_in_every_slot(model: Path) -> None:
    engine = LlamaEngine(model, SETTINGS)
    try:
        await engine.warm([SYSTEM])
        cached: list[int] = []

        async def one(text: str) -> None:
            async for _ in engine.stream(ask(text), max_tokens=2):
                pass

        for question in ("Where is it?", "What does it cost?"):
            await one(question)
            await idle(engine)
            assert engine.timings is not None
            cached.append(engine.timings.cached_tokens)
        assert min(cached) > 40
    finally:
        await engine.close()


async def test_two_calls_at_once_get_their_own_words(engine: LlamaEngine) -> None:
    words = ("alpha", "beta")
    got = await asyncio.gather(
        *(pieces(engine, ask(f"Say {word}."), 30, grammar=f'root ::= ("{word} "){{8}}') for word in words)
    )
    for word, text in zip(words, map("".join, got), strict=True):
        assert text.count(word) == 8
        assert not any(other in text for other in words if other != word)


async def test_a_grammar_without_digits_gives_no_digit(engine: LlamaEngine) -> None:
    question = [Message("user", "What is 1234 plus 1? Repeat after me: 1234, 5678, 90.")]
    free = "".join(await pieces(engine, question, 24))
    bound = "".join(await pieces(engine, question, 24, grammar="root ::= [^0-9{}]+"))
    assert re.search(r"\d", free)
    assert bound.strip() and not re.search(r"[0-9{}]", bound)


async def test_a_grammar_can_leave_only_the_facts_of_this_turn(engine: LlamaEngine) -> None:
    grammar = 'root ::= [a-zA-Z ,]{4,20} "{ship_date}" "."'
    text = "".join(await pieces(engine, ask("When does it ship?"), 40, grammar=grammar))
    assert text.endswith("{ship_date}.")


async def test_a_broken_grammar_is_a_sentence_and_the_next_stream_works(engine: LlamaEngine) -> None:
    with pytest.raises(LlmError, match="not valid GBNF"):
        await pieces(engine, ask("Hello."), grammar="root ::= [")
    assert await pieces(engine, ask("Hello."), 3)


async def test_a_prompt_longer_than_the_context_is_a_sentence(engine: LlamaEngine) -> None:
    with pytest.raises(LlmError, match=r"llm\.context_tokens"):
        await pieces(engine, [Message("user", "word " * 3_000)])


async def test_a_stop_word_ends_the_reply(engine: LlamaEngine) -> None:
    whole = "".join(await pieces(engine, ask("Where is my order?"), 16))
    word = whole.split()[3]
    cut = "".join(await pieces(engine, ask("Where is my order?"), 16, stop=[word]))
    assert word not in cut and whole.startswith(cut)


async def test_closing_the_iterator_stops_decoding_and_frees_the_slot(engine: LlamaEngine) -> None:
    """Both slots are taken by streams that would last for 900 tokens, some 15 s."""
    endless = 'root ::= ("word and " | "other ")+'
    for _ in range(2):
        async with (
            aclosing(engine.stream(ask("Go on."), max_tokens=900, grammar=endless)) as stream,
            aclosing(engine.stream(ask("And on."), max_tokens=900, grammar=endless)) as other,
        ):
            await anext(stream)
            await anext(other)
            assert engine.streaming == 2
        async with asyncio.timeout(5):
            await idle(engine)
    async with asyncio.timeout(5):
        assert await pieces(engine, ask("Hello."), 3)


async def test_cancelling_during_the_prompt_frees_the_slot_before_its_end(
    engine: LlamaEngine,
) -> None:
    prompt = [Message("user", "A long story about a shop and its many customers. " * 40)]
    loop = asyncio.get_running_loop()
    started = loop.time()
    await pieces(engine, prompt, 1)
    whole_s = loop.time() - started

    started = loop.time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(whole_s / 10):
            await pieces(engine, [Message("user", "Another one. " + prompt[0].content)], 1)
    await idle(engine)
    assert loop.time() - started < 0.6 * whole_s


async def test_too_many_waiting_streams_are_refused_with_a_sentence(engine: LlamaEngine) -> None:
    most = SETTINGS.slots * (1 + WAITING_PER_SLOT)
    streams = [engine.stream(ask("Hello."), max_tokens=400) for _ in range(most)]
    waiting = [asyncio.create_task(anext(stream)) for stream in streams]
    try:
        while engine.streaming < most:
            await asyncio.sleep(0)
        with pytest.raises(LlmError, match=r"llm\.slots"):
            await pieces(engine, ask("One more."))
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        for stream in streams:
            await stream.aclose()
    await idle(engine)


async def test_a_model_that_gives_nothing_in_time_is_a_sentence(model: Path) -> None:
    engine = LlamaEngine(model, Llm(slots=1, timeout_ms=100))
    try:
        await engine.warm()
        with pytest.raises(LlmError, match=r"nothing for 100 ms; .*llm\.timeout_ms"):
            async for _ in engine.stream([Message("user", "A long story. " * 300)], max_tokens=1):
                pass
    finally:
        await engine.close()


async def test_its_port_is_on_loopback_and_answers_only_with_the_key(engine: LlamaEngine) -> None:
    assert engine.address is not None
    url, key = engine.address
    assert url.startswith("http://127.0.0.1:")
    assert key.get_secret_value() not in repr(engine.address)

    def status(path: str) -> int:
        try:
            with urllib.request.urlopen(url.removesuffix("/v1") + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert await asyncio.to_thread(status, "/slots") in (401, 404, 501)
    assert await asyncio.to_thread(status, "/props") in (401, 404, 501)
    assert await asyncio.to_thread(status, "/lora-adapters") in (401, 404, 501)


async def test_one_thread_writes_the_tokens_of_small_weights_unless_more_are_set(tmp_path: Path) -> None:
    small, large = tmp_path / "small.gguf", tmp_path / "large.gguf"
    small.write_bytes(b"GGUF")
    with large.open("wb") as file:
        file.truncate(600 << 20)
    settings = Llm(threads=3)
    assert (decode_threads(small, settings), decode_threads(large, settings)) == (1, 3)
    assert decode_threads(small, Llm(threads=3, decode_threads=2)) == 2


async def test_close_ends_a_stream_under_way_and_leaves_no_thread_or_task(model: Path) -> None:
    tasks, threads = asyncio.all_tasks(), threading.enumerate()
    native = len(list(Path("/proc/self/task").iterdir()))
    engine = LlamaEngine(model, SETTINGS)
    stream = engine.stream(ask("Go on."), max_tokens=500)
    await anext(stream)
    await engine.close()
    with pytest.raises(LlmError, match="closed"):
        async for _ in stream:
            pass
    with pytest.raises(LlmError, match="closed"):
        await pieces(engine, ask("Anybody there?"))
    assert [thread.name for thread in threading.enumerate() if thread not in threads] == []
    assert asyncio.all_tasks() - tasks == set()
    async with asyncio.timeout(5):  # the kernel takes its time with threads that have ended
        while len(list(Path("/proc/self/task").iterdir())) > native:
            await asyncio.sleep(0.01)


async def test_llama_cpp_prints_nothing_on_stdout(model: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from agent.llm.llama import LlamaEngine
from agent.llm.llama_server import decode_threads
from agent.llm.protocol import LlmError, Message
from agent.settings.tree import Llm
async def main():
    engine = LlamaEngine(Path({str(model)!r}), Llm(slots=1, timeout_ms=60000))
    async for piece in engine.stream([Message("user", "Hi.")], max_tokens=2): pass
    try:
        async for piece in engine.stream([Message("user", "Hi.")], max_tokens=2, grammar="root ::= ["): pass
    except LlmError: print("refused")
    await engine.close()
asyncio.run(main())
"""
    result = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.stdout == "refused\n"
    assert result.returncode == 0


async def test_the_setting_chooses_the_engine() -> None:
    assert open_engine(Llm(backend="off"), Models()) is None
    assert isinstance(open_engine(Llm(backend="fake"), Models()), FakeLlm)
    assert isinstance(
        open_engine(Llm(backend="openai", base_url="http://127.0.0.1:1/v1"), Models()), OpenAIEngine
    )
    llama = open_engine(Llm(), Models())
    assert isinstance(llama, LlamaEngine)
    await llama.close()
