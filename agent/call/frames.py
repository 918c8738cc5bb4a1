"""The frames of a call that pipecat has no name for."""

from dataclasses import dataclass, field
from typing import Literal

from pipecat.frames.frames import DataFrame, SystemFrame

from agent.call.records import CallerSpan


@dataclass
class PauseFrame(SystemFrame):
    """The caller paused: what was heard so far in this turn, and how finished it sounds."""

    text: str = ""
    confidence: float = 1.0
    complete: float | None = None
    """Smart Turn's probability that the turn is over."""
    spans: tuple[CallerSpan, ...] = ()
    stages_ms: dict[str, int] = field(default_factory=dict)


@dataclass
class CallerTurnFrame(SystemFrame):
    """The caller's turn is over."""

    text: str = ""
    kind: Literal["speech", "keys"] = "speech"
    confidence: float = 1.0
    spans: tuple[CallerSpan, ...] = ()
    stages_ms: dict[str, int] = field(default_factory=dict)


@dataclass
class SentenceStartFrame(DataFrame):
    """Goes before a sentence's first sample, in the order of the audio."""

    turn: int = 0
    sentence: int = 0


@dataclass
class ReplyEndFrame(DataFrame):
    """Goes after a turn's last sample, in the order of the audio."""

    turn: int = 0
