"""llama.cpp in this process, by `xllamacpp`: shared by all calls, a slot a stream, one server an adapter.

Its calls block their thread, so each stream has one. A callback that returns True stops a stream, during
the prompt too: `return_progress` calls it between batches of the prompt.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import SecretStr

from agent.llm import chat
from agent.llm.llama_server import open_server
from agent.llm.protocol import LlmError, Message
from agent.llm.stream_threads import PieceStream, StreamThreads
from agent.settings.tree import Llm


@dataclass(frozen=True, slots=True)
class Timings:
    """Of one finished stream, by llama.cpp's own clock."""

    cached_tokens: int
    prompt_tokens: int
    """Computed, beyond the cached ones."""
    prompt_ms: float
    tokens: int
    tokens_per_s: float


class LlamaEngine:
    """Loaded once, at `warm` or the first stream."""

    def __init__(self, model_path: Path, settings: Llm) -> None:
        """`model_path` is the .gguf file, or a folder that holds one."""
        self._path = model_path
        self._settings = settings
        self._server: Any = None
        self._chatml = True
        self._api_key = SecretStr(secrets.token_urlsafe(24))
        self._threads = StreamThreads(settings.slots, "llama")
        self._loading = asyncio.Lock()
        self._closed = False
        self.timings: Timings | None = None
        """Of the stream that finished last."""

    @property
    def address(self) -> tuple[str, SecretStr] | None:
        """The loopback address that llama.cpp's own HTTP server has, and its key; None before `warm`."""
        return (f"{self._server.listening_address}/v1", self._api_key) if self._server else None

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
        """See `LlmEngine`. `llm.timeout_ms` bounds the wait for each piece, the first one included."""
        await self._load()
        request = self._request(messages, max_tokens, temperature, stop, grammar)
        async with aclosing(self._pieces(request, self._settings.timeout_ms)) as pieces:
            async for piece in pieces:
                yield piece

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        """Loads the model and computes `prefix` in every slot, so that no caller's reply waits for it."""
        started = time.monotonic()
        await self._load()
        if not prefix:
            return
        await asyncio.gather(*(self._first_token(prefix) for _ in range(self._settings.slots)))
        took_ms = (time.monotonic() - started) * 1000
        logger.info("Language model warm in {} slots after {:.0f} ms", self._settings.slots, took_ms)

    async def close(self) -> None:
        """Stops the streams and frees the model; leaves no thread."""
        self._closed = True
        async with self._loading:
            await self._threads.stop()
            if self._server is not None:
                await self._threads.run(self._free)
            self._threads.shutdown()

    async def _first_token(self, prefix: Sequence[Message]) -> None:
        request = self._request(prefix, 1, 0.0, (), None)
        async with aclosing(self._pieces(request, None)) as pieces:
            async for _ in pieces:
                pass

    def _pieces(self, request: dict[str, Any], timeout_ms: int | None) -> AsyncGenerator[str, None]:
        return self._threads.pieces(partial(self._run, request), request["max_tokens"], timeout_ms)

    async def _load(self) -> None:
        if self._server is not None and not self._closed:
            return
        async with self._loading:
            if self._closed:
                raise LlmError("The model is closed; start the agent again.")
            if self._server is None:
                self._server = await self._threads.run(self._open_server)

    def _open_server(self) -> Any:
        server, self._chatml = open_server(self._path, self._settings, self._api_key)
        return server

    def _free(self) -> None:
        self._server = None

    def _request(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        stop: Sequence[str],
        grammar: str | None,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": list(stop),
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,
        }
        if grammar is not None:
            request["grammar"] = grammar
        if self._chatml:
            request["prompt"] = chat.prompt(messages)
        else:
            request["messages"] = [
                {"role": message.role, "content": chat.plain(message.content)} for message in messages
            ]
        return request

    def _run(self, request: dict[str, Any], stream: PieceStream) -> None:
        """In a thread of the pool, for as long as the stream lasts."""
        finish: list[Timings] = []

        def look(chunk: Any) -> bool:
            try:
                finish.extend(_timings(chunk))
                return _read_chunk(chunk, stream)
            except Exception as error:  # raising here would end the stream as if it were finished
                stream.post(
                    LlmError(f"The model's answer can't be read ({type(error).__name__}); see the log.")
                )
                return True

        try:
            handle = self._server.handle_completions if self._chatml else self._server.handle_chat_completions
            handle(request, look)
        except Exception as error:
            stream.post(LlmError(f"The model failed ({type(error).__name__}); see the log and try again."))
        else:
            if finish:
                self.timings = finish[-1]
            stream.post(None)


def _read_chunk(chunk: dict[str, Any], stream: PieceStream) -> bool:
    """Hands over what one event of the server carries; True stops the stream."""
    error = chunk.get("error")
    if error is not None:
        stream.post(_refusal(error))
        return True
    for choice in chunk.get("choices", ()):
        piece = choice.get("text") or choice.get("delta", {}).get("content")
        if piece:
            stream.post(piece)
    return stream.stopped


def _timings(chunk: dict[str, Any]) -> list[Timings]:
    """Of the event that has them, the last one."""
    if "timings" not in chunk:
        return []
    timings = chunk["timings"]
    return [
        Timings(
            cached_tokens=int(timings["cache_n"]),
            prompt_tokens=int(timings["prompt_n"]),
            prompt_ms=float(timings["prompt_ms"]),
            tokens=int(timings["predicted_n"]),
            tokens_per_s=float(timings["predicted_per_second"]),
        )
    ]


def _refusal(error: dict[str, Any]) -> LlmError:
    kind = str(error.get("type", ""))
    if "context" in kind:
        return LlmError("The prompt is longer than llm.context_tokens; raise it or shorten the prompt.")
    if "grammar" in str(error.get("message", "")):
        return LlmError("The grammar of a reply is not valid GBNF; mend it where the reply is prompted.")
    return LlmError(f"The model refused a request ({error.get('code')}, {kind}); see the log and try again.")
