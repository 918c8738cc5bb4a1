"""What a server's calls count: turns, sentences, latency by stage, engines. No word of a caller in a label.

A registry a server: nothing here is global. Labels are constants of this program and names of businesses.
"""

import asyncio
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from agent.call.turn_record import TurnRecord

STAGE_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
ANSWER_BUCKETS_S = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)
LATE_BUCKETS_S = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0)
ANSWER_STAGES = ("end_of_turn", "dialogue", "first_sound")
"""They follow each other between the caller's last sound and the agent's first; recognition runs beside
the first of them."""


class CallMetrics:
    """One server's. A turn is counted once, when the next one begins or the call ends."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._turns = Counter(
            "ringdown_turns", "Turns of calls, by how they began.", ["business", "kind"], registry=registry
        )
        self._interruptions = Counter(
            "ringdown_interruptions",
            "Turns that the caller cut off, coughs included.",
            ["business"],
            registry=registry,
        )
        self._stages = Histogram(
            "ringdown_stage_seconds",
            "Time that a stage of a turn took.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._answers = Histogram(
            "ringdown_answer_seconds",
            "From the caller's last sound to the agent's first, as the server knows it.",
            ["business"],
            buckets=ANSWER_BUCKETS_S,
            registry=registry,
        )
        self._sentences = Counter(
            "ringdown_sentences",
            "The agent's sentences, by verdict, kind, and how much of them was heard.",
            ["business", "verdict", "kind", "heard"],
            registry=registry,
        )
        self._replaced = Counter(
            "ringdown_sentences_replaced",
            "Sentences spoken in place of a model's that the check refused.",
            ["business"],
            registry=registry,
        )
        self._caught = Counter(
            "ringdown_claims_caught",
            "Claims of a model that no fact proved, by kind.",
            ["business", "claim"],
            registry=registry,
        )

    def begin(self, business: str) -> None:
        """Makes a business's counters visible at 0, so that a first count is seen as a rise."""
        for kind in ("greeting", "reply", "reprompt", "resume"):
            self._turns.labels(business, kind)
        self._interruptions.labels(business)
        self._replaced.labels(business)

    def turn(self, business: str, turn: TurnRecord) -> None:
        """Counts a turn that is over."""
        self._turns.labels(business, turn.kind).inc()
        if turn.interrupted:
            self._interruptions.labels(business).inc()
        for stage, took_ms in turn.stages_ms.items():
            self._stages.labels(stage).observe(took_ms / 1000)
        if turn.kind == "reply" and turn.caller and "first_sound" in turn.stages_ms:
            answer_ms = sum(turn.stages_ms.get(stage, 0) for stage in ANSWER_STAGES)
            self._answers.labels(business).observe(answer_ms / 1000)
        for sentence in turn.sentences:
            self._sentences.labels(business, sentence.verdict, sentence.kind, sentence.heard).inc()
            if sentence.replaced is not None:
                self._replaced.labels(business).inc()
            for claim in sentence.caught:
                self._caught.labels(business, claim).inc()

    def watch_records(self, kept_writes: Callable[[], int]) -> None:
        """Shows the writes that the database hasn't taken yet, as they are when asked."""
        gauge = Gauge(
            "ringdown_records_kept_writes",
            "Writes kept in memory because the database doesn't take them: 0 in health.",
            registry=self._registry,
        )
        gauge.set_function(kept_writes)


class TurnCounter:
    """One call's turns on their way into the counters."""

    def __init__(self, metrics: CallMetrics, business: str) -> None:
        self._metrics = metrics
        self._business = business
        self._open: TurnRecord | None = None
        self._counted = -1
        metrics.begin(business)

    def changed(self, turn: TurnRecord) -> None:
        """The turn as it stands now; an older one is over."""
        if self._open is not None and turn.n > self._open.n:
            self.settled()
        if turn.n > self._counted:
            self._open = turn

    def settled(self) -> None:
        """The last turn is over: the next one begins, or the call has ended."""
        if self._open is not None:
            self._metrics.turn(self._business, self._open)
            self._counted = self._open.n
            self._open = None


def server_registry() -> CollectorRegistry:
    """A registry with the process's own figures in it: memory, processor time, open files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


async def watch_loop(registry: CollectorRegistry, every_s: float = 0.5) -> None:
    """Measures for ever how late the event loop wakes up: above a frame's 20 ms, sound is late too."""
    late = Histogram(
        "ringdown_loop_late_seconds",
        "How late the event loop woke up.",
        buckets=LATE_BUCKETS_S,
        registry=registry,
    )
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        late.observe(max(0.0, loop.time() - due))
