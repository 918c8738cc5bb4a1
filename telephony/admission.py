"""Who gets in: a fixed number of slots, held for a while at the webhook, taken by the media socket.

Pure and single-threaded: time comes from `clock`, and nothing here waits. A slot is in exactly one
of three states, so two calls can't share one, and a hold ends by the clock if nobody takes it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

Clock = Callable[[], float]
"""Seconds that only rise."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How full the house is."""

    active: int
    held: int
    refused: int
    """Since the start."""


class Slot:
    """Room for one call. Use it as a context manager, or call `release` in a `finally`."""

    def __init__(self, admission: "Admission", deadline: float) -> None:
        self._admission = admission
        self.deadline = deadline
        self.state: Literal["held", "active", "free"] = "held"

    def take(self) -> bool:
        """Makes a held slot a call's own. False where the hold has ended or the slot was taken."""
        self._admission.expire()
        if self.state != "held":
            return False
        self.state = "active"
        return True

    def release(self) -> None:
        """Gives the slot back; more than once does no harm."""
        self.state = "free"
        self._admission.forget(self)

    def __enter__(self) -> "Slot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Admission:
    """At most `max_calls` calls, the held ones counted. Holds end after `hold_ms`."""

    def __init__(self, max_calls: int, hold_ms: int, clock: Clock = time.monotonic) -> None:
        self._max_calls = max_calls
        self._hold_ms = hold_ms
        self._clock = clock
        self._slots: set[Slot] = set()
        self._refused = 0

    def hold(self) -> Slot | None:
        """A slot held for `hold_ms`, or None where the house is full."""
        self.expire()
        if len(self._slots) >= self._max_calls:
            self._refused += 1
            return None
        slot = Slot(self, self._clock() + self._hold_ms / 1000)
        self._slots.add(slot)
        return slot

    def refuse(self) -> None:
        """Counts a caller who was sent away for another reason than a full house."""
        self._refused += 1

    def expire(self) -> None:
        """Frees the holds whose time is over."""
        now = self._clock()
        for slot in [slot for slot in self._slots if slot.state == "held" and slot.deadline <= now]:
            slot.release()

    def forget(self, slot: Slot) -> None:
        """Takes a freed slot out of the count."""
        self._slots.discard(slot)

    @property
    def numbers(self) -> Numbers:
        self.expire()
        active = sum(slot.state == "active" for slot in self._slots)
        return Numbers(active=active, held=len(self._slots) - active, refused=self._refused)
