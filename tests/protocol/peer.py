"""A caller over WebRTC: a real aiortc peer with one sound each way and a data channel."""

import asyncio
import contextlib
import fractions
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler

FRAME = 160


class Mouth(MediaStreamTrack):
    """Says what it is given at the pace of time, silence before and after."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.waiting = np.zeros(0, np.int16)
        self.given = 0
        self.began: float | None = None

    def say(self, pcm: np.ndarray) -> None:
        self.waiting = np.concatenate([self.waiting, pcm])

    async def recv(self) -> AudioFrame:
        self.began = time.monotonic() if self.began is None else self.began
        await asyncio.sleep(max(0.0, self.began + self.given * 0.02 - time.monotonic()))
        pcm, self.waiting = self.waiting[:FRAME], self.waiting[FRAME:]
        frame = AudioFrame.from_ndarray(np.pad(pcm, (0, FRAME - len(pcm)))[None, :], layout="mono")
        frame.sample_rate, frame.pts = 8_000, self.given * FRAME
        frame.time_base = fractions.Fraction(1, 8_000)
        self.given += 1
        return frame


class Peer:
    """One call. `heard` is the agent's sound at 8 kHz, `messages` what came by the data channel."""

    def __init__(self, *, channel: bool = True) -> None:
        self.connection = RTCPeerConnection()
        self.mouth = Mouth()
        self.heard = np.zeros(0, np.int16)
        self.messages: list[dict[str, Any]] = []
        self.connection.addTrack(self.mouth)
        self.channel = self.connection.createDataChannel("ringdown") if channel else None
        if self.channel is not None:
            self.channel.on("message", lambda data: self.messages.append(json.loads(data)))
        self.connection.on("track", self._listen)
        self.listening: asyncio.Task[None] | None = None
        self.answer: dict[str, Any] = {}

    async def offer(self, **parameters: str) -> dict[str, Any]:
        """The body of the request, with this machine's addresses in it."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        described = self.connection.localDescription
        return {"type": described.type, "sdp": described.sdp, "request_data": parameters}

    async def take(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))

    def tell(self, event: str, **body: Any) -> None:
        assert self.channel is not None
        self.channel.send(json.dumps({"event": event, **body}))

    def events(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["event"] == event]

    async def until(self, event: str, within_s: float = 10) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while not self.events(event):
                await asyncio.sleep(0.02)
        return self.events(event)[-1]

    def _listen(self, track: MediaStreamTrack) -> None:
        self.listening = asyncio.create_task(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler("s16", "mono", 8_000)
        with contextlib.suppress(MediaStreamError):
            while True:
                for frame in resampler.resample(await track.recv()):
                    self.heard = np.concatenate([self.heard, frame.to_ndarray()[0]])

    async def close(self) -> None:
        await self.connection.close()
        if self.listening is not None:
            self.listening.cancel()
            await asyncio.wait({self.listening})


async def post(url: str, body: Any, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(f"{url}/softphone/offer", content=content, headers=headers)


@contextlib.asynccontextmanager
async def called(url: str, *, channel: bool = True, **parameters: str) -> AsyncIterator[Peer]:
    """A peer whose call was taken."""
    peer = Peer(channel=channel)
    try:
        answered = await post(url, await peer.offer(**parameters))
        assert answered.status_code == 200, answered.text
        await peer.take(answered.json())
        yield peer
    finally:
        await peer.close()
