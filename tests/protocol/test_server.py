"""The server's other addresses, its port, and its log."""

import asyncio
import logging
import socket as sockets

import httpx
import pytest
from loguru import logger

from agent.settings.tree import Server, Tree
from telephony.server import PortTaken, create_app, serve
from tests.protocol.doors import Echo, first, house, media, softphone, until

CALL = ("abc123", "right-token")


async def test_the_record_of_a_call_opens_with_its_token_and_looks_absent_without():
    async with house(Echo(), documents={CALL: {"schema": 1}}) as at:
        client = httpx.AsyncClient(base_url=at.url, trust_env=False)
        async with client:
            right = await client.get("/calls/abc123", headers={"Authorization": "Bearer right-token"})
            assert (right.status_code, right.json()) == (200, {"schema": 1})
            assert right.headers["cache-control"] == "no-store"
            answers = [
                await client.get("/calls/abc123"),
                await client.get("/calls/abc123", headers={"Authorization": "Bearer wrong"}),
                await client.get("/calls/abc123", headers={"Authorization": "Bearer"}),
                await client.get("/calls/abc123", headers={"Authorization": "Basic right-token"}),
                await client.get("/calls/abc123?token=right-token"),
                await client.get("/calls/nobody", headers={"Authorization": "Bearer right-token"}),
                await client.get("/calls/" + "a" * 500, headers={"Authorization": "Bearer right-token"}),
            ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}


async def test_ready_says_why_not_until_the_engines_are_warm_and_how_many_calls_there_are():
    answer = Echo()
    async with house(answer, max_calls=1) as at:
        at.reason[0] = "The engines are being loaded."
        async with httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
            waiting = await client.get("/readyz")
            assert waiting.status_code == 503
            assert waiting.json()["reason"] == "The engines are being loaded."
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            at.reason[0] = None
            async with softphone(at):
                await until(lambda: answer.calls)
                ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["calls"]["active"]) == (200, 1)


async def test_nothing_else_is_served():
    async with house(Echo()) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as client:
        for path in ("/docs", "/openapi.json", "/calls", "/calls/"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.get("/twilio/voice")).status_code == 405


async def test_a_port_in_use_is_told_in_a_sentence():
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Tree(server=Server(port=port))
        with pytest.raises(PortTaken, match=rf"Port {port} on 127\.0\.0\.1 .*server\.port"):
            await serve(bare(settings), settings, print, signals=False)


async def test_a_host_that_is_not_ours_is_told_in_a_sentence():
    for host in ("no.such.host.invalid", "203.0.113.7", "a" * 300):
        settings = Tree(server=Server(host=host, port=0))
        with pytest.raises(PortTaken, match="server"):
            await serve(bare(settings), settings, print, signals=False)


async def test_a_cancelled_server_ends_its_calls_and_leaves_no_task():
    before = asyncio.all_tasks()
    answer = Echo()
    async with house(answer) as at:
        phone = softphone(at)
        await phone.__aenter__()
        await until(lambda: answer.calls)
    assert answer.now == 0 and at.numbers == (0, 0, 0)
    await phone.__aexit__(None, None, None)
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert not left, left


async def test_no_token_and_no_sound_stands_in_the_log_even_when_all_is_logged():
    lines: list[str] = []
    sink = logger.add(lines.append, level=0)
    logging.getLogger().setLevel(logging.DEBUG)
    heard = Kept()
    others, logging.getLogger().handlers = logging.getLogger().handlers, [heard]
    try:
        async with house(Echo(), softphone_token="open-sesame") as at:
            async with softphone(at, query="?token=open-sesame", **{"from": "+15550777"}) as socket:
                await socket.send(media(b"\x21" * 160))
                await first(socket, "call")
                await socket.send('{"event": "dtmf", "dtmf": {"digit": "7"}, "secret": "4111"}')
                await socket.send('{"event": "stop"}')
                await socket.wait_closed()
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(at.url + "/calls/a?token=open-sesame")
    finally:
        logging.getLogger().handlers = others
        logging.getLogger().setLevel(logging.WARNING)
        logger.remove(sink)
    ours = [line for line in lines if "tests." not in line] + heard.lines
    assert [line for line in ours if "/softphone" in line], "the opening is logged"
    for secret in ("open-sesame", "4111", "ISEhIS", "+15550777"):
        assert not [line for line in ours if secret in line], secret


class Kept(logging.Handler):
    """What the server's side logs by Python's own logging; the client's side is another program's."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("uvicorn", "telephony", "agent", "starlette", "fastapi")):
            self.lines.append(record.getMessage())


def bare(settings: Tree):
    async def document(call_id: str, token: str) -> None:
        return None

    return create_app(
        settings,
        answer=Echo(),
        business_for=lambda called: None,
        businesses=("shop",),
        busy_audio=lambda business: b"",
        busy_text=lambda business: "",
        call_document=document,
        ready=lambda: None,
    )
