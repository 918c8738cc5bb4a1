"""transformers and peft in this process: for a graphics card, or a base that llama.cpp doesn't serve.

A stream has a thread and a cache of its own; streams take turns token by token, each with its adapter.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from agent.llm import chat
from agent.llm.gbnf import GbnfError, Grammar, State
from agent.llm.protocol import LlmError, Message
from agent.llm.stream_threads import PieceStream, StreamThreads
from agent.llm.transformers_model import TransformersModel
from agent.settings.tree import Llm

HALF_LETTER = "�"
"""What stands for a letter whose last bytes aren't there yet."""
LIKELY = 64
"""Tokens that are tried against a grammar before all are."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    prompt: str
    max_tokens: int
    temperature: float
    stop: tuple[str, ...]
    grammar: Grammar | None


class TransformersEngine:
    """A shared model with one adapter. It loads at `warm` or the first stream."""

    def __init__(self, model: TransformersModel, settings: Llm, adapter: Path | None = None) -> None:
        self._model = model
        self._settings = settings
        self._adapter = adapter
        self._name: str | None = None
        self._opened = self._closed = False
        self._opening = asyncio.Lock()
        self._threads = StreamThreads(settings.slots, "transformers")

    @property
    def streaming(self) -> int:
        """Streams that hold or wait for a slot."""
        return self._threads.streaming

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncGenerator[str, None]:
        """See `LlmEngine`. Leaving stops before the next token; a prompt under way is computed to its end."""
        await self._open()
        try:
            rules = None if grammar is None else Grammar(grammar)
        except GbnfError as error:
            raise LlmError(f"The grammar of a reply is not valid GBNF ({error}); mend it there.") from error
        wanted = _Wanted(chat.prompt(messages), max_tokens, temperature, tuple(stop), rules)
        make = partial(self._run, wanted)
        async with aclosing(self._threads.pieces(make, max_tokens, self._settings.timeout_ms)) as pieces:
            async for piece in pieces:
                yield piece

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        """Loads the model and the adapter, and computes one token. No prefix is kept."""
        await self._open()
        if prefix:
            wanted = _Wanted(chat.prompt(prefix), 1, 0.0, (), None)
            async with aclosing(self._threads.pieces(partial(self._run, wanted), 1, None)) as pieces:
                async for _ in pieces:
                    pass

    async def close(self) -> None:
        """Stops the streams, and takes the adapter out of the model; leaves no thread."""
        async with self._opening:
            if self._closed:
                return
            self._closed = True
            await self._threads.stop()
            if self._opened:
                await self._threads.run(lambda: self._model.release(self._name))
            self._threads.shutdown()

    async def _open(self) -> None:
        async with self._opening:
            if self._closed:
                raise LlmError("The model is closed; start the agent again.")
            if not self._opened:
                self._name = await self._threads.run(lambda: self._model.open(self._adapter))
                self._opened = True

    def _run(self, wanted: _Wanted, stream: PieceStream) -> None:
        """In a thread of the pool, for as long as the stream lasts."""
        try:
            for piece in _until(wanted.stop, self._texts(wanted)):
                if stream.stopped or (piece and not stream.post(piece)):
                    return
        except LlmError as error:
            stream.post(error)
        except Exception as error:
            stream.post(LlmError(f"The model failed ({type(error).__name__}); see the log and try again."))
        else:
            stream.post(None)

    def _texts(self, wanted: _Wanted) -> Iterator[str]:
        """What is written, as it grows by whole letters; empty where a token brings none."""
        from transformers import DynamicCache

        tokenizer = self._model.tokenizer
        ids = tokenizer.encode(wanted.prompt, add_special_tokens=False)
        if len(ids) + wanted.max_tokens > self._model.longest_tokens:
            raise LlmError("The prompt is longer than llm.context_tokens; raise it or shorten the prompt.")
        choice = _Choice(self._model, wanted)
        cache = DynamicCache()
        written: list[int] = []
        told = 0
        for _ in range(wanted.max_tokens):
            token = choice.of(self._model.step(self._name, ids, cache))
            if token is None:
                return
            written.append(token)
            ids = [token]
            text = tokenizer.decode(written, skip_special_tokens=True)
            if text.endswith(HALF_LETTER):
                yield ""
                continue
            yield text[told:]
            told = len(text)


class _Choice:
    """The next token out of the logits: likeliest or drawn, and allowed by the grammar so far."""

    def __init__(self, model: TransformersModel, wanted: _Wanted) -> None:
        tokenizer = model.tokenizer
        self._text_of = model.text_of
        self._temperature = wanted.temperature
        self._grammar = wanted.grammar
        self._state: State = wanted.grammar.start if wanted.grammar else frozenset()
        self._ends = {tokenizer.convert_tokens_to_ids(chat.END), tokenizer.eos_token_id}
        self._marks = set(tokenizer.all_special_ids)

    def of(self, logits: Any) -> int | None:
        """None where the text ends."""
        import torch

        if self._temperature > 0:
            noise = -torch.log(-torch.log(torch.rand_like(logits).clamp_min(1e-20)))  # Gumbel's: a fair draw
            logits = logits / self._temperature + noise
        if self._grammar is None:
            token = int(torch.argmax(logits))
            return None if token in self._ends else token
        for count in (LIKELY, logits.numel()):
            for token in torch.topk(logits, min(count, logits.numel())).indices.tolist():
                if token in self._ends:
                    if None in self._state:
                        return None
                elif self._allowed(token):
                    return int(token)
        return None  # the grammar has come to its end

    def _allowed(self, token: int) -> bool:
        if token in self._marks:
            return False
        text = self._text_of(token)
        if not text or HALF_LETTER in text:
            return False
        assert self._grammar is not None
        state = self._grammar.after(self._state, text)
        if state:
            self._state = state
        return bool(state)


def _until(stop: Sequence[str], texts: Iterator[str]) -> Iterator[str]:
    """The texts up to the first of `stop`, without what may be its beginning until that is known."""
    held = ""
    for text in texts:
        held += text
        found = [at for word in stop if (at := held.find(word)) >= 0]
        if found:
            yield held[: min(found)]
            return
        keep = max((_beginning(held, word) for word in stop), default=0)
        yield held[: len(held) - keep]
        held = held[len(held) - keep :]
    yield held


def _beginning(text: str, word: str) -> int:
    """Length of the longest end of `text` that `word` begins with."""
    return next((size for size in range(len(word) - 1, 0, -1) if text.endswith(word[:size])), 0)
