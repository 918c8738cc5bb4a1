"""Streams of an engine whose calls block: a thread each, pieces handed to the loop, stopped when left."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from agent.llm.protocol import LlmError

T = TypeVar("T")
WAITING_PER_SLOT = 4
"""Streams that may wait for each slot; one more is refused."""


@dataclass(slots=True, eq=False)
class PieceStream:
    """Between the thread that makes pieces and the task that reads them. None ends it."""

    loop: asyncio.AbstractEventLoop
    pieces: asyncio.Queue[str | LlmError | None]
    stopped: bool = False

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


class StreamThreads:
    """`slots` threads, and the streams that hold or wait for one."""

    def __init__(self, slots: int, name: str) -> None:
        self._slots = slots
        self._threads = ThreadPoolExecutor(slots, name)
        self._streams: dict[PieceStream, Future[None]] = {}

    @property
    def streaming(self) -> int:
        """Streams that hold or wait for a slot."""
        return len(self._streams)

    async def run(self, work: Callable[[], T]) -> T:
        """`work` in a thread of the pool."""
        return await asyncio.wrap_future(self._threads.submit(work))

    async def pieces(
        self, make: Callable[[PieceStream], None], most: int, timeout_ms: int | None
    ) -> AsyncGenerator[str, None]:
        """Waits for a slot and streams what `make` posts: `most` pieces at most, then None or an error.

        `timeout_ms` bounds the wait for each. Leaving sets `stopped`, which `make` looks at.
        """
        if len(self._streams) >= self._slots * (1 + WAITING_PER_SLOT):
            raise LlmError("Too many replies wait for the model; raise llm.slots or lower server.max_calls.")
        # one item ends the pieces: `put_nowait` never finds it full
        stream = PieceStream(asyncio.get_running_loop(), asyncio.Queue(2 * most + 8))
        future = self._threads.submit(_unless_stopped, make, stream)
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

    async def stop(self) -> None:
        """Ends all streams with an error, and waits for their threads."""
        for stream in list(self._streams):
            stream.stopped = True
            stream.pieces.put_nowait(LlmError("The model was closed; start the agent again."))
        running = [asyncio.wrap_future(future) for future in list(self._streams.values())]
        await asyncio.gather(*running, return_exceptions=True)

    def shutdown(self) -> None:
        """Ends the threads, which have nothing left to do."""
        self._threads.shutdown(wait=True)

    def _forget(self, stream: PieceStream) -> None:
        """From the engine's thread, when its slot is free."""
        try:
            stream.loop.call_soon_threadsafe(self._streams.pop, stream, None)
        except RuntimeError:
            self._streams.pop(stream, None)


def _unless_stopped(make: Callable[[PieceStream], None], stream: PieceStream) -> None:
    if not stream.stopped:
        make(stream)
