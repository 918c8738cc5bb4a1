"""llama.cpp in this process, by `xllamacpp`: shared by all calls, a slot a stream, one server an adapter.

Its calls block their thread, so each stream has one. A callback that returns True stops a stream, during
the prompt too: `return_progress` calls it between batches of the prompt.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import SecretStr

from agent.llm import chat
from agent.llm.llama_server import open_server
from agent.llm.protocol import LlmError, Message
from agent.settings.tree import Llm

WAITING_PER_SLOT = 4
"""Streams that may wait for each slot; one more is refused."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Of one finished stream, by llama.cpp's own clock."""

    cached_tokens: int
    prompt_tokens: int
    """Computed, beyond the cached ones."""
    prompt_ms: float
    tokens: int
    tokens_per_s: float


@dataclass(slots=True, eq=False)
class _Stream:
    loop: asyncio.AbstractEventLoop
    pieces: asyncio.Queue[str | LlmError | None]
    stopped: bool = False
    finish: Timings | None = field(default=None)

    def post(self, item: str | LlmError | None) -> bool:
        """From the engine's thread; False when nobody listens any more."""
        try:
            self.loop.call_soon_threadsafe(self.put, item)
        except RuntimeError:  # the loop is closed
            self.stopped = True
        return not self.stopped

    def put(self, item: str | LlmError | None) -> None:
        if not self.stopped:
            self.pieces.put_nowait(item)


class LlamaEngine:
    """Loaded once, at `warm` or the first stream."""

    def __init__(self, model_path: Path, settings: Llm) -> None:
        """`model_path` is the .gguf file, or a folder that holds one."""
        self._path = model_path
        self._settings = settings
        self._server: Any = None
        self._chatml = True
        self._api_key = SecretStr(secrets.token_urlsafe(24))
        self._threads = ThreadPoolExecutor(settings.slots, "llama")
        self._loading = asyncio.Lock()
        self._streams: dict[_Stream, Future[None]] = {}
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
        return len(self._streams)

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
            for stream in list(self._streams):
                stream.stopped = True
                stream.pieces.put_nowait(LlmError("The model was closed; start the agent again."))
            running = [asyncio.wrap_future(future) for future in list(self._streams.values())]
            await asyncio.gather(*running, return_exceptions=True)
            if self._server is not None:
                await asyncio.wrap_future(self._threads.submit(self._free))
            self._threads.shutdown(wait=True)

    async def _first_token(self, prefix: Sequence[Message]) -> None:
        request = self._request(prefix, 1, 0.0, (), None)
        async with aclosing(self._pieces(request, None)) as pieces:
            async for _ in pieces:
                pass

    async def _pieces(self, request: dict[str, Any], timeout_ms: int | None) -> AsyncGenerator[str, None]:
        """Waits for a slot and streams. Leaving stops the stream; its slot is free one look later."""
        if len(self._streams) >= self._settings.slots * (1 + WAITING_PER_SLOT):
            raise LlmError("Too many replies wait for the model; raise llm.slots or lower server.max_calls.")
        # A token makes one piece at most, and one item ends them: `put_nowait` never finds it full.
        stream = _Stream(asyncio.get_running_loop(), asyncio.Queue(2 * request["max_tokens"] + 8))
        future = self._threads.submit(self._run, request, stream)
        self._streams[stream] = future
        future.add_done_callback(lambda _: self._forget(stream))
        try:
            while True:
                try:
                    async with asyncio.timeout(None if timeout_ms is None else timeout_ms / 1000):
                        item = await stream.pieces.get()
                except TimeoutError:
                    raise LlmError(
                        f"The model gave nothing for {timeout_ms} ms; "
                        "raise llm.timeout_ms, or use fewer llm.slots or a smaller model."
                    ) from None
                if item is None:
                    return
                if isinstance(item, LlmError):
                    raise item
                yield item
        finally:
            stream.stopped = True
            if future.cancel():
                self._streams.pop(stream, None)

    async def _load(self) -> None:
        if self._server is not None and not self._closed:
            return
        async with self._loading:
            if self._closed:
                raise LlmError("The model is closed; start the agent again.")
            if self._server is None:
                self._server = await asyncio.wrap_future(self._threads.submit(self._open_server))

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

    def _run(self, request: dict[str, Any], stream: _Stream) -> None:
        """In a thread of the pool, for as long as the stream lasts."""

        def look(chunk: Any) -> bool:
            try:
                return _read_chunk(chunk, stream)
            except Exception as error:  # raising here would end the stream as if it were finished
                stream.post(
                    LlmError(f"The model's answer can't be read ({type(error).__name__}); see the log.")
                )
                return True

        if stream.stopped:
            return
        try:
            handle = self._server.handle_completions if self._chatml else self._server.handle_chat_completions
            handle(request, look)
        except Exception as error:
            stream.post(LlmError(f"The model failed ({type(error).__name__}); see the log and try again."))
        else:
            if stream.finish is not None:
                self.timings = stream.finish
            stream.post(None)

    def _forget(self, stream: _Stream) -> None:
        """From the engine's thread, when its slot is free."""
        try:
            stream.loop.call_soon_threadsafe(self._streams.pop, stream, None)
        except RuntimeError:
            self._streams.pop(stream, None)


def _read_chunk(chunk: dict[str, Any], stream: _Stream) -> bool:
    """Hands over what one event of the server carries; True stops the stream."""
    error = chunk.get("error")
    if error is not None:
        stream.post(_refusal(error))
        return True
    if "timings" in chunk:
        timings = chunk["timings"]
        stream.finish = Timings(
            cached_tokens=int(timings["cache_n"]),
            prompt_tokens=int(timings["prompt_n"]),
            prompt_ms=float(timings["prompt_ms"]),
            tokens=int(timings["predicted_n"]),
            tokens_per_s=float(timings["predicted_per_second"]),
        )
    for choice in chunk.get("choices", ()):
        piece = choice.get("text") or choice.get("delta", {}).get("content")
        if piece:
            stream.post(piece)
    return stream.stopped


def _refusal(error: dict[str, Any]) -> LlmError:
    kind = str(error.get("type", ""))
    if "context" in kind:
        return LlmError("The prompt is longer than llm.context_tokens; raise it or shorten the prompt.")
    if "grammar" in str(error.get("message", "")):
        return LlmError("The grammar of a reply is not valid GBNF; mend it where the reply is prompted.")
    return LlmError(f"The model refused a request ({error.get('code')}, {kind}); see the log and try again.")
