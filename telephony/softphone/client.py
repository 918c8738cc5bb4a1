"""The caller's side of a call: it speaks Media Streams over a real socket, at the pace of real time.

Frame `k` of the agent's is played, and frame `k` of the caller's spoken, from `k * 20` ms on; a caller's
frame leaves when its last sample has been spoken. 0 is the `start` message.
"""

import asyncio
import base64
import binascii
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from telephony.line.audibility import FRAME_MS, RATE_HZ, Samples, audible_frames
from telephony.line.mulaw import decode, encode
from telephony.line.network import Direction
from telephony.line.pace import TICK_MS, Pace
from telephony.line.playout import Playout
from telephony.softphone.address import CallError, dialled, ended_by, is_loopback, refusal
from telephony.softphone.handset import Handset
from telephony.softphone.measurement import EndedBy, Measurement
from telephony.softphone.reply_watch import ReplyWatch
from telephony.softphone.script import Script
from telephony.softphone.steps import TICK_SAMPLES, StepPlayer

OUTGOING_FRAMES = 500
"""Messages (10 s of sound) that wait for a server that doesn't read; more are dropped and counted."""
IN_FLIGHT_MESSAGES = 20_000
LONGEST_MS = 1_200_000
"""The caller hangs up after twenty minutes, whatever the agent does."""
CLOSE_S = 2.0
LARGEST_MESSAGE_BYTES = 4 * 1024 * 1024


