"""Pipecat's WebRTC transport, mended for a telephone call.

- The stock output waits for each 40 ms to be sent before it gives the next, so that a stall of a few ms is
  heard; this one keeps `lead_ms` in the track, and an interruption empties it.
- WebRTC has no marks that come back: a place counts as heard when the track has given all sound before it, at
  the connection's pace, and `PLAYOUT_MS` have passed.
- The stock input lets lost packets shorten the caller's time; here their time is filled with silence.
- The stock client closes the connection by itself, without a reason; here the door closes it.
"""

import asyncio
import time

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.transport import (
    SmallWebRTCCallbacks,
    SmallWebRTCClient,
    SmallWebRTCInputTransport,
    SmallWebRTCOutputTransport,
    SmallWebRTCTransport,
)

from agent.call.frames import ReplyEndFrame, SentenceStartFrame
from agent.call.playback import CHUNK_SAMPLES, PlaybackClock
from agent.settings.tree import Call
from telephony.softphone.webrtc_connection import PeerLine
from telephony.softphone.webrtc_track import RATE_HZ, SoundTrack
from telephony.transport import LateAudio
from telephony.twilio.faults import Faults
from telephony.twilio.sample_clock import SampleClock

PLAYOUT_MS = 100
"""From the track to the ear: the encoder, the network of a near peer, its jitter buffer."""
OPUS_HZ = 48_000
RTP_ROUND = 2**32
KEYS_WAITING = 64


class PeerClient(SmallWebRTCClient):
    """Sends `track`, and leaves closing to the door."""

    def __init__(self, line: PeerLine, callbacks: SmallWebRTCCallbacks) -> None:
        super().__init__(line.connection, callbacks)
        self.track = SoundTrack()

    async def disconnect(self) -> None:
        self._closing = True

    async def _handle_client_connected(self) -> None:
        if self._audio_output_track is None and self._params is not None:
            self._audio_input_track = self._webrtc_connection.audio_input_track()
            self._audio_output_track = self.track
            self._webrtc_connection.replace_audio_track(self.track)
            await self._callbacks.on_client_connected(self._webrtc_connection)


class PeerInput(SmallWebRTCInputTransport):
    """The caller's sound, its time kept whole, and keys."""

    def __init__(self, client: PeerClient, params: TransportParams, line: PeerLine, faults: Faults) -> None:
        super().__init__(client, params)
        self._line = line
        self._faults = faults
        self._samples = SampleClock()
        self._pts: int | None = None
        self._ticks = RTP_ROUND
        self._keys: asyncio.Queue[KeypadEntry] = asyncio.Queue(KEYS_WAITING)
        self._key_task: asyncio.Task[None] | None = None
        line.on_key = self._press

    def _press(self, digit: object) -> None:
        try:
            self._keys.put_nowait(KeypadEntry(digit if isinstance(digit, str) else ""))
        except (ValueError, asyncio.QueueFull):
            self._faults.note("key that is none")

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._key_task = self.create_task(self._push_keys())

    async def _stop_tasks(self) -> None:
        await super()._stop_tasks()
        task, self._key_task = self._key_task, None
        if task is not None:
            await self.cancel_task(task)

    async def _push_keys(self) -> None:
        while True:
            await self.push_frame(InputDTMFFrame(await self._keys.get()))

    async def push_audio_frame(self, frame: InputAudioRawFrame) -> None:
        self._line.heard()
        if frame.pts is not None:
            place = self._samples.place(None, self._time_ms(frame.pts), len(frame.audio) // 2)
            if place.fault:
                self._faults.note(place.fault, bad=False)
            if place.drop:
                return
            frame.audio = bytes(2 * place.fill_samples) + frame.audio
        await super().push_audio_frame(frame)

    def _time_ms(self, pts: int) -> int:
        """The time of an RTP timestamp, which begins anywhere and goes round."""
        if self._pts is not None:
            step = (pts - self._pts) % RTP_ROUND
            self._ticks += step if step < RTP_ROUND // 2 else step - RTP_ROUND
        self._pts = pts
        return self._ticks * 1000 // OPUS_HZ


class PeerOutput(SmallWebRTCOutputTransport):
    """Sends ahead of the track, and tells the call's clock what was given."""

    def __init__(
        self,
        client: PeerClient,
        params: TransportParams,
        line: PeerLine,
        playback: PlaybackClock,
        lead_ms: int,
    ) -> None:
        super().__init__(client, params)
        self._track = client.track
        self._line = line
        self._playback = playback
        self._lead_ms = lead_ms
        self._turn = 0
        self._in_sentence = False
        self.late = LateAudio()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        if not self._client.is_connected or self._client.is_closing:
            return False
        if self._in_sentence and self._track.empty_since is not None:
            self.late.note(time.monotonic() - self._track.empty_since)
        self._in_sentence = True
        self._track.add(frame.audio)
        mark = self._playback.sent(len(frame.audio) // 2, self._turn)
        if mark:
            self._note(mark)
        ahead_ms = self._track.waiting_ms - self._lead_ms
        if ahead_ms > 0:
            await asyncio.sleep(ahead_ms / 1000)
        return True

    async def write_transport_frame(self, frame: Frame) -> None:
        if isinstance(frame, SentenceStartFrame):
            self._turn = frame.turn
            self._in_sentence = False
            self._note(self._playback.begin(frame.turn, frame.sentence))
        elif isinstance(frame, ReplyEndFrame):
            self._in_sentence = False
            self._note(self._playback.end(frame.turn))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._track.clear()
            self._in_sentence = False
            self._playback.restart()
            self._line.tell("clear", {})

    def _note(self, name: str) -> None:
        self._track.note(lambda: self._passed(name))

    def _passed(self, name: str) -> None:
        """The track has given all sound before the mark: it is heard a little later."""
        self._line.tell("mark", {"mark": {"name": name}})
        asyncio.get_running_loop().call_later(
            PLAYOUT_MS / 1000, lambda: self._playback.returned(name, time.monotonic() * 1000)
        )


class PeerTransport(SmallWebRTCTransport):
    """One peer's connection as a pipecat transport: 8 kHz mono PCM both ways."""

    def __init__(self, line: PeerLine, faults: Faults, playback: PlaybackClock, settings: Call) -> None:
        params = TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_in_sample_rate=RATE_HZ,
            audio_out_sample_rate=RATE_HZ,
            audio_out_10ms_chunks=CHUNK_SAMPLES // 80,
            audio_out_end_silence_secs=0,
        )
        super().__init__(line.connection, params)
        client = PeerClient(line, self._callbacks)
        self._client = client
        self._input = PeerInput(client, params, line, faults)
        output = PeerOutput(client, params, line, playback, settings.lead_ms)
        self._output = output
        self.late = output.late
