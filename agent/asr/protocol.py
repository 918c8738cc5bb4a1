"""What a recogniser does: one engine a process, one session an utterance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: int
    end_ms: int
    stable: bool = True
    """Whether later partials will keep it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one utterance. `text` is empty where nothing was said."""

    text: str
    words: tuple[Word, ...] = ()
    audio_ms: int = 0
    took_ms: int = 0
    fallback: bool = False
    """The short window looked wrong and the whole window was decoded."""
    rejected: str | None = None
    """Why a decode was thrown away ("repeated", "hallucinated", "silence"), else None."""
    confidence: float = 1.0
    """exp of the mean log-probability of the tokens, 0..1."""


class AsrSession(Protocol):
    """One utterance. Audio comes in as it is spoken; transcripts are asked for."""

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Adds 8 kHz mono samples of any length."""
        ...

    async def partial(self) -> Transcript:
        """What was said so far; words that two partials agree on are `stable`."""
        ...

    async def final(self) -> Transcript:
        """The whole utterance so far. May be called again after more `feed` (eager decoding)."""
        ...


class AsrEngine(Protocol):
    def open(self, hot_words: Sequence[str] = (), *, digits: int | None = None) -> AsrSession:
        """A session that listens for `hot_words`, and for a number of `digits`, if one was asked for."""
        ...

    async def warm(self) -> None:
        """Runs once so that the first caller doesn't wait for lazy set-up."""
        ...

    async def close(self) -> None: ...
