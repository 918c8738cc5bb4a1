"""Who writes the replies that are measured: the engine that serves calls, or transformers instead of it."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.llm.llama import LlamaEngine
from agent.llm.protocol import Message
from agent.settings.tree import Llm
from finetune.data.errors import DataError
from finetune.progress import bar, tracked

if TYPE_CHECKING:
    from finetune.evaluate.sides import Sides

TIMEOUT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    took_ms: float | None = None
    """Of the whole reply; None where several were written at once."""
    first_ms: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    messages: tuple[Message, ...]
    grammar: str | None = None


class Writer(Protocol):
    name: str
    grammars: bool
    """Whether it can be held by a grammar."""

    def write(self, asked: Sequence[Asked], *, adapter: bool, told: str) -> list[Reply]:
        """Greedy replies, in order; `told` names the work in the bar on stderr."""
        ...


class ServedWriter:
    """llama.cpp over the GGUF that calls are served with: one reply after the other, as a call asks."""

    name = "llama.cpp"
    grammars = True

    def __init__(self, model: Path, adapter: Path | None, *, max_tokens: int, threads: int = 2) -> None:
        """`adapter` is a LoRA in GGUF."""
        self._model = model
        self._adapter = adapter
        self._max_tokens = max_tokens
        self._threads = threads

    def write(self, asked: Sequence[Asked], *, adapter: bool, told: str) -> list[Reply]:
        return asyncio.run(self._write(asked, self._adapter if adapter else None, told))

    async def _write(self, asked: Sequence[Asked], adapter: Path | None, told: str) -> list[Reply]:
        longest = max((len(str(one.messages)) for one in asked), default=0)
        context = 2048 if longest < 4000 else 8192
        settings = Llm(
            adapter=adapter, slots=1, threads=self._threads, timeout_ms=TIMEOUT_MS, context_tokens=context
        )
        engine = LlamaEngine(self._model, settings)
        try:
            await engine.warm(asked[0].messages[:1] if asked else ())
            return [await self._reply(engine, one) for one in tracked(asked, told)]
        finally:
            await engine.close()

    async def _reply(self, engine: LlamaEngine, one: Asked) -> Reply:
        started = time.perf_counter()
        first_ms: float | None = None
        pieces: list[str] = []
        stream = engine.stream(one.messages, max_tokens=self._max_tokens, grammar=one.grammar)
        async with aclosing(stream):
            async for piece in stream:
                if first_ms is None:
                    first_ms = (time.perf_counter() - started) * 1000
                pieces.append(piece)
        took_ms = (time.perf_counter() - started) * 1000
        tokens = engine.timings.tokens if engine.timings is not None else len(pieces)
        return Reply("".join(pieces).strip(), took_ms, first_ms, tokens)


class HubWriter:
    """transformers + peft, in batches: any base, without times of single replies."""

    name = "transformers"
    grammars = False

    def __init__(self, sides: "Sides", *, max_tokens: int) -> None:
        self._sides = sides
        self._max_tokens = max_tokens

    def write(self, asked: Sequence[Asked], *, adapter: bool, told: str) -> list[Reply]:
        from finetune.train.writing import write

        if any(one.grammar for one in asked):
            raise DataError("A grammar needs the served engine, and a base that it has weights of.")
        base = self._sides.base
        with self._sides.model(adapter=adapter), bar(told, len(asked)) as done:
            prompts = [one.messages for one in asked]
            texts = write(base, prompts, max_tokens=self._max_tokens, progress=done)
        counts = [len(base.tokenizer.encode(text, add_special_tokens=False)) for text in texts]
        return [Reply(text, tokens=count) for text, count in zip(texts, counts, strict=True)]
