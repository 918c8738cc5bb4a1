"""A scripted agent on a real socket: it speaks docs/protocol.md, says tones, obeys what a test tells it."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from telephony.line.mulaw import decode, encode

TOKEN = "tok-1"


def tone(ms: int, level: int = 8_000) -> bytes:
    return encode((level * np.sin(np.arange(ms * 8) * 0.3)).astype(np.int16))


@dataclass
class Line:
    """One call as the agent sees it: what came, when, and how to speak."""

    socket: ServerConnection
    came: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    turn: int = 0

    async def send(self, event: str, **body: Any) -> None:
        await self.socket.send(json.dumps({"event": event, "streamSid": "MZ", **body}))

    async def media(self, payload: bytes) -> None:
        await self.send("media", media={"payload": base64.b64encode(payload).decode()})

    async def mark(self, name: str) -> None:
        await self.send("mark", mark={"name": name})

    async def say(self, ms: int, epoch: int = 0) -> None:
        """One turn of one sentence, sent in messages of 60 ms, all at once."""
        turn, self.turn = self.turn, self.turn + 1
        sound = tone(ms)
        await self.mark(f"b.{epoch}.{turn}.0")
        for start in range(0, len(sound), 480):
            await self.media(sound[start : start + 480])
        await self.mark(f"e.{epoch}.{turn}")

    async def next(self) -> dict[str, Any]:
        message = json.loads(await self.socket.recv())
        self.came.append((asyncio.get_running_loop().time(), message))
        return message

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not wanted(message := await self.next()):
            pass
        return message

    async def caller_starts(self) -> None:
        await self.until(loud)

    async def caller_ends(self, silent_frames: int = 10) -> None:
        """The caller has spoken, and then been silent for so many frames."""
        await self.caller_starts()
        silent = 0
        while silent < silent_frames:
            message = await self.next()
            if message["event"] == "media":
                silent = 0 if loud(message) else silent + 1

    def events(self, event: str) -> list[dict[str, Any]]:
        return [message for _, message in self.came if message["event"] == event]


def loud(message: dict[str, Any]) -> bool:
    if message["event"] != "media":
        return False
    pcm = decode(base64.b64decode(message["media"]["payload"])).astype(float)
    return bool(np.sqrt(np.mean(pcm**2)) > 1_000)


Scripted = Callable[[Line], Awaitable[None]]


@dataclass
class Agent:
    url: str
    lines: list[Line] = field(default_factory=list)


@contextlib.asynccontextmanager
async def agent(
    script: Scripted, record: dict[str, Any] | None = None, *, read_to_end: bool = True
) -> AsyncIterator[Agent]:
    """An agent that answers each call with `script`, then reads until the caller is gone."""
    found = Agent("")

    async def answer(socket: ServerConnection) -> None:
        line = Line(socket)
        found.lines.append(line)
        with contextlib.suppress(ConnectionClosed):
            await line.until(lambda message: message["event"] == "start")
            if record is not None:
                await line.send("call", call_id="call-1", token=TOKEN)
            await script(line)
            while read_to_end:
                await line.next()

    def documents(_: ServerConnection, request: Request) -> Response | None:
        if not request.path.startswith("/calls/"):
            return None
        known = request.path == "/calls/call-1" and request.headers.get("Authorization") == f"Bearer {TOKEN}"
        status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
        body = json.dumps(record if known else {}).encode()
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
        return Response(status.value, status.phrase, headers, body)

    async with serve(answer, "127.0.0.1", 0, process_request=documents, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        found.url = f"ws://127.0.0.1:{port}/softphone"
        yield found
