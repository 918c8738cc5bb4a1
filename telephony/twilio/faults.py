"""What was wrong on one call's wire: counted by kind, logged rarely and never with content."""

from collections import Counter

from loguru import logger

BAD_LIMIT = 200
"""Bad messages after which a call is closed: more than a broken peer sends, less than a flood."""


class Faults:
    """One call's counts. `kind` is always a constant of this program, never a caller's words."""

    def __init__(self, call_id: str, limit: int = BAD_LIMIT) -> None:
        self._call_id = call_id
        self._limit = limit
        self.counts: Counter[str] = Counter()
        self.bad = 0

    def note(self, kind: str, *, bad: bool = True) -> None:
        """Counts one fault; `bad` ones count towards the limit, losses of the network don't."""
        self.counts[kind] += 1
        self.bad += bad
        count = self.counts[kind]
        if count in (1, 10, 100, 1_000, 10_000):
            logger.warning("call {}: {} on the wire, {} so far", self._call_id, kind, count)

    @property
    def exceeded(self) -> bool:
        return self.bad >= self._limit
