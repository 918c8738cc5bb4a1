"""Garbage, giants, silence and deafness on one socket: that call ends or goes on, the others never notice."""

import asyncio
import base64
import json
import socket as sockets

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from telephony.listener import PhoneProtocol
from tests.protocol.doors import Echo, closed, first, house, media, softphone, start, until
from tests.protocol.test_twilio_serializer import BAD

SOUND = b"\x21" * 160


async def talks(socket, frames: int = 10, begin: int = 1) -> None:
    """The call is alive: what the caller says comes back."""
    for number in range(begin, begin + frames):
        await socket.send(media(SOUND, number, 20 * number))
    heard = b""
    while len(heard) < (frames - 2) * 160:
        heard += base64.b64decode((await first(socket, "media"))["media"]["payload"])
    assert set(heard) == {0x21}


async def test_a_call_survives_every_kind_of_garbage_and_counts_it():
    answer = Echo()
    async with house(answer) as at, softphone(at) as socket:
        await until(lambda: answer.calls)
        sent = 0
        for messages in BAD.values():
            for message in messages:
                await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
                sent += 1
        await talks(socket)
        faults = answer.calls[0].transport._params.serializer._faults
        assert faults.bad == sent and set(faults.counts) == set(BAD)


async def test_media_before_start_is_ignored_and_the_call_begins():
    answer = Echo()
    async with house(answer) as at, connect(at.ws + "/softphone", compression=None) as socket:
        for message in (media(SOUND), "[]", b"\x00", '{"event": "mark"}', '{"event": "dtmf"}', "{"):
            await socket.send(message)
        await socket.send(start())
        await first(socket, "call")
        await until(lambda: answer.calls)
        await talks(socket)
        faults = answer.calls[0].transport._params.serializer._faults
        assert faults.counts["media before start"] == 1 and faults.bad == 6


async def test_garbage_without_end_closes_the_socket_with_the_reason():
    answer = Echo()
    async with house(answer) as at, softphone(at) as good, softphone(at) as bad:
        await until(lambda: len(answer.calls) == 2)
        await flood(bad, "[]")
        assert await closed(bad) == (1008, "too many bad messages")
        async with connect(at.ws + "/softphone", compression=None) as before_start:
            await flood(before_start, "[]")
            assert await closed(before_start) == (1008, "too many bad messages")
        await talks(good)
        assert at.numbers == (1, 0, 0)


async def flood(socket, message: str) -> None:
    try:
        for _ in range(400):
            await socket.send(message)
    except ConnectionClosed:
        pass


@pytest.mark.parametrize("size", [65 * 1024, 10 * 1024 * 1024])
async def test_a_message_that_is_too_long_closes_its_own_call_only(size):
    answer = Echo()
    async with house(answer) as at, softphone(at) as good, softphone(at) as bad:
        await until(lambda: len(answer.calls) == 2)
        try:
            await bad.send("x" * size)
        except ConnectionClosed:
            pass
        assert (await closed(bad))[0] == 1009
        await until(lambda: answer.ended == ["caller"])
        await talks(good)
        await until(lambda: at.numbers == (1, 0, 0))


async def test_text_that_is_no_utf8_closes_its_own_call_only():
    answer = Echo()
    async with house(answer) as at, softphone(at) as good, softphone(at) as bad:
        await until(lambda: len(answer.calls) == 2)
        await bad.send(b"\xff\xfe\xfd", text=True)
        assert (await closed(bad))[0] == 1007
        await until(lambda: answer.ended == ["caller"])
        await talks(good)


async def test_a_caller_who_vanishes_without_closing_is_taken_as_gone():
    answer = Echo()
    async with house(answer, vanish_ms=300) as at, softphone(at) as socket:
        await until(lambda: answer.calls)
        await talks(socket)
        for _ in range(4):
            await socket.send('{"event": "connected"}')
            await asyncio.sleep(0.05)
        assert await closed(socket, 3) == (1008, "no audio")
        assert answer.ended == ["caller"] and at.numbers == (0, 0, 0)


async def test_a_caller_whose_connection_breaks_is_taken_as_gone():
    answer = Echo()
    async with house(answer) as at, softphone(at) as socket:
        await until(lambda: answer.calls)
        socket.transport.abort()
        await until(lambda: answer.ended == ["caller"])
        await until(lambda: at.numbers == (0, 0, 0))


async def test_a_call_that_stays_after_its_caller_has_gone_is_ended(monkeypatch):
    """The call that outlives its socket (pipecat #728)."""
    monkeypatch.setattr("telephony.reception.LINGER_S", 0.2)
    cancelled = asyncio.Event()

    async def stays(call):
        receiving = asyncio.create_task(call.transport._client._websocket.receive())
        try:
            await asyncio.sleep(3600)
        finally:
            receiving.cancel()
            cancelled.set()

    async with house(stays) as at:
        async with softphone(at) as socket:
            await first(socket, "call")
        async with asyncio.timeout(3):
            await cancelled.wait()
        await until(lambda: at.numbers == (0, 0, 0))


async def test_a_peer_that_reads_nothing_holds_neither_its_slot_nor_the_others():
    """A real socket whose receiving side is never read: its buffers fill, and sending stands still."""

    async def talks_on(call):
        socket = call.transport._client._websocket
        while await socket.say("x" * 60_000):
            pass
        return "error"

    answers = {"deaf": talks_on}
    echo = Echo()

    async def answer(call):
        return await answers.get(call.caller, echo)(call)

    async with house(answer) as at, softphone(at) as good:
        deaf = await open_raw(at)
        try:
            await until(lambda: at.numbers[0] == 2)
            await talks(good)
            await until(lambda: at.numbers[0] == 1, 10)
            await talks(good, begin=11)
            await until(lambda: connections(at) == 1, 8)
        finally:
            deaf.close()


def connections(at) -> int:
    """WebSockets that the server still holds."""
    return sum(isinstance(connection, PhoneProtocol) for connection in at.app.state.connections)


async def open_raw(at) -> sockets.socket:
    """A WebSocket by hand that says `start`, and never reads again."""
    loop = asyncio.get_running_loop()
    host, port = at.url.removeprefix("http://").split(":")
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await loop.sock_connect(raw, (host, int(port)))
    await loop.sock_sendall(
        raw,
        b"GET /softphone HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    assert b"101" in await loop.sock_recv(raw, 4096)
    body = start(**{"from": "deaf"}).encode()
    await loop.sock_sendall(raw, b"\x81\xfe" + len(body).to_bytes(2, "big") + bytes(4) + body)
    return raw


async def test_a_peer_that_sends_a_giant_before_it_reads_still_learns_why_it_was_closed():
    """uvicorn alone closes while the giant is still coming: a reset overtakes the close frame."""
    async with house(Echo()) as at:
        raw = await open_raw(at)
        raw.setblocking(True)
        try:
            answer = await asyncio.to_thread(send_giant, raw)
        finally:
            raw.close()
    assert (1009).to_bytes(2, "big") in answer


def send_giant(raw: sockets.socket) -> bytes:
    """Sends one message of 10 MB in small pieces, and only then reads what was said to that."""
    raw.settimeout(5)
    size = 10 * 1024 * 1024
    raw.sendall(b"\x81\xff" + size.to_bytes(8, "big") + bytes(4))
    answer = b""
    try:
        for _ in range(size // 65_536):
            raw.sendall(b"x" * 65_536)
        while part := raw.recv(65_536):
            answer += part
    except OSError:
        return answer + b"(reset)"
    return answer
