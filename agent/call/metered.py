"""Engines with a clock: how long each lets calls wait, and how many requests it has."""

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from agent.asr.protocol import AsrEngine, AsrSession, Transcript
from agent.call.engines import Engines
from agent.tts.protocol import TtsEngine

BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)


class EngineMetrics:
    """Engines and parts: `asr` (`partial`, `final`), `tts` (`first_chunk`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "ringdown_engine_seconds",
            "From asking an engine to its answer, waiting for its turn included.",
            ["engine", "part"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._requests = Gauge(
            "ringdown_engine_requests",
            "Requests that an engine works on or that wait for it.",
            ["engine"],
            registry=registry,
        )
        self._failures = Counter(
            "ringdown_engine_failures",
            "Requests that an engine could not answer.",
            ["engine"],
            registry=registry,
        )
        for engine in ("asr", "tts"):
            self._requests.labels(engine)
            self._failures.labels(engine)

    def took(self, engine: str, part: str, began: float) -> None:
        self._seconds.labels(engine, part).observe(time.monotonic() - began)

    @contextmanager
    def request(self, engine: str) -> Iterator[float]:
        """Counts a request while it lasts; gives the time when it began."""
        gauge = self._requests.labels(engine)
        gauge.inc()
        try:
            yield time.monotonic()
        except Exception:
            self._failures.labels(engine).inc()
            raise
        finally:
            gauge.dec()


def metered(engines: Engines, registry: CollectorRegistry) -> Engines:
    """The same engines; what calls ask of them is timed."""
    metrics = EngineMetrics(registry)
    return replace(engines, asr=MeteredAsr(engines.asr, metrics), tts=MeteredTts(engines.tts, metrics))


class MeteredTts:
    def __init__(self, engine: TtsEngine, metrics: EngineMetrics) -> None:
        self._engine = engine
        self._metrics = metrics

    async def speak(self, text: str, **options: Any) -> AsyncGenerator[NDArray[np.int16], None]:
        first = True
        with self._metrics.request("tts") as began:
            async with aclosing(self._engine.speak(text, **options)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    if first:
                        self._metrics.took("tts", "first_chunk", began)
                        first = False
                    yield chunk

    async def warm(self, phrases: Sequence[str] = ()) -> None:
        await self._engine.warm(phrases)

    async def filled(self) -> None:
        await self._engine.filled()

    async def close(self) -> None:
        await self._engine.close()


class MeteredAsr:
    def __init__(self, engine: AsrEngine, metrics: EngineMetrics) -> None:
        self._engine = engine
        self._metrics = metrics

    def open(self, hot_words: Sequence[str] = (), *, digits: int | None = None) -> AsrSession:
        return MeteredUtterance(self._engine.open(hot_words, digits=digits), self._metrics)

    async def warm(self) -> None:
        await self._engine.warm()

    async def close(self) -> None:
        await self._engine.close()


class MeteredUtterance:
    def __init__(self, session: AsrSession, metrics: EngineMetrics) -> None:
        self._session = session
        self._metrics = metrics
        self.feed = session.feed

    async def partial(self) -> Transcript:
        with self._metrics.request("asr") as began:
            transcript = await self._session.partial()
            self._metrics.took("asr", "partial", began)
        return transcript

    async def final(self) -> Transcript:
        with self._metrics.request("asr") as began:
            transcript = await self._session.final()
            self._metrics.took("asr", "final", began)
        return transcript
