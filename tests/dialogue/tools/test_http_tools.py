"""Tools over HTTP, against a real server that is slow, fails, and sends garbage."""

import asyncio
import time
from typing import Any

import pytest
from pydantic import ValidationError

from agent.dialogue.business_remote import Http
from agent.dialogue.circuit_breaker import CircuitBreaker
from agent.dialogue.http_tool import HttpTools
from agent.dialogue.remote_rows import RemoteError, rows_of
from tests.dialogue.tools.order_server import OrderServer

COLUMNS = {
    "order_number": "number", "status": "state.name", "late": "state.late", "total": "total", "by": "by"
}  # fmt: skip


def request(server: OrderServer, path: str, **more: Any) -> Http:
    return Http.model_validate({"url": f"{server.url}{path}", "rows": "data.orders", **more})


async def test_rows_are_taken_out_of_the_answer_as_a_database_would_give_them(server: OrderServer) -> None:
    asked = request(server, "/orders/{order_number}", headers={"Authorization": "Bearer {secret.orders}"})
    answer = await HttpTools({"orders": "s3cret"}).ask(asked, {"order_number": "12345"})
    assert rows_of(answer, asked.rows, COLUMNS) == [
        {"order_number": "12345", "status": "shipped", "late": 0, "total": "84.9", "by": "UPS"}
    ]
    assert server.seen[0][2]["authorization"] == "Bearer s3cret"
    assert rows_of(None, "", COLUMNS) == []
    with pytest.raises(RemoteError):
        rows_of({"data": {"orders": "none"}}, asked.rows, COLUMNS)


async def test_nothing_found_is_no_failure(server: OrderServer) -> None:
    assert await HttpTools({}).ask(request(server, "/orders/{n}"), {"n": "99999"}) is None


@pytest.mark.parametrize(
    "said", ["../../admin", "12345/../70012", "a b?x=1#", "1\r\nX-Other: 2", "%2e%2e%2f"]
)
async def test_what_a_caller_says_stays_one_part_of_the_address(server: OrderServer, said: str) -> None:
    assert await HttpTools({}).ask(request(server, "/orders/{n}"), {"n": said}) is None
    assert server.seen[0][1].count("/") == 2 and server.seen[0][1].startswith("/orders/")
    assert "x-other" not in server.seen[0][2] and "?" not in server.seen[0][1]


@pytest.mark.parametrize("said", ["..", ".", "", None])
async def test_an_address_that_leads_elsewhere_is_not_asked(server: OrderServer, said: str | None) -> None:
    with pytest.raises(RemoteError):
        await HttpTools({}).ask(request(server, "/orders/{n}"), {"n": said})
    assert server.seen == []


async def test_a_body_and_headers_are_filled_in_without_breaking_out(server: OrderServer) -> None:
    body = {"number": "{n}", "note": "said: {note}", "nested": [{"n": "{n}", "none": "{gone}"}], "count": 2}
    asked = request(server, "/orders/12345", method="POST", headers={"X-Note": "{note}"}, body=body)
    await HttpTools({}).ask(asked, {"n": "7", "note": 'a "b"\r\nX-Evil: 1'})
    _, _, headers, sent = server.seen[0]
    assert sent == {
        "number": "7", "note": 'said: a "b"\r\nX-Evil: 1', "nested": [{"n": "7", "none": None}], "count": 2
    }  # fmt: skip
    assert "x-evil" not in headers


@pytest.mark.parametrize("path", ["/fails", "/garbage", "/huge", "/cut", "/drip"])
async def test_what_fails_is_told_within_its_time(server: OrderServer, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        await HttpTools({}).ask(request(server, path, timeout_ms=400), {})
    assert time.monotonic() - began < 2 * 0.4 + 1.0
    assert server.counts[path] == 2, "tried once more"
    assert "<html" not in str(caught.value) and server.url not in str(caught.value)


async def test_a_server_that_is_not_there_is_told(server: OrderServer) -> None:
    with pytest.raises(RemoteError):
        await HttpTools({}).ask(Http(url="http://127.0.0.1:9/orders"), {})


async def test_a_slow_look_up_ends_at_its_limit_and_others_go_on(server: OrderServer) -> None:
    server.slow_s, tools = 1.5, HttpTools({})
    slow = asyncio.create_task(tools.ask(request(server, "/orders/12345", timeout_ms=200, retries=0), {}))
    await asyncio.sleep(0.05)
    server.slow_s = 0.0
    assert await tools.ask(request(server, "/orders/12345"), {}) is not None
    with pytest.raises(RemoteError, match="200 ms"):
        await slow


async def test_only_what_is_safe_is_tried_again(server: OrderServer) -> None:
    tools = HttpTools({})
    assert await tools.ask(request(server, "/flaky/12345"), {}) is not None
    assert server.counts["/flaky/12345"] == 2
    with pytest.raises(RemoteError):
        await tools.ask(request(server, "/fails", method="POST"), {})
    assert server.counts["/fails"] == 1


async def test_a_change_whose_answer_is_lost_is_made_once(server: OrderServer) -> None:
    server.counts["lose"] = 1
    asked = request(server, "/orders/{n}/cancel", method="POST")
    assert await HttpTools({}).ask(asked, {"n": "55781"}, "key-1") is None
    assert server.counts["/orders/55781/cancel"] == 2
    assert server.made == {"key-1": "cancel 55781"}


async def test_a_change_that_is_refused_is_no_change(server: OrderServer) -> None:
    with pytest.raises(RemoteError, match="404"):
        await HttpTools({}).ask(request(server, "/nothing", method="POST"), {}, "key-1")


async def test_a_server_that_keeps_failing_is_left_alone_then_tried_once(server: OrderServer) -> None:
    tools, asked = HttpTools({}), request(server, "/orders/12345", retries=0)
    server.down = True
    for _ in range(8):
        with pytest.raises(RemoteError):
            await tools.ask(asked, {})
    assert len(server.seen) == 5
    began = time.monotonic()
    with pytest.raises(RemoteError, match="left alone"):
        await tools.ask(asked, {})
    assert time.monotonic() - began < 0.1
    other = asked.model_copy(update={"url": asked.url.replace("127.0.0.1", "localhost")})
    server.down = False
    assert await tools.ask(other, {}) is not None, "another host has a breaker of its own"


def test_a_breaker_lets_one_through_after_its_rest() -> None:
    now = [0.0]
    breaker = CircuitBreaker(failures=2, rest_s=10, clock=lambda: now[0])
    for _ in range(2):
        assert breaker.lets_through()
        breaker.failed()
    assert not breaker.lets_through()
    now[0] = 10.0
    assert breaker.lets_through() and not breaker.lets_through()
    breaker.failed()
    now[0] = 19.9
    assert not breaker.lets_through()
    now[0] = 20.0
    assert breaker.lets_through()
    breaker.answered()
    assert breaker.lets_through() and breaker.lets_through()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://host/x"},
        {"url": "https://{host}/orders"},
        {"url": "https://host", "timeout_ms": 10_000, "retries": 3},
        {"url": "https://host", "method": "PURGE"},
    ],
)
def test_a_request_that_can_not_be_right_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Http.model_validate(wrong)
