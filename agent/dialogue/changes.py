"""The changes that one call has made: each once after a yes, taken back where the caller wasn't done."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a business's data, so that it can be taken back."""

    tool: str
    slots: Mapping[str, str]
    now: datetime
    key: str
    """The same for the same change of the same call, another after it was taken back (hexadecimal)."""


class Changes:
    """What one call has changed and what of it stands. Not shared between calls."""

    def __init__(self) -> None:
        self._call = secrets.token_hex(16)
        self._made: list[Change] = []
        self._taken_back: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._made)

    def begin(self, tool: str, slots: Mapping[str, str], now: datetime) -> Change:
        """Notes a change before it is made: a turn that is cut off takes it back."""
        what = self._what(tool, slots)
        keyed = f"{self._call} {self._taken_back[what]} {what}"
        change = Change(tool, dict(slots), now, hashlib.sha256(keyed.encode()).hexdigest()[:32])
        self._made.append(change)
        return change

    def failed(self, change: Change) -> None:
        """The change wasn't made. The next try has the same key."""
        self._made.remove(change)

    def stands(self, tool: str, slots: Mapping[str, str]) -> bool:
        """Whether this call has made the same change, and no other tool has changed anything since."""
        what = self._what(tool, slots)
        for change in reversed(self._made):
            if change.tool != tool:
                return False
            if self._what(change.tool, change.slots) == what:
                return True
        return False

    def take_back(self, keep: int) -> list[Change]:
        """The changes after the first `keep`, the newest first: they stand no more."""
        gone = self._made[keep:][::-1]
        del self._made[keep:]
        self._taken_back.update(self._what(change.tool, change.slots) for change in gone)
        return gone

    @staticmethod
    def _what(tool: str, slots: Mapping[str, str]) -> str:
        """A change without what led to it (`about`) and whose it is (`identity`): a call has one of each."""
        return json.dumps([tool, sorted((n, v) for n, v in slots.items() if n not in ("about", "identity"))])
