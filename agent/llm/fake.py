"""A language model for tests: says what its script says, when it says it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from agent.llm.protocol import LlmError, Message

Script = Sequence[tuple[int, str | LlmError]]
"""Pairs of (milliseconds to wait, piece or error)."""


@dataclass(frozen=True, slots=True)
class Request:
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    stop: tuple[str, ...]
    grammar: str | None


class FakeLlm:
    """Plays `scripts` one after another, the last one again and again; without any it says nothing."""

    def __init__(self, scripts: Sequence[Script] = ()) -> None:
        self._scripts = list(scripts)
        self.requests: list[Request] = []
        self.streaming = 0
        self.stopped_early = 0
        self.warmed: list[tuple[Message, ...]] = []
        self.closed = False

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncGenerator[str, None]:
        turn = len(self.requests)
        self.requests.append(Request(tuple(messages), max_tokens, temperature, tuple(stop), grammar))
        script: Script = self._scripts[min(turn, len(self._scripts) - 1)] if self._scripts else ()
        self.streaming += 1
        ended = False
        try:
            for wait_ms, piece in script[:max_tokens]:
                await asyncio.sleep(wait_ms / 1000)
                if isinstance(piece, LlmError):
                    ended = True
                    raise piece
                yield piece
            ended = True
        finally:
            self.streaming -= 1
            self.stopped_early += not ended

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        self.warmed.append(tuple(prefix))

    async def close(self) -> None:
        self.closed = True
