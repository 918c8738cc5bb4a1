"""Who recognises next: few threads, finals ahead of partials, nothing waits for ever."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
MOST_PARTIALS = 16
"""Partials that may wait; one more is dropped at once, since the next one says the same and more."""


class Dropped(Exception):
    """A partial that isn't worth its time any more."""


class Lanes:
    """`workers` threads. Used from one event loop."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="asr")
        self._free = workers
        self._finals: deque[asyncio.Future[None]] = deque()
        self._partials: deque[asyncio.Future[None]] = deque()

    async def run(self, work: Callable[[], T], *, final: bool) -> T:
        """`work()` in a thread. A partial that waits while a final comes raises `Dropped`.

        Cancelling gives up the wait; work that has begun runs to its end and keeps its thread till then.
        """
        await self._enter(final)
        loop = asyncio.get_running_loop()
        try:
            running = loop.run_in_executor(self._pool, work)
        except BaseException:
            self._leave()
            raise
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    async def _enter(self, final: bool) -> None:
        if final:
            self._drop_partials()
        if self._free > 0:
            self._free -= 1
            return
        if not final and len(self._partials) >= MOST_PARTIALS:
            raise Dropped
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._finals if final else self._partials).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._leave()
            raise

    def _drop_partials(self) -> None:
        while self._partials:
            place = self._partials.popleft()
            if not place.done():
                place.set_exception(Dropped())

    def _done(self, running: "asyncio.Future[Any]") -> None:
        if not running.cancelled():
            running.exception()  # Seen here, so that a caller who left leaves no warning.
        self._leave()

    def _leave(self) -> None:
        for waiting in (self._finals, self._partials):
            while waiting:
                place = waiting.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._free += 1

    async def close(self) -> None:
        """Waits for the work that has begun; what waits is dropped."""
        self._drop_partials()
        for place in self._finals:
            place.cancel()
        self._finals.clear()
        await asyncio.to_thread(self._pool.shutdown, True, cancel_futures=True)
