"""What a voice does: speaks one clause at a time."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
"""Of everything a voice returns."""


class TtsEngine(Protocol):
    def speak(self, text: str, *, caller: str = "", speed: float = 1.0) -> AsyncIterator[NDArray[np.int16]]:
        """Chunks of mono PCM at `RATE_HZ` for one clause of spoken-form text (no digits).

        `speed` multiplies the settings' speed: 0.8 is slower.
        Clauses of several `caller`s take turns. Chunks come as soon as they are made; the last syllable
        is whole. Closing the iterator stops.
        Raises `TtsError` when the voice can't be restarted.
        """
        ...

    async def warm(self, phrases: Sequence[str] = ()) -> None:
        """Starts the voice; `phrases` are then made and kept, behind whatever is asked for meanwhile."""
        ...

    async def filled(self) -> None:
        """Returns when all phrases given to `warm` are kept."""
        ...

    async def close(self) -> None: ...


class TtsError(RuntimeError):
    """The voice can't speak; the text says what to do."""
