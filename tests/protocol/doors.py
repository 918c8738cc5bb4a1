"""A real server on a free port with a scripted handler of calls, and callers who speak its wire."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent.call.incoming import EndedBy, IncomingCall
from agent.settings.tree import Server, Tree, Twilio
from telephony.server import create_app, serve

PUBLIC = "https://phone.example.test"
SECRET = "0123456789abcdef0123456789abcdef"
BUSY = bytes(range(128)) * 25
"""400 ms of a sound whose bytes can be told apart."""
STREAM = "MZ00000000000000000000000000000001"


class Ear(FrameProcessor):
    """Keeps what came through pipecat's transport, and speaks it back."""

    def __init__(self) -> None:
        super().__init__()
        self.sound = bytearray()
        self.keys = ""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.sound += frame.audio
            echo = OutputAudioRawFrame(audio=frame.audio, sample_rate=8000, num_channels=1)
            await self.push_frame(echo, direction)
            return
        if isinstance(frame, InputDTMFFrame):
            self.keys += str(frame.button.value)
        await self.push_frame(frame, direction)


@dataclass
class Echo:
    """Answers calls with a real pipeline that echoes. `hang_up` ends each by the agent."""

    calls: list[IncomingCall] = field(default_factory=list)
    ears: dict[str, Ear] = field(default_factory=dict)
    ended: list[EndedBy] = field(default_factory=list)
    most_at_once: int = 0
    now: int = 0
    hang_up: asyncio.Event = field(default_factory=asyncio.Event)
    verdict: EndedBy = "agent"

    async def __call__(self, call: IncomingCall) -> EndedBy:
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        ear = self.ears[call.call_id] = Ear()
        gone = asyncio.Event()

        @call.transport.event_handler("on_client_disconnected")
        async def on_client_disconnected(transport: object, websocket: object) -> None:
            gone.set()

        pipeline = Pipeline([call.transport.input(), ear, call.transport.output()])
        params = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
        worker = PipelineWorker(pipeline, params=params, enable_rtvi=False, idle_timeout_secs=None)
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        self.calls.append(call)
        waits = [asyncio.create_task(gone.wait()), asyncio.create_task(self.hang_up.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            ended_by: EndedBy = "caller" if gone.is_set() else self.verdict
            self.ended.append(ended_by)
            return ended_by
        finally:
            self.now -= 1
            for wait in waits:
                wait.cancel()
            await worker.cancel()
            await asyncio.wait({running}, timeout=5)


@dataclass
class House:
    """A server that runs, with what its test may look at."""

    app: FastAPI
    url: str
    answer: Any
    reason: list[str | None]
    """What `ready` says: change the first."""

    @property
    def ws(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Active, held, refused."""
        numbers = self.app.state.reception.admission.numbers
        return numbers.active, numbers.held, numbers.refused


@contextlib.asynccontextmanager
async def house(
    answer: Any, *, documents: dict | None = None, twilio: bool = True, shown: Sequence = (), **server: Any
):
    """A server on a free port. `server` are settings of that section."""
    settings = Tree(
        server=Server(port=0, public_url=PUBLIC if twilio else None, **server),
        twilio=Twilio(auth_token=SECRET if twilio else None),
    )
    reason: list[str | None] = [None]

    async def document(call_id: str, token: str) -> dict | None:
        return (documents or {}).get((call_id, token))

    app = create_app(
        settings,
        answer=answer,
        business_for={"+15550199": "shop", "+15550188": "bakery"}.get,
        businesses=("shop", "bakery"),
        busy_audio=lambda business: BUSY,
        busy_text=lambda business: f"All lines of the {business} are busy.",
        call_document=document,
        ready=lambda: reason[0],
        shown=shown,
    )
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(app, settings, address.set_result, signals=False))
    try:
        await asyncio.wait({running, address}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield House(app, await address, answer, reason)
    finally:
        running.cancel()
        await asyncio.wait({running})


# The caller's side.


def start(**parameters: str) -> str:
    """A `start` message with these `customParameters`; `callSid` among them names the call."""
    call_sid = parameters.pop("callSid", "CA1")
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    body = {
        "streamSid": STREAM,
        "callSid": call_sid,
        "tracks": ["inbound"],
        "mediaFormat": form,
        "customParameters": parameters,
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": body})


def media(sound: bytes, chunk: int | None = None, timestamp: int | None = None) -> str:
    body: dict[str, str] = {"track": "inbound", "payload": base64.b64encode(sound).decode()}
    if chunk is not None:
        body["chunk"] = str(chunk)
    if timestamp is not None:
        body["timestamp"] = str(timestamp)
    return json.dumps({"event": "media", "streamSid": STREAM, "media": body})


@contextlib.asynccontextmanager
async def softphone(at: House, *, headers: dict | None = None, query: str = "", **parameters: str):
    """A softphone's call that has sent `start`. A `Host` among the headers is what it dials by."""
    headers = dict(headers or {})
    name = headers.pop("Host", at.ws.removeprefix("ws://"))
    host, port = at.ws.removeprefix("ws://").split(":")
    async with connect(
        f"ws://{name}/softphone{query}",
        host=host,
        port=int(port),
        additional_headers=headers,
        compression=None,
        close_timeout=1,
        proxy=None,
    ) as socket:
        await socket.send('{"event": "connected"}')
        await socket.send(start(**parameters))
        yield socket


async def events(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    with contextlib.suppress(ConnectionClosed):
        async for message in socket:
            yield json.loads(message)


async def first(socket: ClientConnection, event: str) -> dict[str, Any]:
    """The next message of this kind, within five seconds."""
    async with asyncio.timeout(5):
        async for message in events(socket):
            if message["event"] == event:
                return message
    raise AssertionError(f"the socket closed before any {event}")


async def closed(socket: ClientConnection, within_s: float = 5) -> tuple[int | None, str | None]:
    """Reads on until the server closes: its code and reason."""
    async with asyncio.timeout(within_s):
        try:
            while True:
                await socket.recv()
        except Exception:
            await socket.wait_closed()
    return socket.close_code, socket.close_reason


async def until(true: Any, within_s: float = 5) -> None:
    """Waits for something that another task will make true."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


def signed(url: str, form: dict[str, Any] | None = None, secret: str = SECRET) -> dict[str, str]:
    """The header that Twilio would send: made by Twilio's own package."""
    fields = [
        (name, value)
        for name, given in (form or {}).items()
        for value in (given if isinstance(given, list) else [given])
    ]
    signature = RequestValidator(secret).compute_signature(url, ImmutableMultiDict(fields))
    return {"X-Twilio-Signature": signature}


async def webhook(at: House, path: str = "/twilio/voice", **form: Any) -> httpx.Response:
    """A signed webhook for a call to the shop."""
    fields = {"CallSid": "CA1", "From": "+15550100", "To": "+15550199", **form}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(at.url + path, data=fields, headers=signed(PUBLIC + path, fields))


STREAM_URL = PUBLIC.replace("https", "wss") + "/twilio/stream"


def stream(at: House, headers: dict[str, str] | None = None):
    """Twilio's media socket, signed over the wss address unless other headers are given."""
    headers = signed(STREAM_URL) if headers is None else headers
    return connect(at.ws + "/twilio/stream", additional_headers=headers, compression=None, close_timeout=1)
