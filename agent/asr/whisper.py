"""The Whisper recogniser: one model a process, a session an utterance."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.asr.agreement import Agreement
from agent.asr.lanes import Dropped, Lanes
from agent.asr.model import Weights
from agent.asr.pieces import cut
from agent.asr.protocol import Transcript
from agent.asr.utterance import Heard, recognise
from agent.asr.voicing import RATE_HZ, Voice, Voicing
from agent.settings import UserError
from agent.settings.tree import Asr

LINE_RATE_HZ = 8000


class LanguageError(UserError):
    """A language that the model doesn't speak; the text says what to set."""

    exit_code = 2


BEAM = 1
"""Of finals; partials take the best token at once."""


class WhisperEngine:
    """Loads the weights at once (about a second); then every call shares them."""

    def __init__(self, folder: Path, settings: Asr) -> None:
        self._settings = settings
        _check_language(settings)
        self._weights = Weights(folder, settings)
        if settings.language != "en" and not self._weights.multilingual:
            raise _english_only(settings)
        self._voicing = Voicing()
        self.lanes = Lanes(settings.workers)

    def open(self, hot_words: Sequence[str] = (), *, digits: int | None = None) -> "WhisperSession":
        return WhisperSession(self, hot_words, digits)

    async def warm(self) -> None:
        await self.lanes.run(self._warm, final=True)

    async def close(self) -> None:
        await self.lanes.close()

    def _warm(self) -> None:
        silence = np.zeros(RATE_HZ, dtype=np.float32)
        self._voicing.listen(silence)
        encoded = self._weights.encode(silence, self._weights.window_s(1.0, full=False))
        for beam in (1, BEAM):
            self._weights.decode(encoded, 4, beam=beam)
        self._weights.align(encoded, [self._weights.hot_tokens(["ready"])], 1.0)

    def listen(self, audio: NDArray[np.float32]) -> Voice:
        return self._voicing.listen(audio)

    def transcribe(
        self,
        audio: NDArray[np.float32],
        hot_words: Sequence[str] = (),
        *,
        digits: int | None = None,
        partial: bool = False,
    ) -> Transcript:
        """What 16 kHz samples (-1..1) of any length say. Blocks.

        Over 28 s the audio is cut at its pauses.
        """
        began = time.perf_counter()
        voice = self.listen(audio)
        found: list[tuple[int, Heard]] = []
        for start, end in cut(voice, len(audio)):
            stretch = audio[start:end]
            heard = recognise(
                self._weights,
                stretch,
                voice if len(stretch) == len(audio) else self.listen(stretch),
                hot_words=hot_words,
                digits=digits,
                beam=1 if partial else BEAM,
                careful=not partial,
                full=self._settings.window == "full",
            )
            found.append((start * 1000 // RATE_HZ, heard))
        took_ms = int((time.perf_counter() - began) * 1000)
        return _joined(found, len(audio) * 1000 // RATE_HZ, took_ms)


class WhisperSession:
    """One utterance of one call, at 8 kHz."""

    def __init__(self, engine: WhisperEngine, hot_words: Sequence[str], digits: int | None) -> None:
        self._engine = engine
        self._hot_words = tuple(hot_words)
        self._digits = digits
        self._chunks: list[NDArray[np.int16]] = []
        self._samples = 0
        self._agreement = Agreement()
        self._partial = Transcript("")
        self._final: Transcript | None = None
        self._final_samples = 0
        self._one = asyncio.Lock()

    def feed(self, pcm: NDArray[np.int16]) -> None:
        self._chunks.append(np.array(pcm, dtype=np.int16))
        self._samples += len(pcm)

    async def partial(self) -> Transcript:
        """As the protocol says. Where finals of other calls go first, the last partial again."""
        async with self._one:
            pcm = self._audio()
            try:
                found = await self._engine.lanes.run(lambda: self._decode(pcm, partial=True), final=False)
            except Dropped:
                return self._partial
            self._partial = replace(found, words=self._agreement.add(found.words))
            return self._partial

    async def final(self) -> Transcript:
        """As the protocol says. Silence that came since the last final costs no second decode."""
        pcm = self._audio()
        last, last_samples = self._final, self._final_samples
        found = await self._engine.lanes.run(lambda: self._finish(pcm, last, last_samples), final=True)
        self._final, self._final_samples = found, len(pcm)
        return found

    def _audio(self) -> NDArray[np.int16]:
        whole = np.concatenate(self._chunks) if self._chunks else np.zeros(0, dtype=np.int16)
        self._chunks = [whole]
        return whole

    def _finish(self, pcm: NDArray[np.int16], last: Transcript | None, last_samples: int) -> Transcript:
        began = time.perf_counter()
        if last is not None:
            if len(pcm) == last_samples:
                return replace(last, took_ms=0)
            voice = self._engine.listen(_widen(pcm))
            if voice.end_sample <= (last_samples - SETTLED_SAMPLES) * RATE_HZ // LINE_RATE_HZ:
                took_ms = int((time.perf_counter() - began) * 1000)
                return replace(last, audio_ms=len(pcm) * 1000 // LINE_RATE_HZ, took_ms=took_ms)
        return self._decode(pcm, partial=False)

    def _decode(self, pcm: NDArray[np.int16], *, partial: bool) -> Transcript:
        return self._engine.transcribe(_widen(pcm), self._hot_words, digits=self._digits, partial=partial)


SETTLED_SAMPLES = LINE_RATE_HZ // 10
"""A final that had this much silence behind the last voice has heard its last word whole."""


def _check_language(settings: Asr) -> None:
    """Raises `LanguageError` where the model can't hear `settings.language`."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    if settings.language not in _LANGUAGE_CODES:
        raise LanguageError(
            f"asr.language is {settings.language!r}, which Whisper doesn't know: set one such as en or de."
        )
    if settings.language != "en" and settings.model.endswith(".en"):
        raise _english_only(settings)


def _english_only(settings: Asr) -> LanguageError:
    return LanguageError(
        f"{settings.model} hears English only: for {settings.language} set asr.model to whisper-base."
    )


def _widen(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """8 kHz PCM as the 16 kHz floats of -1..1 that the model takes."""
    if len(pcm) == 0:
        return np.zeros(0, dtype=np.float32)
    audio = soxr.resample(pcm.astype(np.float32) / 32768.0, LINE_RATE_HZ, RATE_HZ, quality="HQ")
    return np.asarray(audio, dtype=np.float32)


def _joined(found: Sequence[tuple[int, Heard]], audio_ms: int, took_ms: int) -> Transcript:
    """One transcript of all stretches, each with its begin in ms."""
    said = [(start, heard) for start, heard in found if heard.text]
    words = tuple(
        replace(word, start_ms=start + word.start_ms, end_ms=start + word.end_ms)
        for start, heard in said
        for word in heard.words
    )
    rejected = None if said else next((heard.rejected for _, heard in found), "silence")
    return Transcript(
        text=" ".join(heard.text for _, heard in said),
        words=words,
        audio_ms=audio_ms,
        took_ms=took_ms,
        fallback=any(heard.fallback for _, heard in found),
        rejected=rejected,
        confidence=min((heard.confidence for _, heard in said), default=0.0),
    )
