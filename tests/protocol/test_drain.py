"""The end of the server: in order, and in bounded time, whatever its calls and their sockets do."""

import asyncio
import contextlib
import signal
import socket as sockets
import sys
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from telephony.drain import Drain
from tests.protocol.doors import closed, start

ROOT = Path(__file__).resolve().parents[2]


@contextlib.asynccontextmanager
async def program(mode: str, drain_ms: int):
    """The server as a process of its own, and its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.protocol.drain_program",
        mode,
        str(drain_ms),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            url = (await process.stdout.readline()).decode().strip()
        assert url.startswith("http://127.0.0.1:")
        yield process, url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@contextlib.asynccontextmanager
async def call(url: str):
    async with connect(url.replace("http", "ws") + "/softphone", compression=None, close_timeout=1) as socket:
        await socket.send(start())
        assert '"call"' in await socket.recv()
        yield socket


async def ended(process, within_s: float) -> int:
    async with asyncio.timeout(within_s):
        return await process.wait()


async def test_at_sigterm_new_callers_are_refused_and_the_call_that_goes_on_may_finish():
    async with program("polite", 10_000) as (process, url), call(url) as going_on:
        process.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(trust_env=False) as client:
            async with asyncio.timeout(5):
                while (ready := await client.get(url + "/readyz")).status_code == 200:
                    await asyncio.sleep(0.02)
            assert ready.json()["reason"] == "The server is stopping."
            assert (await client.get(url + "/healthz")).status_code == 200
        async with connect(url.replace("http", "ws") + "/softphone", compression=None) as late:
            await late.send(start())
            assert await closed(late) == (1013, "busy")
        assert process.returncode is None, "the first caller is still talking"
        await going_on.send('{"event": "stop"}')
        assert (await closed(going_on))[0] == 1000
        assert await ended(process, 5) == 0


async def test_a_call_that_does_not_hear_the_farewell_is_cancelled():
    async with program("deaf", 100) as (process, url), call(url) as socket:
        process.send_signal(signal.SIGTERM)
        assert await closed(socket) == (1012, "the server stops")
        assert await ended(process, 5) == 0


async def test_a_second_sigterm_ends_at_once():
    async with program("polite", 60_000) as (process, url), call(url):
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert process.returncode is None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await ended(process, 6)
        assert time.monotonic() - began < 5


async def test_when_the_drain_is_over_calls_say_goodbye_and_the_process_ends_whatever_hangs_open():
    """uvicorn alone waits without end for a peer that doesn't close (pipecat #4528)."""
    async with program("polite", 300) as (process, url), call(url) as socket:
        host, port = url.removeprefix("http://").split(":")
        idle = sockets.create_connection((host, int(port)))
        half = sockets.create_connection((host, int(port)))
        half.sendall(
            b"GET /softphone HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b"101" in half.recv(4096)
        half.shutdown(sockets.SHUT_WR)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            assert await closed(socket) == (1000, "agent")
            assert time.monotonic() - began > 0.25, "the call could go on for as long as set"
            assert await ended(process, 8) == 0
        finally:
            idle.close()
            half.close()


async def test_no_call_means_no_waiting():
    began = time.monotonic()
    drain = Drain(60_000)
    await drain.run()
    assert time.monotonic() - began < 1 and drain.closing.is_set() and drain.farewell.is_set()


async def test_a_call_that_ignores_cancellation_does_not_hold_the_end():
    release = asyncio.Event()

    async def stuck() -> None:
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    drain = Drain(10, farewell_ms=10, cancel_ms=10)
    task = asyncio.create_task(stuck())
    drain.add(task)
    async with asyncio.timeout(2):
        await drain.run()
    assert drain.calls == 1
    release.set()
    await task
    assert drain.calls == 0


async def test_callers_who_were_promised_a_slot_are_waited_for():
    held = [1]
    drain = Drain(5_000)
    running = asyncio.create_task(drain.run(lambda: held[0]))
    await asyncio.sleep(0.15)
    assert not running.done() and not drain.farewell.is_set()
    held[0] = 0
    async with asyncio.timeout(2):
        await running
