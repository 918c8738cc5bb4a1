"""The clock of what the caller has heard: samples sent, marks that came back, sentences cut.

Pure: no I/O, and time comes in as an argument. Positions are samples at 8 kHz since the epoch
began. A mark's name holds the epoch, so that a mark returned by `clear` can't count as heard.
Between marks the telephone is taken to play in real time, never past what was sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

RATE_HZ = 8000
SAMPLES_PER_MS = RATE_HZ // 1000
CHUNK_SAMPLES = 40 * SAMPLES_PER_MS
"""What is sent at once: sentences are padded to it, so that no sample waits for the next sentence."""
EDGE_SAMPLES = 300 * SAMPLES_PER_MS
"""A sentence's end may go unheard by this much and still count as heard: it is silence."""
START_SAMPLES = 100 * SAMPLES_PER_MS
"""Less than this of a sentence is nothing that a caller could understand."""

Heard = Literal["all", "part", "none"]


@dataclass(slots=True)
class Span:
    """One sentence's audio: `queued` samples made for it, `start` its position once it is sent."""

    turn: int
    sentence: int
    queued: int = 0
    start: int | None = None
    heard: int = 0
    frozen: bool = False


class PlaybackClock:
    """One call's playback. Telephony reports `begin`, `sent`, `end`, `returned`; the call asks."""

    def __init__(self, mark_every_ms: int = 300) -> None:
        self.epoch = 0
        self._mark_every = mark_every_ms * SAMPLES_PER_MS
        self._sent = 0
        self._marked = 0
        self._marks: dict[str, int] = {}
        self._played = 0
        self._played_at_ms: float | None = None
        self._spans: dict[tuple[int, int], Span] = {}
        self._ended: set[int] = set()
        self._begun: set[tuple[int, int]] = set()
        self.on_begun: Callable[[int, float], None] | None = None
        """Told a turn's number and when the caller began to hear it, as soon as a mark shows it; in each
        epoch anew."""

    # What the call's own side does.

    def queue(self, turn: int, sentence: int, samples: int) -> None:
        """`samples` of a sentence were handed to the transport."""
        self._spans.setdefault((turn, sentence), Span(turn, sentence)).queued += samples

    def clear(self, now_ms: float) -> None:
        """The caller interrupts: what was heard is frozen here, and a new epoch begins."""
        position = self.position(now_ms)
        for span in self._spans.values():
            if not span.frozen:
                span.heard = self._heard(span, position)
                span.frozen = True
        self.epoch += 1
        self.restart()

    # What telephony reports.

    def restart(self) -> None:
        """The telephone's buffer is empty: positions start again."""
        self._sent = self._marked = self._played = 0
        self._marks.clear()
        self._played_at_ms = None

    def begin(self, turn: int, sentence: int) -> str:
        """The name of the mark to send just before a sentence's first sample."""
        span = self._spans.setdefault((turn, sentence), Span(turn, sentence))
        if not span.frozen:
            span.start = self._sent
        return self._mark(f"b.{self.epoch}.{turn}.{sentence}")

    def sent(self, samples: int, turn: int) -> str | None:
        """Counts samples sent; returns a progress mark to send when one is due."""
        self._sent += samples
        if self._sent - self._marked < self._mark_every:
            return None
        return self._mark(f"p.{self.epoch}.{turn}.{self._sent}")

    def end(self, turn: int) -> str:
        """The name of the mark to send just after a turn's last sample."""
        return self._mark(f"e.{self.epoch}.{turn}")

    def returned(self, name: str, now_ms: float) -> bool:
        """A mark came back. False for one that isn't waiting: of another epoch, or made up."""
        position = self._marks.pop(name, None)
        if position is None:
            return False
        if position >= self._played:
            self._played = position
            self._played_at_ms = now_ms
        kind, _, turn = name.split(".")[:3]
        if kind == "e":
            self._ended.add(int(turn))
        self._note_begun(int(turn), position, now_ms)
        return True

    def _note_begun(self, turn: int, position: int, now_ms: float) -> None:
        """A mark may come back before the sound behind it is made: then the next one tells."""
        starts = [
            s.start for s in self._spans.values() if s.turn == turn and not s.frozen and s.start is not None
        ]
        if self.on_begun is None or (self.epoch, turn) in self._begun or not starts:
            return
        played = position - min(starts)
        if played > 0 or self._sent > position:
            self._begun.add((self.epoch, turn))
            self.on_begun(turn, now_ms - played / SAMPLES_PER_MS)

    # What the call asks.

    def position(self, now_ms: float) -> int:
        """Samples of this epoch that the caller has heard by now."""
        if self._played_at_ms is None:
            return 0
        elapsed = int((now_ms - self._played_at_ms) * SAMPLES_PER_MS)
        return min(self._sent, self._played + max(0, elapsed))

    def buffered_ms(self, now_ms: float) -> int:
        """Sound that is sent and not heard yet."""
        return (self._sent - self.position(now_ms)) // SAMPLES_PER_MS

    def unsent_ms(self) -> int:
        """Sound of this epoch that is made and not sent yet."""
        queued = sum(span.queued for span in self._spans.values() if not span.frozen)
        return max(0, queued - self._sent) // SAMPLES_PER_MS

    def active(self, now_ms: float) -> bool:
        """Whether the caller hears the agent now, or will without anything more being made."""
        return self.unsent_ms() > 0 or self.buffered_ms(now_ms) > 0

    def ended(self, turn: int) -> bool:
        """Whether the mark behind the turn's last sample came back."""
        return turn in self._ended

    def heard_samples(self, turn: int, sentence: int, now_ms: float) -> int:
        span = self._spans.get((turn, sentence))
        if span is None:
            return 0
        return span.heard if span.frozen else self._heard(span, self.position(now_ms))

    def heard(self, turn: int, sentence: int, now_ms: float) -> Heard:
        """How much of a sentence the caller has heard."""
        span = self._spans.get((turn, sentence))
        samples = self.heard_samples(turn, sentence, now_ms)
        if span is None or samples == 0 or samples < min(START_SAMPLES, span.queued):
            return "none"
        return "all" if samples >= span.queued - EDGE_SAMPLES else "part"

    def heard_share(self, turn: int, sentence: int, now_ms: float) -> float:
        """0..1, of the samples made for the sentence."""
        span = self._spans.get((turn, sentence))
        if span is None or not span.queued:
            return 0.0
        return min(1.0, self.heard_samples(turn, sentence, now_ms) / span.queued)

    def _mark(self, name: str) -> str:
        self._marked = self._sent
        self._marks[name] = self._sent
        return name

    @staticmethod
    def _heard(span: Span, position: int) -> int:
        return 0 if span.start is None else max(0, min(span.queued, position - span.start))


def heard_text(text: str, share: float) -> str:
    """The words of `text` that fit in the first `share` (0..1) of its sound, by their letters."""
    words = text.split()
    total = sum(len(word) + 1 for word in words)
    kept: list[str] = []
    length = 0
    for word in words:
        length += len(word) + 1
        if length > share * total + 1:
            break
        kept.append(word)
    return " ".join(kept)
