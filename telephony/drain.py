"""The end of the server: no new calls, time for those that go on, a last sentence, then the end.

Every step is bounded, so that the process ends even when a call, or the socket under it, does not.
"""

import asyncio
from collections.abc import Callable

from loguru import logger

FAREWELL_MS = 12_000
"""For the last sentence of calls that outlasted the drain."""
CANCEL_MS = 3_000
"""For a cancelled call to clean up."""
POLL_S = 0.1
"""How often held slots are looked at; they end by a clock and wake nobody."""


class Drain:
    """Knows the calls that go on, and ends them in order when the server must stop.

    `closing` is set when new calls are refused; `farewell` when calls must say goodbye and end.
    Whoever runs a call watches `farewell`; a call that doesn't is cancelled `FAREWELL_MS` later.
    """

    def __init__(self, drain_ms: int, farewell_ms: int = FAREWELL_MS, cancel_ms: int = CANCEL_MS) -> None:
        self._drain_s = drain_ms / 1000
        self._farewell_s = farewell_ms / 1000
        self._cancel_s = cancel_ms / 1000
        self._tasks: set[asyncio.Task[object]] = set()
        self.closing = asyncio.Event()
        self.farewell = asyncio.Event()

    def add(self, task: asyncio.Task[object]) -> None:
        """Watches one call's task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def calls(self) -> int:
        return len(self._tasks)

    async def run(self, held: Callable[[], int] = lambda: 0) -> None:
        """Goes through the steps; returns when no call is left or none can be waited for.

        `held` counts callers who were promised a slot and whose sound hasn't come yet.
        """
        self.closing.set()
        logger.info("draining: {} calls go on", self.calls)
        if not await self._quiet(self._drain_s, held):
            self.farewell.set()
            logger.info("drain time is over: {} calls say goodbye", self.calls)
            if not await self._quiet(self._farewell_s, lambda: 0):
                self.abort()
                await self._quiet(self._cancel_s, lambda: 0)
        self.farewell.set()
        if self._tasks:
            logger.error("{} calls could not be ended", self.calls)

    def abort(self) -> None:
        """Cancels every call at once."""
        self.closing.set()
        self.farewell.set()
        for task in list(self._tasks):
            task.cancel()

    async def _quiet(self, seconds: float, held: Callable[[], int]) -> bool:
        """Whether all calls have ended within `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._tasks or held():
            left = deadline - loop.time()
            if left <= 0:
                return False
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=left)
            else:
                await asyncio.sleep(min(POLL_S, left))
        return True
