"""What a server's doors count, and `GET /metrics`: for this machine, or for whoever has the token."""

import hmac
from collections.abc import Callable, Iterable, Mapping

from loguru import logger
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from agent.call.incoming import EndedBy
from agent.settings.load import SettingsError
from agent.settings.tree import Server
from telephony.admission import Numbers
from telephony.softphone.guard import on_this_machine

DURATION_BUCKETS_S = (10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0)


class LineMetrics:
    """One server's. Labels are constants of this program and names of its businesses."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._calls = Counter(
            "ringdown_calls",
            "Calls that are over, by who ended them.",
            ["business", "provider", "ended_by"],
            registry=registry,
        )
        self._durations = Histogram(
            "ringdown_call_duration_seconds",
            "Length of calls.",
            ["business"],
            buckets=DURATION_BUCKETS_S,
            registry=registry,
        )
        self._faults = Counter(
            "ringdown_wire_faults", "What was wrong on the wire of calls.", ["kind"], registry=registry
        )
        self._late = Counter(
            "ringdown_late_audio",
            "Times that a sentence's sound was made later than a telephone needed it: a gap is heard.",
            registry=registry,
        )
        self._late_seconds = Counter(
            "ringdown_late_audio_seconds", "How long those gaps were together.", registry=registry
        )
        self._turned_away = Counter(
            "ringdown_requests_refused",
            "Requests and sockets that were not let in, by door and HTTP status.",
            ["door", "status"],
            registry=registry,
        )

    def ended(self, business: str, provider: str, ended_by: EndedBy, duration_s: float) -> None:
        """A call is over."""
        self._calls.labels(business, provider, ended_by).inc()
        self._durations.labels(business).observe(duration_s)

    def faults(self, counts: Mapping[str, int]) -> None:
        """What was wrong on one call's wire."""
        for kind, count in counts.items():
            self._faults.labels(kind).inc(count)

    def late_audio(self, times: int, seconds: float) -> None:
        """What one call's caller missed of the agent's sound."""
        self._late.inc(times)
        self._late_seconds.inc(seconds)

    def refused(self, door: str, status: int) -> None:
        """A request was answered with an error before any call began."""
        self._turned_away.labels(door, str(status)).inc()

    def watch(self, numbers: Callable[[], Numbers], limit: int, why_closed: Callable[[], str | None]) -> None:
        """Shows how full the house is, as it is when asked."""
        self.registry.register(_House(numbers, limit, why_closed))


class _House(Collector):
    def __init__(
        self, numbers: Callable[[], Numbers], limit: int, why_closed: Callable[[], str | None]
    ) -> None:
        self._numbers = numbers
        self._limit = limit
        self._why_closed = why_closed

    def collect(self) -> Iterable[Metric]:
        numbers = self._numbers()
        for name, text, value in (
            ("active", "Calls that go on.", numbers.active),
            ("held", "Slots held for calls whose sound hasn't come yet.", numbers.held),
            ("limit", "Calls that may go on at once (server.max_calls).", self._limit),
        ):
            yield GaugeMetricFamily(f"ringdown_calls_{name}", text, value)
        yield CounterMetricFamily(
            "ringdown_calls_refused", "Callers who heard that all lines are busy.", numbers.refused
        )
        ready = float(self._why_closed() is None)
        yield GaugeMetricFamily("ringdown_ready", "1 when a call would be taken, as /readyz says.", ready)


class MetricsDoor:
    """`GET /metrics`, of the registry of `line`, which counts who is not let in. Raises `SettingsError` for
    other machines without a token."""

    def __init__(self, line: LineMetrics, server: Server) -> None:
        if server.metrics_remote and server.metrics_token is None:
            raise SettingsError(
                "server.metrics_remote needs server.metrics_token: set a token of your own, "
                "so that only your Prometheus can read the metrics."
            )
        self._line = line
        self._server = server

    async def read(self, request: Request) -> Response:
        if not self._server.metrics_remote and not on_this_machine(request, self._server.host):
            return self._refused(403, "Metrics are for this machine only; see server.metrics_remote.")
        if self._server.metrics_token is not None:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            wanted = self._server.metrics_token.get_secret_value()
            if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), wanted.encode()):
                return self._refused(401, "Send the metrics token: Authorization: Bearer TOKEN.")
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._line.registry), media_type=content_type)

    def _refused(self, status: int, reason: str) -> Response:
        self._line.refused("metrics", status)
        logger.warning("metrics were refused with {}: {}", status, reason)
        return PlainTextResponse(reason, status)
