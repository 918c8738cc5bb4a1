"""Which words of a growing transcript will stay: pure.

LocalAgreement-2 of Macháček, Dabre and Bojar, "Turning Whisper into Real-Time Transcription System" (2023):
words that two consecutive partials begin with are stable.
"""

from collections.abc import Sequence
from dataclasses import replace

from agent.asr.protocol import Word
from agent.asr.repetition import bare


class Agreement:
    """The last partial of one utterance, and how many of its words are stable."""

    def __init__(self) -> None:
        self._last: list[str] = []
        self.stable_words = 0

    def add(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """`words` of the next partial, marked. A stable word that changes is revised: no more stable."""
        plain = [bare(word.text) for word in words]
        agreed = 0
        for before, now in zip(self._last, plain, strict=False):
            if before != now:
                break
            agreed += 1
        self._last = plain
        self.stable_words = agreed
        return tuple(replace(word, stable=place < agreed) for place, word in enumerate(words))
