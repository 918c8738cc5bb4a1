"""Finished clauses in memory, the least recently used dropped first; fixed phrases outlive the others."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

Key = tuple[str, float]
"""Text and speed."""


class ClauseCache:
    """Holds at most `max_bytes` of 8 kHz PCM."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._clauses: OrderedDict[Key, NDArray[np.int16]] = OrderedDict()
        self._fixed: OrderedDict[Key, NDArray[np.int16]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._clauses) + len(self._fixed)

    def __contains__(self, key: Key) -> bool:
        return key in self._clauses or key in self._fixed

    def get(self, key: Key) -> NDArray[np.int16] | None:
        """The clause, read-only, and counts as used."""
        for store in (self._fixed, self._clauses):
            found = store.get(key)
            if found is not None:
                store.move_to_end(key)
                return found
        return None

    def put(self, key: Key, pcm: NDArray[np.int16], *, fixed: bool = False) -> bool:
        """Keeps `pcm`; False where it is larger than the whole cache. `fixed` ones go last."""
        if pcm.nbytes > self._max_bytes:
            return False
        was_fixed = key in self._fixed
        for store in (self._fixed, self._clauses):
            old = store.pop(key, None)
            if old is not None:
                self.size_bytes -= old.nbytes
        kept = pcm.copy()
        kept.setflags(write=False)
        (self._fixed if fixed or was_fixed else self._clauses)[key] = kept
        self.size_bytes += kept.nbytes
        while self.size_bytes > self._max_bytes:
            store = self._clauses or self._fixed
            _, dropped = store.popitem(last=False)
            self.size_bytes -= dropped.nbytes
        return key in self
