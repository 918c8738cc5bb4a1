"""What a client has measured of one call: its own clock, from `start`, and both sides' sound."""

from dataclasses import dataclass, field
from typing import Literal

from telephony.line.audibility import Samples
from telephony.line.playout import Clear, Run, Underrun

EndedBy = Literal["caller", "agent", "transfer", "busy", "timeout", "error"]


@dataclass(frozen=True, slots=True)
class CallerAct:
    """One thing that the caller did. `source` is the file's name; keys themselves are not kept."""

    id: str
    kind: Literal["speech", "keys"]
    source: str
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class Measurement:
    """8 kHz samples of both sides, from sample 0 = `start`; what was played, dropped and missing."""

    caller_pcm: Samples
    """Before the network's loss and jitter."""
    agent_pcm: Samples
    """After the playout buffer."""
    acts: list[CallerAct]
    runs: list[Run]
    clears: list[Clear]
    underruns: list[Underrun]
    max_arrival_gap_ms: int
    duration_ms: int
    ended_by: EndedBy | None
    """None while the call goes on."""
    close_code: int | None = None
    close_reason: str = ""
    call_id: str | None = None
    token: str | None = field(default=None, repr=False)
    tagged: bool = False
    """Whether the server's marks name turns and sentences."""
    worst_late_ms: int = 0
    """How late this client itself was, at worst: over 40 ms its figures are in doubt."""
    unsent_frames: int = 0
    """Frames that the server did not take in time."""
