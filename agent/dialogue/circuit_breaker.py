"""A circuit breaker: what has failed several times in a row is left alone for a while, then tried once."""

import time
from collections.abc import Callable

FAILURES = 5
"""Failures in a row that open it."""
REST_S = 30.0
"""How long it stays open before one try."""


class CircuitBreaker:
    """One for each program that is asked; used from one thread."""

    def __init__(
        self, *, failures: int = FAILURES, rest_s: float = REST_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rest_s, self._clock = failures, rest_s, clock
        self._failed = 0
        self._open_until: float | None = None

    def lets_through(self) -> bool:
        """Whether to ask now. After a rest, one is let through, and others when that one was answered."""
        if self._open_until is None:
            return True
        now = self._clock()
        if now < self._open_until:
            return False
        self._open_until = now + self._rest_s
        return True

    def answered(self) -> None:
        self._failed, self._open_until = 0, None

    def failed(self) -> None:
        self._failed += 1
        if self._failed >= self._most:
            self._open_until = self._clock() + self._rest_s
