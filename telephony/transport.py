"""Pipecat's FastAPI WebSocket transport, mended for the telephone.

- The stock output keeps one 40 ms chunk ahead of the telephone, so that any stall is heard; this
  one keeps `lead_ms` ahead, and `clear` takes it back.
- The stock one sends no `mark`; this one sends one before each sentence, every `mark_every_ms`,
  and after each reply, and tells the call's `PlaybackClock` what was sent.
- The stock one closes the socket by itself, without a reason; here the door that accepted the
  socket closes it, after the call's handler returned.
"""

import asyncio
import json
import time
from dataclasses import dataclass

from pipecat.frames.frames import Frame, InterruptionFrame, OutputAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.transports.base_transport import BaseTransport
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketClient,
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)
from starlette.websockets import WebSocket

from agent.call.frames import ReplyEndFrame, SentenceStartFrame
from agent.call.playback import CHUNK_SAMPLES, PlaybackClock
from agent.settings.tree import Call

WRITE_TIMEOUT_SECS = 5
"""A peer that reads nothing for so long has gone: the call ends, the others go on."""


@dataclass(slots=True)
class LateAudio:
    """Gaps inside the agent's sentences, by the server's clock: a telephone's own buffer may hide them."""

    times: int = 0
    seconds: float = 0.0

    def note(self, seconds: float) -> None:
        """Sound came this much after the telephone had played out what it had; negative is in time."""
        if seconds > 0:
            self.times += 1
            self.seconds += seconds


class PhoneClient(FastAPIWebsocketClient):
    """Leaves closing to the door that accepted the socket."""

    async def disconnect(self) -> None:
        self._leave_counter -= 1
        if self._leave_counter <= 0:
            self._closing = True


class PhoneOutput(FastAPIWebsocketOutputTransport):
    """Sends ahead of the telephone's playout, with marks."""

    def __init__(
        self,
        transport: BaseTransport,
        client: FastAPIWebsocketClient,
        params: FastAPIWebsocketParams,
        *,
        playback: PlaybackClock,
        stream_sid: str,
        lead_ms: int,
        **kwargs: object,
    ) -> None:
        super().__init__(transport, client, params, **kwargs)
        self._playback = playback
        self._stream_sid = stream_sid
        self._lead_s = lead_ms / 1000
        self._played_out_at = 0.0
        self._turn = 0
        self._in_sentence = False
        self.late = LateAudio()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        samples = len(frame.audio) // 2
        now = time.monotonic()
        if self._in_sentence:
            self.late.note(now - self._played_out_at)
        self._in_sentence = True
        self._played_out_at = max(self._played_out_at, now) + samples / 8000
        if not await super().write_audio_frame(frame):
            return False
        mark = self._playback.sent(samples, self._turn)
        if mark:
            await self._send_mark(mark)
        return True

    async def write_transport_frame(self, frame: Frame) -> None:
        if isinstance(frame, SentenceStartFrame):
            self._turn = frame.turn
            self._in_sentence = False
            await self._send_mark(self._playback.begin(frame.turn, frame.sentence))
        elif isinstance(frame, ReplyEndFrame):
            self._in_sentence = False
            await self._send_mark(self._playback.end(frame.turn))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._played_out_at = 0.0
            self._in_sentence = False
            self._playback.restart()

    async def _write_audio_sleep(self) -> None:
        """Waits until no more than the lead is unplayed."""
        ahead = self._played_out_at - time.monotonic() - self._lead_s
        if ahead > 0:
            await asyncio.sleep(ahead)

    async def _send_mark(self, name: str) -> None:
        if self._client.is_connected and not self._client.is_closing:
            message = {"event": "mark", "streamSid": self._stream_sid, "mark": {"name": name}}
            await self._client.send(json.dumps(message))


class PhoneTransport(FastAPIWebsocketTransport):
    """One call's socket as a pipecat transport: 8 kHz mono PCM both ways.

    `serializer` speaks Media Streams; incoming marks are its to report to `playback.returned`.
    The socket is accepted by the caller of this class before, and closed by it after.
    """

    def __init__(
        self,
        websocket: WebSocket,
        serializer: FrameSerializer,
        playback: PlaybackClock,
        settings: Call,
        *,
        stream_sid: str,
    ) -> None:
        params = FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_in_sample_rate=8000,
            audio_out_sample_rate=8000,
            audio_out_10ms_chunks=CHUNK_SAMPLES // 80,
            audio_out_end_silence_secs=0,
            audio_out_write_timeout_secs=WRITE_TIMEOUT_SECS,
            add_wav_header=False,
            serializer=serializer,
        )
        super().__init__(websocket, params)
        self._client = PhoneClient(websocket, self._callbacks)
        self._input._client = self._client
        output = self._output = PhoneOutput(
            self,
            self._client,
            params,
            playback=playback,
            stream_sid=stream_sid,
            lead_ms=settings.lead_ms,
            name=self._output_name,
        )
        self.late = output.late
