"""Keeps the caller's sample clock true: losses become silence, duplicates go. Pure."""

from dataclasses import dataclass

RATE_HZ = 8000
FILL_LIMIT_MS = 200
"""A longer gap is a pause of the line, not a loss: only this much of it is filled."""
GAP_MIN_MS = 15
"""Less than a frame of 20 ms: timestamps are rounded."""
DISTRUST_AFTER = 10
"""Repeats in a row after which a peer's numbers are taken for noise and its sound is played."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame goes: after `fill_samples` of silence, or nowhere (`drop`)."""

    fill_samples: int = 0
    drop: bool = False
    fault: str | None = None


class SampleClock:
    """One call's. `chunk` counts a caller's messages, `timestamp_ms` the time of their first sample."""

    def __init__(self) -> None:
        self._last_chunk: int | None = None
        self._last_timestamp: int | None = None
        self._expected_ms: float | None = None
        self._repeats = 0
        self._trusted = True

    def place(self, chunk: int | None, timestamp_ms: int | None, samples: int) -> Place:
        """The place of a frame of `samples`. Numbers may be missing: the frame is then just played."""
        if not self._trusted:
            return Place()
        if self._repeated(chunk, timestamp_ms):
            self._repeats += 1
            if self._repeats < DISTRUST_AFTER:
                return Place(drop=True, fault="duplicate")
            self._trusted = False
            return Place(fault="numbers that can't be true")
        self._repeats = 0
        self._last_chunk = chunk if chunk is not None else self._last_chunk
        if timestamp_ms is None:
            return Place()
        self._last_timestamp = timestamp_ms
        return self._fill(timestamp_ms, samples * 1000 / RATE_HZ)

    def _repeated(self, chunk: int | None, timestamp_ms: int | None) -> bool:
        if chunk is not None and self._last_chunk is not None:
            return chunk <= self._last_chunk
        if timestamp_ms is not None and self._last_timestamp is not None:
            return timestamp_ms <= self._last_timestamp
        return False

    def _fill(self, timestamp_ms: int, duration_ms: float) -> Place:
        expected = self._expected_ms
        gap_ms = 0.0 if expected is None else timestamp_ms - expected
        if expected is None or abs(gap_ms) >= GAP_MIN_MS:
            self._expected_ms = timestamp_ms + duration_ms
        else:
            self._expected_ms = expected + duration_ms
        if gap_ms < GAP_MIN_MS:
            return Place()
        fill_ms = min(gap_ms, FILL_LIMIT_MS)
        fault = "gap" if gap_ms <= FILL_LIMIT_MS else "long gap"
        return Place(fill_samples=round(fill_ms * RATE_HZ / 1000), fault=fault)