class PhoneCall:
    """One call. `run` holds it to its end; `measured` tells at any time what has come of it so far."""

    def __init__(
        self,
        script: Script,
        *,
        url: str,
        token: str | None = None,
        parameters: Mapping[str, str] | None = None,
        handset: Handset | None = None,
        on_caption: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """`parameters` are the `customParameters` of `start`: business, from, to, captions.

        A `handset` speaks and hears in place of the script's steps; `on_caption` gets each `caption` message.
        """
        self._url = dialled(url)
        self._token = token
        self._parameters = dict(parameters or {})
        self._stream = "MZ" + secrets.token_hex(16)
        self._playout = Playout()
        self._watch = ReplyWatch()
        self._handset = handset
        self._caller = handset or StepPlayer(script, self._watch)
        self._on_caption = on_caption
        self._up = Direction(script.line, "up")
        self._down = Direction(script.line, "down")
        self._outgoing: asyncio.Queue[tuple[float, str]] = asyncio.Queue(OUTGOING_FRAMES)
        self._in_flight: deque[tuple[float, float, str, Any]] = deque()
        self._pace: Pace | None = None
        self._caller_sound = bytearray()
        self._agent_sound = bytearray()
        self._call_id: str | None = None
        self._record_token: str | None = None
        self._hung_up = False
        self._gone = False
        self._ended_by: EndedBy | None = None
        self._close: tuple[int | None, str] = (None, "")
        self._unsent = 0

    @property
    def url(self) -> str:
        return self._url

    async def run(self) -> Measurement:
        """Dials, plays the script, and hangs up, or is hung up on.

        Raises:
            CallError: nobody answered the socket, or it was refused.
        """
        socket = await self._dial()
        try:
            await self._hold(socket)
        finally:
            await asyncio.shield(_closed(socket))
        self._close = (socket.close_code, socket.close_reason or "")
        self._ended_by = "caller" if self._hung_up else ended_by(*self._close)
        return self.measured()

    def measured(self) -> Measurement:
        return Measurement(
            caller_pcm=np.frombuffer(bytes(self._caller_sound), dtype=np.int16),
            agent_pcm=np.frombuffer(bytes(self._agent_sound), dtype=np.int16),
            acts=list(self._caller.acts),
            runs=list(self._playout.runs),
            clears=list(self._playout.clears),
            underruns=list(self._playout.underruns),
            max_arrival_gap_ms=round(self._playout.max_arrival_gap_ms),
            duration_ms=len(self._agent_sound) // 2 * 1000 // RATE_HZ,
            ended_by=self._ended_by,
            close_code=self._close[0],
            close_reason=self._close[1],
            call_id=self._call_id,
            token=self._record_token,
            tagged=self._playout.tagged,
            worst_late_ms=round(self._pace.worst_late_ms) if self._pace is not None else 0,
            unsent_frames=self._unsent,
        )

    async def _dial(self) -> ClientConnection:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else None
        try:
            return await connect(
                self._url,
                additional_headers=headers,
                compression=None,
                open_timeout=15,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=LARGEST_MESSAGE_BYTES,
                proxy=None if is_loopback(self._url) else True,
            )
        except InvalidStatus as error:
            raise CallError(refusal(self._url, error.response.status_code)) from error
        except (InvalidURI, InvalidHandshake) as error:
            raise CallError(f"{self._url} doesn't speak WebSocket: check the address.") from error
        except (OSError, TimeoutError) as error:
            raise CallError(
                f"Nobody answers at {self._url}: start a server with `agent serve`, or leave --url out."
            ) from error

    async def _hold(self, socket: ClientConnection) -> None:
        try:
            await socket.send('{"event": "connected", "protocol": "Call", "version": "1.0.0"}')
            await socket.send(self._start_message())
        except ConnectionClosed:
            return
        self._pace = Pace(asyncio.get_running_loop().time)
        async with asyncio.TaskGroup() as group:
            receiving = group.create_task(self._receive(socket), name="receive")
            sending = group.create_task(self._send(socket), name="send")
            try:
                await self._tick(self._pace)
                if not self._gone:
                    self._queue(json.dumps({"event": "stop", "streamSid": self._stream}), self._now_ms())
                    await asyncio.wait({sending}, timeout=CLOSE_S)
                    await _closed(socket)
            finally:
                sending.cancel()
                receiving.cancel()

    async def _tick(self, pace: Pace) -> None:
        """The telephone's clock: each 20 ms plays what has arrived and says what the script says."""
        spoken: bytes | None = None
        async for number in pace.ticks():
            if self._gone:
                return
            at_ms = number * TICK_MS
            self._arrive(max(pace.now_ms(), at_ms))
            self._play(at_ms)
            if spoken is not None:
                self._say(spoken, number)
            frame = self._caller.frame(at_ms)
            if frame.hangs_up or at_ms >= LONGEST_MS:
                self._hung_up = True
                self._caller_sound += bytes(TICK_SAMPLES * 2)
                return
            self._caller_sound += frame.pcm.tobytes()
            spoken = encode(frame.pcm)
            for key in frame.keys:
                self._press(key)

    def _arrive(self, now_ms: float) -> None:
        """Gives the playout buffer what the network has delivered by now."""
        while self._in_flight and self._in_flight[0][0] <= now_ms:
            _, sent_ms, event, content = self._in_flight.popleft()
            if event == "media":
                self._playout.audio(content, sent_ms)
            elif event == "mark":
                self._playout.mark(content)
            else:
                for name in self._playout.clear():
                    self._return_mark(name)
                self._watch.cleared()

    def _play(self, at_ms: float) -> None:
        pcm, marks = self._playout.play(TICK_SAMPLES)
        if self._handset is not None:
            self._handset.hear(pcm, at_ms)
        self._agent_sound += pcm.tobytes()
        for index in np.flatnonzero(audible_frames(pcm)):
            start_ms = at_ms + int(index) * FRAME_MS
            self._watch.heard(start_ms, start_ms + FRAME_MS, self._playout.runs[-1].tag)
        for name in marks:
            self._watch.mark_played(name, at_ms + TICK_MS)
            self._return_mark(name)

    def _say(self, payload: bytes, number: int) -> None:
        """Sends the frame that ended at tick `number`, if the network doesn't lose it."""
        sent_ms = float(number * TICK_MS)
        if self._up.loses():
            return
        media = {
            "track": "inbound",
            "chunk": str(number),
            "timestamp": str(number * TICK_MS),
            "payload": base64.b64encode(payload).decode(),
        }
        message = {
            "event": "media",
            "sequenceNumber": str(number + 1),
            "streamSid": self._stream,
            "media": media,
        }
        self._queue(json.dumps(message), self._up.arrives_ms(sent_ms))

    def _press(self, key: str) -> None:
        message = {
            "event": "dtmf",
            "streamSid": self._stream,
            "dtmf": {"track": "inbound_track", "digit": key},
        }
        self._queue(json.dumps(message), self._up.follows_ms(self._now_ms()))

    def _return_mark(self, name: str) -> None:
        message = {"event": "mark", "streamSid": self._stream, "mark": {"name": name}}
        self._queue(json.dumps(message), self._up.follows_ms(self._now_ms()))

    def _queue(self, message: str, due_ms: float) -> None:
        try:
            self._outgoing.put_nowait((due_ms, message))
        except asyncio.QueueFull:
            self._unsent += 1

    def _now_ms(self) -> float:
        return self._pace.now_ms() if self._pace is not None else 0.0

    async def _send(self, socket: ClientConnection) -> None:
        """The only writer of the socket: each message when the network delivers it. Ends with `stop`."""
        while not (self._hung_up and self._outgoing.empty()):
            due_ms, message = await self._outgoing.get()
            wait_ms = due_ms - self._now_ms()
            if wait_ms > 0:
                await asyncio.sleep(wait_ms / 1000)
            try:
                await socket.send(message)
            except ConnectionClosed:
                return

    async def _receive(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                self._take(message, self._now_ms())
        except ConnectionClosed:
            pass
        finally:
            self._gone = True

    def _take(self, message: str | bytes, now_ms: float) -> None:
        """One message of the agent's. What can't be read is left out: a telephone would not notice."""
        try:
            found = json.loads(message)
        except ValueError:
            return
        if not isinstance(found, dict) or len(self._in_flight) >= IN_FLIGHT_MESSAGES:
            return
        event = found.get("event")
        body = found.get(event) if isinstance(event, str) else None
        if event == "media" and isinstance(body, dict):
            pcm = self._delivered(body.get("payload"))
            if pcm is not None:
                self._in_flight.append((self._down.arrives_ms(now_ms), now_ms, "media", pcm))
        elif event == "mark" and isinstance(body, dict) and isinstance(body.get("name"), str):
            self._in_flight.append((self._down.follows_ms(now_ms), now_ms, "mark", body["name"]))
        elif event == "clear":
            self._in_flight.append((self._down.follows_ms(now_ms), now_ms, "clear", None))
        elif event == "call" and isinstance(found.get("call_id"), str):
            self._call_id = found["call_id"]
            self._record_token = found.get("token") if isinstance(found.get("token"), str) else None
        elif event == "caption" and self._on_caption is not None:
            self._on_caption(found)

    def _delivered(self, payload: Any) -> Samples | None:
        """The sound of a message; its lost packets are silence of their length."""
        if not isinstance(payload, str):
            return None
        try:
            pcm = decode(base64.b64decode(payload, validate=True)).copy()
        except (binascii.Error, ValueError):
            return None
        for start in range(0, len(pcm), TICK_SAMPLES):
            if self._down.loses():
                pcm[start : start + TICK_SAMPLES] = 0
        return pcm

    def _start_message(self) -> str:
        start = {
            "streamSid": self._stream,
            "accountSid": "AC" + "0" * 32,
            "callSid": "CA" + secrets.token_hex(16),
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": RATE_HZ, "channels": 1},
            "customParameters": self._parameters,
        }
        return json.dumps(
            {"event": "start", "sequenceNumber": "1", "streamSid": self._stream, "start": start}
        )


async def place_call(
    script: Script, *, url: str, token: str | None = None, parameters: Mapping[str, str] | None = None
) -> Measurement:
    """One call from dialling to its end.

    Raises:
        CallError: nobody answered the socket, or it was refused.
    """
    return await PhoneCall(script, url=url, token=token, parameters=parameters).run()


async def _closed(socket: ClientConnection) -> None:
    """Closes the socket, within a bound even where the other side is silent."""
    await socket.close(1000, "caller")
