"""What a caller's program is told beside the sound: captions and turns, while there is room for them."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any

from loguru import logger

MOST_WAITING = 64
"""Events that wait for a program that reads slowly; the oldest are dropped."""
LAST_S = 0.5
"""For the last events to leave before the socket closes."""


class LiveEvents:
    """One call's. `say` sends a message and says whether it left. Use it as `async with`.

    An event takes the place of a waiting one that it is a newer version of: a turn's record as it grows,
    a caption of the same speech. Sound goes its own way, and waits for none of this.
    """

    def __init__(self, say: Callable[[str], Awaitable[bool]]) -> None:
        self._say = say
        self._waiting: dict[tuple[str, int], dict[str, Any]] = {}
        self._captions = 0
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None

    def tell(self, event: str, body: Mapping[str, Any]) -> None:
        """Has the event sent soon. Returns at once."""
        key = (event, self._version(event, body))
        self._waiting.pop(key, None)
        self._waiting[key] = {"event": event, **body}
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._empty.clear()
        self._more.set()

    def _version(self, event: str, body: Mapping[str, Any]) -> int:
        if event == "turn":
            return int(body["turn"]["n"])
        number = self._captions
        self._captions += bool(body.get("final"))
        return number

    async def __aenter__(self) -> "LiveEvents":
        self._task = asyncio.create_task(self._send(), name="live events")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), LAST_S)
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _send(self) -> None:
        while True:
            await self._more.wait()
            while self._waiting:
                event = self._waiting.pop(next(iter(self._waiting)))
                try:
                    message = json.dumps(event)
                except (TypeError, ValueError) as problem:
                    logger.error("an event can't be sent: {}", type(problem).__name__)
                else:
                    await self._say(message)
            self._more.clear()
            self._empty.set()
