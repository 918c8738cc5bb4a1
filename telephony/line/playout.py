"""A telephone's playout buffer: what it has it plays, what it lacks is silence, and marks say how far it is.

Pure: no I/O and no clock of its own. Samples played are its time. The names of marks (docs/protocol.md)
tell which turn and sentence each sample belongs to; they are resolved in the order in which they came.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from telephony.line.audibility import RATE_HZ, SPAN_SILENCE_MS, Samples

LONGEST_BUFFER_MS = 120_000
"""A buffer that holds this much takes no more: what comes then is dropped and counted."""


@dataclass(frozen=True, slots=True)
class Tag:
    """Whose sample it is: the sentence of a turn, in an epoch."""

    epoch: int
    turn: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one tag, played without a break: [start, end) in samples from the call's start."""

    start: int
    end: int
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Underrun:
    at_ms: int
    ms: int


@dataclass(frozen=True, slots=True)
class Clear:
    """A `clear`: where playing stopped, how much was dropped, and whose sound it was."""

    at: int
    dropped_samples: int
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class MarkName:
    kind: Literal["b", "p", "e"]
    epoch: int
    turn: int
    number: int
    """The sentence of `b`, the samples of `p`, 0 of `e`."""


def parse_mark(name: str) -> MarkName | None:
    """What a mark's name says; None for a name of another server's."""
    parts = name.split(".")
    if parts[0] not in ("b", "p", "e") or len(parts) != (3 if parts[0] == "e" else 4):
        return None
    if not all(part.isascii() and part.isdigit() for part in parts[1:]):
        return None
    numbers = [int(part) for part in parts[1:]]
    return MarkName(parts[0], numbers[0], numbers[1], numbers[2] if len(numbers) == 3 else 0)  # type: ignore[arg-type]


class Playout:
    """One call's buffer. `audio`, `mark` and `clear` are what arrives; `play` is the telephone's clock."""

    def __init__(self) -> None:
        self._waiting: deque[Samples | str] = deque()
        self._tag: Tag | None = None
        self._arriving: Tag | None = None
        self._last_arrival: tuple[Tag | None, float] | None = None
        self._dry_since: int | None = None
        self.position = 0
        """Samples played since the start, silence included."""
        self.buffered_samples = 0
        self.refused_samples = 0
        self.tagged = False
        """Whether this server names its marks as docs/protocol.md says."""
        self.runs: list[Run] = []
        self.underruns: list[Underrun] = []
        self.clears: list[Clear] = []
        self.max_arrival_gap_ms = 0.0

    def audio(self, pcm: Samples, arrived_ms: float) -> None:
        """Sound that arrived. A part may be lost on the way: then it comes as silence of that length."""
        if len(pcm) == 0:
            return
        if self.buffered_samples + len(pcm) > LONGEST_BUFFER_MS * RATE_HZ // 1000:
            self.refused_samples += len(pcm)
            return
        self._note_arrival(arrived_ms)
        self._waiting.append(pcm)
        self.buffered_samples += len(pcm)

    def mark(self, name: str) -> None:
        parsed = parse_mark(name)
        if parsed is not None:
            self.tagged = True
            if parsed.kind == "b":
                self._arriving = Tag(parsed.epoch, parsed.turn, parsed.number)
            elif parsed.kind == "e":
                self._arriving = None
        self._waiting.append(name)

    def clear(self) -> list[str]:
        """Drops what was not played; the waiting marks return at once, in order."""
        marks = [item for item in self._waiting if isinstance(item, str)]
        self.clears.append(Clear(self.position, self.buffered_samples, self._tag))
        self._waiting.clear()
        self.buffered_samples = 0
        self._tag = self._arriving = None
        self._last_arrival = None
        self._dry_since = None
        return marks

    def play(self, samples: int) -> tuple[Samples, list[str]]:
        """The next `samples` samples as they are heard, and the marks that were passed."""
        played = np.zeros(samples, dtype=np.int16)
        marks: list[str] = []
        filled = 0
        while self._waiting and (filled < samples or isinstance(self._waiting[0], str)):
            item = self._waiting.popleft()
            if isinstance(item, str):
                self._pass(item)
                marks.append(item)
                continue
            part = item[: samples - filled]
            if len(part) < len(item):
                self._waiting.appendleft(item[len(part) :])
            played[filled : filled + len(part)] = part
            self._account(self.position + filled, len(part))
            filled += len(part)
        if filled < samples and self._dry_since is None and self.runs:
            self._dry_since = self.position + filled
        self.position += samples
        self.buffered_samples -= filled
        return played, marks

    def _pass(self, name: str) -> None:
        parsed = parse_mark(name)
        if parsed is None or parsed.kind == "p":
            return
        self._tag = Tag(parsed.epoch, parsed.turn, parsed.number) if parsed.kind == "b" else None

    def _account(self, start: int, count: int) -> None:
        """Notes whose samples were played, and whether a gap before them was an underrun."""
        last = self.runs[-1] if self.runs else None
        if self._dry_since is not None and last is not None:
            gap_ms = (start - self._dry_since) * 1000 // RATE_HZ
            inside = last.tag == self._tag if self._tag is not None else not self.tagged
            if gap_ms > 0 and inside and (self.tagged or gap_ms < SPAN_SILENCE_MS):
                self.underruns.append(Underrun(self._dry_since * 1000 // RATE_HZ, gap_ms))
        self._dry_since = None
        if last is not None and last.end == start and last.tag == self._tag:
            self.runs[-1] = Run(last.start, start + count, self._tag)
        else:
            self.runs.append(Run(start, start + count, self._tag))

    def _note_arrival(self, arrived_ms: float) -> None:
        """The longest time between two messages of one sentence, as they came off the socket.

        Without named marks a sentence is taken to go on while no 300 ms of silence were heard.
        """
        previous = self._last_arrival
        self._last_arrival = (self._arriving, arrived_ms)
        if previous is None:
            return
        tag, at_ms = previous
        if self.tagged:
            inside = tag is not None and tag == self._arriving
        else:
            dry_ms = 0 if self._dry_since is None else (self.position - self._dry_since) * 1000 // RATE_HZ
            inside = dry_ms < SPAN_SILENCE_MS
        if inside:
            self.max_arrival_gap_ms = max(self.max_arrival_gap_ms, arrived_ms - at_ms)
