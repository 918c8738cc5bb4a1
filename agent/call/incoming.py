"""A call as telephony hands it over: who, to whom, and the pipecat transport that carries it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipecat.transports.base_transport import BaseTransport

from agent.call.playback import PlaybackClock

EndedBy = Literal["caller", "agent", "transfer", "busy", "timeout", "error"]

Tell = Callable[[str, Mapping[str, Any]], None]
"""Tells the caller's program an event, `caption` or `turn`, and what belongs to it (docs/protocol.md, "While
the call goes on"). Returns at once; what can't be sent in time is dropped."""


@dataclass(slots=True)
class IncomingCall:
    """One accepted call. The transport carries 8 kHz mono PCM both ways and reports to `playback`."""

    call_id: str
    provider: str
    """`twilio`, `softphone`, ..."""
    caller: str
    called: str
    transport: BaseTransport
    playback: PlaybackClock
    business: str | None = None
    """Asked for by a softphone; else the number called decides."""
    record_token: str = ""
    """Opens `GET /calls/{call_id}`; only its hash is stored."""
    tags: dict[str, str] = field(default_factory=dict)
    tell: Tell | None = None
    """None where nobody asked to be told, as on a telephone."""


AnswerCall = Callable[[IncomingCall], Awaitable[EndedBy]]
"""Runs one call to its end and says who ended it."""
