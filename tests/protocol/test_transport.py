"""Pipecat's transport, mended: over a real socket, with a pipeline that only plays a tone."""

import asyncio
import base64
import json
import socket
import time

import numpy as np
import pytest
import uvicorn
import websockets
from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.workers.runner import WorkerRunner
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from agent.call.frames import ReplyEndFrame, SentenceStartFrame
from agent.call.playback import PlaybackClock
from agent.settings.tree import Call
from telephony.transport import PhoneTransport
from telephony.twilio.faults import Faults
from telephony.twilio.serializer import HardenedTwilioSerializer

TONE = (8000 * np.sin(np.arange(16000) * 2 * np.pi * 440 / 8000)).astype(np.int16)
"""2 s."""


class Server:
    """A server whose call plays what `frames` gives it."""

    def __init__(self) -> None:
        self.playback = PlaybackClock()
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()

    async def answer(self, websocket) -> None:
        await websocket.accept()
        serializer = HardenedTwilioSerializer(
            "MZ1",
            faults=Faults("test"),
            on_mark=lambda name: self.playback.returned(name, time.monotonic() * 1000),
            on_stop=lambda: None,
            on_audio=lambda: None,
            on_flood=lambda: None,
        )
        transport = PhoneTransport(websocket, serializer, self.playback, Call(lead_ms=300), stream_sid="MZ1")
        worker = PipelineWorker(
            Pipeline([transport.input(), transport.output()]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
            enable_rtvi=False,
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        try:
            while (frame := await self.frames.get()) is not None:
                await worker.queue_frame(frame)
        finally:
            await worker.cancel()
            await running
            await websocket.close(1000, "agent")


@pytest.fixture
async def server():
    calls = Server()
    app = Starlette(routes=[WebSocketRoute("/", calls.answer)])
    listening = socket.create_server(("127.0.0.1", 0))
    runner = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    task = asyncio.create_task(runner.serve(sockets=[listening]))
    calls.url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
    while not runner.started:
        await asyncio.sleep(0.01)
    yield calls
    runner.should_exit = True
    await task


async def play(server: Server, turn: int, pcm: np.ndarray) -> None:
    server.playback.queue(turn, 0, len(pcm))
    await server.frames.put(SentenceStartFrame(turn=turn, sentence=0))
    await server.frames.put(TTSAudioRawFrame(pcm.tobytes(), 8000, 1))
    await server.frames.put(ReplyEndFrame(turn=turn))


async def collect(client, until: str, seconds: float = 5) -> list[tuple[float, dict]]:
    """(time of arrival, message) up to the one whose event, or mark's first letter, is `until`."""
    messages = []
    async with asyncio.timeout(seconds):
        async for text in client:
            message = json.loads(text)
            messages.append((time.monotonic(), message))
            name = message.get("mark", {}).get("name", "")
            if message["event"] == until or name.startswith(until + "."):
                return messages
    return messages


def sound_bytes(messages) -> int:
    return sum(len(base64.b64decode(m["media"]["payload"])) for _, m in messages if m["event"] == "media")


async def test_every_sample_is_sent_300_ms_ahead_of_the_telephone(server):
    async with websockets.connect(server.url) as client:
        await play(server, 0, TONE)
        messages = await collect(client, "e")
        await server.frames.put(None)
    sound = [(at, m) for at, m in messages if m["event"] == "media"]
    assert sound_bytes(messages) == len(TONE)
    ahead = []
    sent_s = 0.0
    for at, message in sound:
        sent_s += len(base64.b64decode(message["media"]["payload"])) / 8000
        ahead.append(sent_s - (at - sound[0][0]))
    assert max(ahead) < 0.45, "no more than the lead and a chunk ahead"
    assert np.median(ahead[10:-1]) > 0.2, "a stall of 200 ms would not be heard"


async def test_marks_stand_before_the_sentence_every_300_ms_and_behind_the_reply(server):
    async with websockets.connect(server.url) as client:
        await play(server, 4, TONE[:8000])
        messages = await collect(client, "e")
        await server.frames.put(None)
    events = [m["mark"]["name"] if m["event"] == "mark" else "media" for _, m in messages]
    assert events[0] == "b.0.4.0" and events[-1] == "e.0.4"
    assert [name for name in events if name.startswith("p.")] == ["p.0.4.2560", "p.0.4.5120", "p.0.4.7680"]


async def test_an_interruption_clears_what_is_ahead_and_the_next_sound_follows_at_once(server):
    async with websockets.connect(server.url) as client:
        await play(server, 0, TONE)
        await collect(client, "p")
        server.playback.clear(time.monotonic() * 1000)
        await server.frames.put(InterruptionFrame())
        before = await collect(client, "clear")
        await play(server, 1, TONE[:3200])
        after = await collect(client, "e")
        await server.frames.put(None)
    assert sound_bytes(before) < len(TONE) / 2
    assert sound_bytes(after) == 3200
    assert after[0][1]["mark"]["name"] == "b.1.1.0"
    assert after[-1][0] - after[0][0] < 0.25, "the lead counts anew: 400 ms of sound go out at once"
