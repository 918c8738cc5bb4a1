"""`GET /metrics`: what doors count, and who may read it."""

import httpx
import pytest
from loguru import logger
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from agent.settings.load import SettingsError
from agent.settings.tree import Server
from telephony.metrics import LineMetrics, MetricsDoor
from tests.protocol.doors import Echo, House, closed, house, media, softphone, stream, until, webhook

SECRET_NUMBER = "+15550777"


async def samples(at: House, **headers: str) -> dict[tuple[str, frozenset], float]:
    async with httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
        response = await client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain")
    assert SECRET_NUMBER not in response.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def of(found: dict[tuple[str, frozenset], float], name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


async def test_a_call_is_counted_while_it_goes_on_and_when_it_is_over():
    answer = Echo()
    async with house(answer, max_calls=3) as at:
        async with softphone(at, **{"from": SECRET_NUMBER}) as socket:
            await until(lambda: answer.calls)
            during = await samples(at)
            assert of(during, "ringdown_calls_active") == 1
            assert of(during, "ringdown_calls_limit") == 3
            assert of(during, "ringdown_ready") == 1
            await socket.send("{broken")
            await socket.send(media(b"\x12" * 160))
            await socket.send('{"event": "stop"}')
            await closed(socket)
        await until(lambda: at.numbers == (0, 0, 0))
        after = await samples(at)
    ended = {"business": "shop", "provider": "softphone", "ended_by": "caller"}
    assert of(after, "ringdown_calls_total", **ended) == 1
    assert of(after, "ringdown_call_duration_seconds_count", business="shop") == 1
    assert of(after, "ringdown_calls_active") == 0
    faults = {key: value for key, value in after.items() if key[0] == "ringdown_wire_faults_total"}
    assert sum(faults.values()) == 1 and len(faults) == 1


async def test_callers_turned_away_and_strangers_are_counted_apart():
    async with house(Echo(), max_calls=1) as at:
        await webhook(at)
        await webhook(at, CallSid="CA2")
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(at.url + "/twilio/voice", data={"CallSid": "CA3", "To": "+1"})
        with pytest.raises(Exception, match="403"):
            async with stream(at, {}):
                pass
        found = await samples(at)
    assert of(found, "ringdown_calls_held") == 1
    assert of(found, "ringdown_calls_refused_total") == 1
    assert of(found, "ringdown_requests_refused_total", door="webhook", status="403") == 1
    assert of(found, "ringdown_requests_refused_total", door="stream", status="403") == 1


async def test_who_guesses_a_token_is_counted_and_logged_without_the_guess():
    said: list[str] = []
    watching = logger.add(said.append, level="DEBUG", format="{level} {message}")
    settings = {"softphone_token": "open sesame", "metrics_token": "open-sesame"}
    try:
        async with house(Echo(), **settings) as at:
            async with httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
                for path in ("/softphone/businesses", "/softphone/callers/shop/a.wav", "/metrics"):
                    assert (await client.get(f"{path}?token=guessed")).status_code == 401
                assert (await client.get("/", headers={"Host": "evil.test"})).status_code == 403
            found = await samples(at, Authorization="Bearer open-sesame")
    finally:
        logger.remove(watching)
    assert of(found, "ringdown_requests_refused_total", door="page", status="401") == 2
    assert of(found, "ringdown_requests_refused_total", door="page", status="403") == 1
    assert of(found, "ringdown_requests_refused_total", door="metrics", status="401") == 1
    assert len([line for line in said if line.startswith("WARNING") and "refused with 401" in line]) == 3
    assert not [line for line in said if "guessed" in line or "sesame" in line]


async def test_ready_falls_to_0_while_the_server_drains():
    async with house(Echo()) as at:
        at.app.state.drain.closing.set()
        assert of(await samples(at), "ringdown_ready") == 0


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.test"}, {"X-Forwarded-For": "203.0.113.7"}, {"Via": "1.1 tunnel"}]
)
async def test_another_machine_reads_nothing_unless_set(headers: dict[str, str]):
    async with house(Echo()) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
        refused = await client.get("/metrics", headers=headers)
        assert (refused.status_code, "ringdown" in refused.text) == (403, False)
        assert (await client.post("/metrics")).status_code == 405
    async with house(Echo(), metrics_remote=True, metrics_token="open-sesame") as at:
        await samples(at, Authorization="Bearer open-sesame", **headers)


async def test_a_token_is_asked_for_where_one_is_set():
    async with house(Echo(), metrics_token="open-sesame") as at:
        async with httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
            for given in ("", "Bearer", "Bearer wrong", "Basic open-sesame", "Bearer ÿ"):
                answer = await client.get("/metrics", headers={"Authorization": given.encode("latin-1")})
                assert answer.status_code == 401, given
            assert (await client.get("/metrics?token=open-sesame")).status_code == 401
        await samples(at, Authorization="Bearer open-sesame")


def test_metrics_for_other_machines_need_a_token():
    with pytest.raises(SettingsError, match=r"server\.metrics_remote needs server\.metrics_token"):
        MetricsDoor(LineMetrics(CollectorRegistry()), Server(metrics_remote=True))


async def test_two_servers_of_one_process_count_apart():
    async with house(Echo()) as one, house(Echo()) as other:
        await webhook(one)
        assert of(await samples(one), "ringdown_calls_held") == 1
        assert of(await samples(other), "ringdown_calls_held") == 0


async def test_openmetrics_is_spoken_to_whom_asks_for_it():
    async with house(Echo()) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
        answer = await client.get(
            "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
        )
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")
