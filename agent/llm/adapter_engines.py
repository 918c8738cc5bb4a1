"""An engine an adapter, so that no prefix cache is shared, and the change to a new version of one.

A conversation pins the engine that it began with. When an adapter's files change, a second engine is opened
and warmed, new conversations get it, and the first is closed when the last of its own is gone.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

from loguru import logger

from agent.llm.adapters import stamp
from agent.llm.protocol import LlmEngine, LlmError, Message
from agent.settings import UserError

Opener = Callable[[Path | None], LlmEngine]
"""Makes the engine of an adapter; None is the base as it is."""


@dataclass(slots=True, eq=False)
class _Version:
    """An adapter as it was when its engine was opened."""

    engine: LlmEngine
    pinned: "WeakSet[PinnedEngine]" = field(default_factory=WeakSet)


class PinnedEngine:
    """One version of an adapter, until it is closed or nobody holds this any more."""

    def __init__(self, version: _Version) -> None:
        self._version = version
        version.pinned.add(self)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncGenerator[str, None]:
        """See `LlmEngine`."""
        stream = self._version.engine.stream(
            messages, max_tokens=max_tokens, temperature=temperature, stop=stop, grammar=grammar
        )
        async with aclosing(stream) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        await self._version.engine.warm(prefix)

    async def close(self) -> None:
        """Lets this version go; the engine is shared."""
        self._version.pinned.discard(self)


class AdapterEngine:
    """The engine of one adapter, whichever version serves it now."""

    def __init__(self, adapter: Path | None, opener: Opener) -> None:
        self.adapter = adapter
        self._opener = opener
        self._seen = stamp(adapter)
        self._now = _Version(opener(adapter))
        self._earlier: list[_Version] = []
        self._prefixes: list[tuple[Message, ...]] = []

    @property
    def versions(self) -> int:
        """How many are loaded: one, and each that an earlier conversation still holds."""
        return 1 + len(self._earlier)

    def pinned(self) -> PinnedEngine:
        """The version of now, kept until what this returns is closed or held by nobody."""
        return PinnedEngine(self._now)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncGenerator[str, None]:
        """See `LlmEngine`."""
        return self.pinned().stream(
            messages, max_tokens=max_tokens, temperature=temperature, stop=stop, grammar=grammar
        )

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        """Loads it and computes `prefix`, as each later version will."""
        if prefix and tuple(prefix) not in self._prefixes:
            self._prefixes.append(tuple(prefix))
        await self._now.engine.warm(prefix)

    async def look(self) -> None:
        """Takes a changed adapter into use, and frees versions that nobody holds.

        One that can't be loaded is logged, and the earlier one goes on.
        """
        seen = stamp(self.adapter)
        if seen and seen != self._seen:
            self._seen = seen
            try:
                await self._exchange()
            except (LlmError, UserError, OSError) as error:
                logger.error("the changed adapter isn't taken, the earlier one goes on: {}", error)
        for version in [version for version in self._earlier if not version.pinned]:
            self._earlier.remove(version)
            await version.engine.close()
            logger.info("an earlier version of the adapter {} is closed", self.adapter and self.adapter.name)

    async def _exchange(self) -> None:
        engine = await asyncio.to_thread(self._opener, self.adapter)
        try:
            for prefix in self._prefixes or [()]:
                await engine.warm(prefix)
        except BaseException:
            await engine.close()
            raise
        self._earlier.append(self._now)
        self._now = _Version(engine)
        logger.info("the adapter {} has changed: new calls get it", self.adapter and self.adapter.name)

    async def close(self) -> None:
        for version in (self._now, *self._earlier):
            await version.engine.close()


class AdapterEngines:
    """The engines of all adapters that businesses ask for, each opened when it is first asked for."""

    def __init__(self, opener: Opener, default: Path | None) -> None:
        """`default` is the adapter of a business that names none."""
        self._opener = opener
        self._default = default
        self._engines: dict[Path | None, AdapterEngine] = {}

    def of(self, adapter: Path | None) -> AdapterEngine:
        """The engine of an adapter (None: the base as it is). Raises `LlmError`, `MissingWeights`."""
        if adapter not in self._engines:
            self._engines[adapter] = AdapterEngine(adapter, self._opener)
        return self._engines[adapter]

    @property
    def default(self) -> AdapterEngine:
        """The engine of `llm.adapter`."""
        return self.of(self._default)

    async def watch(self, every_ms: int) -> None:
        """Looks at all adapters every so often, until cancelled."""
        while True:
            await asyncio.sleep(every_ms / 1000)
            for engine in list(self._engines.values()):
                await engine.look()

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()
