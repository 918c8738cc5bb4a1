"""Real time in 20 ms ticks, by absolute deadlines: late ticks catch up, and nothing drifts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

TICK_MS = 20


class Pace:
    """Ticks of one call. `now_ms` counts from its start."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`clock` gives seconds, monotonic; a test gives one that it advances itself."""
        self._clock = clock
        self._sleep = sleep
        self._start = clock()
        self.worst_late_ms = 0.0

    def now_ms(self) -> float:
        return (self._clock() - self._start) * 1000.0

    async def ticks(self) -> AsyncIterator[int]:
        """The number of each tick, at `number * 20` ms. One that is late comes at once."""
        number = 0
        while True:
            ahead_ms = number * TICK_MS - self.now_ms()
            if ahead_ms > 0:
                await self._sleep(ahead_ms / 1000.0)
            else:
                await self._sleep(0)
            self.worst_late_ms = max(self.worst_late_ms, self.now_ms() - number * TICK_MS)
            yield number
            number += 1
