"""One turn of the agent's speech: sentences become clauses, clauses become sound, in order.

Sentences are collected by a task of their own, so that a reply that was cut off still knows what
it had left to say, and is recorded as it is made.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray
from pipecat.frames.frames import Frame, TTSAudioRawFrame

from agent.call.frames import ReplyEndFrame, SentenceStartFrame
from agent.call.loudness import louder
from agent.call.playback import CHUNK_SAMPLES, RATE_HZ, Heard, PlaybackClock, heard_text
from agent.dialogue.protocol import Reply, Sentence
from agent.tts.clauses import clauses
from agent.tts.protocol import TtsEngine

GAP_SAMPLES = 120 * 8
"""Silence after a sentence, beside what the voice leaves."""
AHEAD_MS = 6_000
"""No more sound than this is made ahead of the telephone."""
BARELY_MS = 800
"""A caller who has heard less of a reply than this has heard nothing of what it says."""
RETURN_MS = 1_500
"""How much later than its sound a last mark may come back; a foreign telephone sends none."""

Push = Callable[[Frame], Awaitable[None]]


def now_ms() -> float:
    return time.monotonic() * 1000


class Speech:
    """What the agent says in turn `turn`: `run` speaks it to the end of the caller's hearing it.

    Its sentences are numbered from `first`: a turn that was taken up again has others before them.
    """

    def __init__(
        self,
        turn: int,
        reply: Reply,
        playback: PlaybackClock,
        *,
        caller: str,
        first: int,
        on_sentence: Callable[[], None],
        on_sound: Callable[[], None],
    ) -> None:
        self.turn = turn
        self.reply = reply
        self.sentences: list[Sentence] = []
        self.interrupted = False
        self._playback = playback
        self._caller = caller
        self._first = first
        self._on_sentence = on_sentence
        self._on_sound = on_sound
        self._made = asyncio.Condition()
        self._all_made = False
        self._sounded = False

    async def run(self, tts: TtsEngine, push: Push) -> None:
        collector = asyncio.create_task(self._collect())
        try:
            index = 0
            while (sentence := await self._next(index)) is not None:
                await self._speak(index, sentence, tts, push)
                index += 1
            await collector
            await push(ReplyEndFrame(turn=self.turn))
            await self._heard_out()
        finally:
            collector.cancel()

    async def _collect(self) -> None:
        try:
            async for sentence in self.reply.sentences:
                async with self._made:
                    self.sentences.append(sentence)
                    self._made.notify_all()
                self._on_sentence()
        finally:
            self._all_made = True
            async with self._made:
                self._made.notify_all()

    async def _next(self, index: int) -> Sentence | None:
        async with self._made:
            await self._made.wait_for(lambda: len(self.sentences) > index or self._all_made)
        return self.sentences[index] if len(self.sentences) > index else None

    async def _speak(self, index: int, sentence: Sentence, tts: TtsEngine, push: Push) -> None:
        await push(SentenceStartFrame(turn=self.turn, sentence=self._first + index))
        rest = np.zeros(0, np.int16)
        early = index == 0 and sentence.verdict != "approved"  # approved phrases are kept whole
        voice = self.reply.voice
        for clause in clauses(sentence.spoken, early=early):
            spoken = tts.speak(clause, caller=self._caller, speed=voice.speed)
            async with aclosing(spoken) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    pcm = louder(chunk, voice.gain_db)
                    rest = await self._send(index, np.concatenate([rest, pcm]), push)
            while self._playback.unsent_ms() > AHEAD_MS:
                await asyncio.sleep(0.1)
        short = -(len(rest) + GAP_SAMPLES) % CHUNK_SAMPLES
        await self._send(index, np.concatenate([rest, np.zeros(GAP_SAMPLES + short, np.int16)]), push)

    async def _send(self, index: int, pcm: NDArray[np.int16], push: Push) -> NDArray[np.int16]:
        """Sends whole chunks; returns the samples left over."""
        whole = len(pcm) // CHUNK_SAMPLES * CHUNK_SAMPLES
        if whole:
            if not self._sounded:
                self._sounded = True
                self._on_sound()
            self._playback.queue(self.turn, self._first + index, whole)
            await push(TTSAudioRawFrame(pcm[:whole].tobytes(), RATE_HZ, 1))
        return pcm[whole:]

    async def _heard_out(self) -> None:
        """Waits until the caller has heard the last sample, by its mark."""
        deadline = None
        while not self._playback.ended(self.turn):
            now = now_ms()
            if self._playback.unsent_ms() > 0:
                deadline = None
            elif deadline is None:
                deadline = now + self._playback.buffered_ms(now) + RETURN_MS
            elif now > deadline:
                return
            await asyncio.sleep(0.02)

    def heard_text(self) -> str:
        """The words that the caller has heard."""
        parts = []
        for index, sentence in enumerate(self.sentences):
            heard = self.heard(index)
            if heard == "all":
                parts.append(sentence.text)
            elif heard == "part":
                share = self._playback.heard_share(self.turn, self._first + index, now_ms())
                parts.append(heard_text(sentence.text, share))
        return " ".join(part for part in parts if part)

    def heard(self, index: int) -> Heard:
        return self._playback.heard(self.turn, self._first + index, now_ms())

    def begun(self) -> bool:
        """Whether the caller has heard any of it."""
        return any(self.heard(index) != "none" for index in range(len(self.sentences)))

    def barely(self) -> bool:
        """Whether the caller has heard a syllable or two at most."""
        now = now_ms()
        samples = [
            self._playback.heard_samples(self.turn, self._first + index, now)
            for index in range(len(self.sentences))
        ]
        return sum(samples) < BARELY_MS * RATE_HZ // 1000

    def remaining(self) -> list[Sentence]:
        """The sentences that the caller hasn't heard to their end."""
        return [s for index, s in enumerate(self.sentences) if self.heard(index) != "all"]
