"""The first messages of a media socket: `connected`, then `start`, in time."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket

from telephony.twilio.faults import Faults
from telephony.twilio.message import TEXT_LIMIT, count, parse, section, text

PARAMETERS_LIMIT = 16
POLICY = 1008
"""The close code for a peer that breaks the rules."""


@dataclass(frozen=True, slots=True)
class Start:
    """What `start` said. `parameters` are the peer's own words: not to be trusted."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The socket is to be closed with `code` and `reason`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gone(Exception):
    """The caller hung up before the call began."""


async def read_start(websocket: WebSocket, faults: Faults, deadline_ms: int) -> Start:
    """Waits for `start`. Raises `Refused` when it doesn't come in time or is wrong, `Gone` at the end."""
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            while not faults.exceeded:
                message = await _next(websocket, faults)
                if message is not None:
                    return _start(message)
    except TimeoutError:
        raise Refused(POLICY, "no start in time") from None
    raise Refused(POLICY, "too many bad messages")


async def _next(websocket: WebSocket, faults: Faults) -> dict[str, Any] | None:
    """The next message if it is `start`, else None."""
    received = await websocket.receive()
    if received["type"] == "websocket.disconnect":
        raise Gone
    data = received.get("text")
    message = parse(data if data is not None else received.get("bytes") or b"", faults)
    if message is None:
        return None
    event = message.get("event")
    if event == "start":
        return message
    if event == "stop":
        raise Gone
    if event in ("media", "mark", "dtmf"):
        faults.note(f"{event} before start")
    elif event != "connected":
        faults.note("unknown event")
    return None


def _start(message: dict[str, Any]) -> Start:
    start = section(message, "start")
    stream_sid = text(start.get("streamSid")) or text(message.get("streamSid"))
    if not stream_sid:
        raise Refused(POLICY, "start without streamSid")
    form = section(start, "mediaFormat")
    encoding, rate, channels = form.get("encoding"), form.get("sampleRate"), form.get("channels")
    if (
        encoding not in (None, "audio/x-mulaw")
        or (rate is not None and count(rate) != 8000)
        or (channels is not None and count(channels) != 1)
    ):
        raise Refused(POLICY, "audio must be audio/x-mulaw, 8000 Hz, 1 channel")
    given = section(start, "customParameters")
    parameters = {
        text(name): text(value, TEXT_LIMIT)
        for name, value in list(given.items())[:PARAMETERS_LIMIT]
        if isinstance(value, str)
    }
    return Start(
        stream_sid=stream_sid,
        call_sid=text(start.get("callSid")),
        account_sid=text(start.get("accountSid")),
        parameters=parameters,
    )
