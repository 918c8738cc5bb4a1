"""A recogniser that reads its words from a script, for tests."""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.asr.agreement import Agreement
from agent.asr.protocol import Transcript, Word


class FakeAsrEngine:
    """Each session plays the next of `utterances`: words as `(text, end_ms)` in the utterance's own time.

    A word is heard once audio up to its end was fed. Past the last utterance nothing is heard.
    `took_s` is how long each answer takes; `opened` holds the hot words of each session,
    `digits` the length of the number it was to listen for.
    """

    def __init__(self, utterances: Sequence[Sequence[tuple[str, int]]] = (), took_s: float = 0.0) -> None:
        self._utterances = list(utterances)
        self.took_s = took_s
        self.opened: list[tuple[str, ...]] = []
        self.digits: list[int | None] = []
        self.warmed = self.closed = False

    def open(self, hot_words: Sequence[str] = (), *, digits: int | None = None) -> "FakeAsrSession":
        place = len(self.opened)
        self.digits.append(digits)
        self.opened.append(tuple(hot_words))
        script = self._utterances[place] if place < len(self._utterances) else ()
        return FakeAsrSession(script, self.took_s)

    async def warm(self) -> None:
        self.warmed = True

    async def close(self) -> None:
        self.closed = True


class FakeAsrSession:
    def __init__(self, script: Sequence[tuple[str, int]], took_s: float) -> None:
        self._script = script
        self._took_s = took_s
        self._samples = 0
        self._agreement = Agreement()

    def feed(self, pcm: NDArray[np.int16]) -> None:
        self._samples += len(pcm)

    async def partial(self) -> Transcript:
        return await self._answer(final=False)

    async def final(self) -> Transcript:
        return await self._answer(final=True)

    async def _answer(self, *, final: bool) -> Transcript:
        audio_ms = self._samples // 8
        words, start_ms = [], 0
        for text, end_ms in self._script:
            if end_ms > audio_ms:
                break
            words.append(Word(text, start_ms, end_ms))
            start_ms = end_ms
        await asyncio.sleep(self._took_s)
        return Transcript(
            text=" ".join(word.text for word in words),
            words=tuple(words) if final else self._agreement.add(words),
            audio_ms=audio_ms,
            took_ms=int(self._took_s * 1000),
            rejected=None if words else "silence",
        )
