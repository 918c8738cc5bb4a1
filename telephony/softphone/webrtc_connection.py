"""Pipecat's WebRTC connection, mended, and the line that the reception sees of it.

- The stock one takes each message of the data channel for pipecat's own kind and logs what it can't read:
  a caller's keys would stand in the log. Here messages are those of docs/protocol.md, read without trust.
- The stock one says that the peer is there only to a pipeline that runs; a call begins when the peer is.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from loguru import logger
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection

from telephony.twilio.faults import Faults
from telephony.twilio.message import parse, section

MESSAGE_LIMIT_BYTES = 64 * 1024
UNREAD_BYTES = 256 * 1024
"""What may wait for a peer that reads slowly; events beyond it are dropped."""
CLOSE_S = 2.0
FLUSH_S = 0.3
"""For the last message to leave before the connection closes."""


class PeerConnection(SmallWebRTCConnection):
    """One peer's. `up` is set when sound can flow, `down` when it can't any more."""

    def __init__(self, take: Callable[[str | bytes], None]) -> None:
        """`take` gets each message of the data channel. No server is asked for candidates."""
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self._take = take
        super().__init__()

    def _setup_listeners(self) -> None:
        super()._setup_listeners()
        self._pc.remove_all_listeners("datachannel")
        self._pc.on("datachannel", self._open_channel)
        self._pc.on("connectionstatechange", self._note_state)

    def _open_channel(self, channel: Any) -> None:
        if self._data_channel is not None:
            return
        self._data_channel = channel
        channel.on("message", self._take)
        self._flush_message_queue()

    def _note_state(self) -> None:
        if self._pc.connectionState == "connected":
            self.up.set()
        elif self._pc.connectionState in ("failed", "closed"):
            self.down.set()

    def video_input_track(self) -> None:
        """Nothing to see, and no warning about it."""

    def screen_video_input_track(self) -> None:
        """As `video_input_track`."""

    @property
    def sound_only(self) -> bool:
        """Whether the offer had one sound, and nothing to see."""
        return [transceiver.kind for transceiver in self._pc.getTransceivers()] == ["audio"]

    def send(self, message: str) -> bool:
        """Sends a message, now or when the channel opens. False where it can't leave."""
        channel = self._data_channel
        if channel is not None and (
            channel.readyState != "open" or channel.bufferedAmount + len(message) > UNREAD_BYTES
        ):
            return False
        self.send_app_message(json.loads(message))
        return True

    async def close(self) -> None:
        """Ends the connection, within `CLOSE_S`."""
        try:
            await asyncio.wait_for(self._close(), CLOSE_S)
        except TimeoutError:
            logger.warning("a WebRTC connection did not close within {} s", CLOSE_S)
        self.down.set()


class PeerLine:
    """The caller's side of one call: messages in and out, the end, and whether the caller is still there.

    `on_key(digit)` gets each key; it returns at once.
    """

    def __init__(self, faults: Faults, vanish_ms: int) -> None:
        self.connection = PeerConnection(self._take)
        self.ended = asyncio.Event()
        self.on_key: Callable[[object], None] = lambda digit: None
        self._faults = faults
        self._vanish_s = vanish_ms / 1000
        self._heard_at = asyncio.get_running_loop().time()
        self._verdict: tuple[int, str] | None = None
        self._watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """From now on: a caller who sends no sound has vanished, and one who ended is let go."""
        self.heard()
        self._watching = asyncio.create_task(self._watch(), name="peer")

    def heard(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Ends the caller's side; the call's pipeline hears that its caller has gone."""
        if not self.ended.is_set():
            self.ended.set()
            if code != 1000:
                self._verdict = (code, reason)

    def tell(self, event: str, body: Mapping[str, Any]) -> bool:
        return self.connection.send(json.dumps({"event": event, **body}))

    async def say(self, message: str) -> bool:
        return self.connection.send(message)

    async def finish(self, code: int, reason: str) -> None:
        """Says why the call is over, where a data channel is open, and closes the connection."""
        self._verdict = self._verdict or (code, reason)
        self.ended.set()
        if self._watching is None:
            await self._close()
        else:
            await asyncio.wait({self._watching}, timeout=2 * CLOSE_S)

    async def _close(self) -> None:
        code, reason = self._verdict or (1000, "")
        if not self.connection.down.is_set() and self.tell("end", {"code": code, "reason": reason}):
            await asyncio.sleep(FLUSH_S)
        await self.connection.close()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.ended.is_set():
            left_s = self._heard_at + self._vanish_s - loop.time()
            if left_s <= 0:
                self.end(1008, "no audio")
            elif self.connection.down.is_set():
                self.end()
            else:
                await self._one_of(self.ended, self.connection.down, within_s=left_s)
        await self._close()

    @staticmethod
    async def _one_of(*events: asyncio.Event, within_s: float) -> None:
        waits = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _take(self, data: str | bytes) -> None:
        """One message of the caller's: keys and the end. What is no such message is counted."""
        if len(data) > MESSAGE_LIMIT_BYTES:
            self._faults.note("message that is too long")
        elif not self.ended.is_set() and (message := parse(data, self._faults)) is not None:
            event = message.get("event")
            if event == "dtmf":
                self.on_key(section(message, "dtmf").get("digit"))
            elif event == "stop":
                self.end()
            elif event not in ("connected", "mark"):
                self._faults.note("unknown event")
        if self._faults.exceeded:
            self.end(1008, "too many bad messages")
