"""What comes over the socket of a real call, and what must not end it."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "call"))

from program import CALLERS, Server, dial, spoken, start

SILENCE = base64.b64encode(b"\xff" * 160).decode()
START = {
    "event": "start",
    "streamSid": "MZ1",
    "start": {"streamSid": "MZ1", "callSid": "CA1", "customParameters": {}},
}
GARBAGE = [
    "{",
    "[1, 2]",
    '"text"',
    "null",
    json.dumps({"event": "media"}),
    json.dumps({"event": "media", "media": {"payload": "*not base64*"}}),
    json.dumps({"event": "media", "media": {"payload": base64.b64encode(b"\xff" * 7).decode()}}),
    json.dumps({"event": "media", "media": {"payload": base64.b64encode(b"\xff" * 40_000).decode()}}),
    json.dumps({"event": "unheard of"}),
    json.dumps({"event": "dtmf", "dtmf": {"digit": "99"}}),
    json.dumps({"event": "mark", "mark": {"name": "e.0.99"}}),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = start(tmp_path_factory.mktemp("faults"), "server.max_calls=2")
    yield running
    assert running.stop() == 0


async def begin(server: Server):
    socket = await websockets.connect(server.url)
    await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
    await socket.send(json.dumps(START))
    return socket


async def first_sound(socket, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        async for text in socket:
            if json.loads(text)["event"] == "media":
                return


async def test_garbage_on_the_socket_does_not_end_the_call(server: Server):
    socket = await begin(server)
    for message in GARBAGE:
        await socket.send(message)
    await first_sound(socket)
    for _ in range(25):
        await socket.send(json.dumps({"event": "media", "media": {"payload": SILENCE}}))
    assert socket.close_code is None
    await socket.close()


async def test_a_message_of_10_mb_closes_that_call_with_a_reason(server: Server):
    socket = await begin(server)
    await first_sound(socket)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await socket.send("x" * 10_000_000)
        async with asyncio.timeout(10):
            async for _ in socket:
                pass
        await socket.recv()
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


async def test_a_socket_that_stops_reading_leaves_other_calls_alone(server: Server):
    stuck = await begin(server)
    stuck.transport.pause_reading()
    report = await asyncio.to_thread(dial(server, str(CALLERS / "opening_hours.wav")).report)
    assert spoken(report)[0]["intent"] == "opening_hours"
    stuck.transport.abort()


async def test_one_call_too_many_hears_a_sentence_at_once(server: Server):
    held = [await begin(server), await begin(server)]
    for socket in held:
        await first_sound(socket)
    third = await begin(server)
    await first_sound(third, 3)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with asyncio.timeout(15):
            while True:
                await third.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "busy")
    for socket in held:
        await socket.close()
