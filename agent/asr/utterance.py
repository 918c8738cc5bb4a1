"""Recognises one stretch of audio of up to 28 s: the short window, its fallback, the refusals. Blocks."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.asr import evidence, number, repetition, segments
from agent.asr import hot_words as hot_words_at
from agent.asr.model import Decode, Piece, Weights
from agent.asr.protocol import Word
from agent.asr.voicing import AUDIBLE, RATE_HZ, WINDOW_SAMPLES, Voice
from agent.asr.words import joined, placed

TOKENS_PER_S = 6
SPARE_TOKENS = 8
"""The decoder's length, measured on 8 kHz prompts; digits said one by one may need `QUICK` times as much."""
QUICK = 3
MOST_COMPRESSION = 2.4
"""Over this a text is a loop: Whisper's own threshold."""
LEAST_LOGPROB = -1.6
LEAD_SAMPLES = RATE_HZ * 2 // 10
"""Before what may be voice: a longer silence is cut away, a shorter one filled up. A word that begins with
the window is often misheard: over 0-0.5 s, 0.2 s was best for tiny.en and for base (dev/LOG.md)."""
TAIL_SAMPLES = RATE_HZ * 6 // 10
"""Kept after what may be voice."""
SLOWEST_WORDS_PER_S = 1.2
"""The first round of a loop that is slower than this has lost words."""
AGAIN = 0.5
"""A sentence said again takes as long as the first time, and half of that at least."""
VOICED_MS = 300
"""So much voice must give some text."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one stretch says. Times of `words` count from the stretch's begin."""

    text: str
    words: tuple[Word, ...]
    confidence: float
    fallback: bool = False
    rejected: str | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A decode whose text was cut to what can have been spoken."""

    decode: Decode
    ids: tuple[int, ...]
    text: str
    closed: bool
    """Whether a timestamp closes the text."""
    looped: bool


def recognise(
    weights: Weights,
    audio: NDArray[np.float32],
    voice: Voice,
    *,
    hot_words: Sequence[str] = (),
    digits: int | None = None,
    beam: int = 1,
    careful: bool = True,
    full: bool = False,
) -> Heard:
    """What `audio` (16 kHz, -1..1) says. `careful` may decode a second time; partials don't need it.

    `digits` is the length of the number that was asked for.
    """
    if evidence.silent(voice.peak):
        return Heard("", (), 0.0, rejected="silence")
    begin = voice.start_sample - LEAD_SAMPLES
    audio = audio[max(0, begin) : voice.end_sample + TAIL_SAMPLES]
    audio = np.pad(audio, (max(0, -begin), 0))
    audio_s = len(audio) / RATE_HZ
    voice_end_s = (voice.end_sample - begin) / RATE_HZ
    encoded = weights.encode(audio, weights.window_s(audio_s, full))
    reading = _read(weights, encoded, audio_s, voice, voice_end_s, beam)
    fallback = False
    if careful and not full and _looks_wrong(reading, voice):
        whole = weights.encode(audio, weights.window_s(audio_s, True))
        second = _read(weights, whole, audio_s, voice, voice_end_s, beam)
        if _better(second, reading, voice):
            reading, encoded, fallback = second, whole, True
    why = evidence.rejection(
        reading.text,
        voiced_ms=voice.voiced_ms,
        peak=voice.peak,
        no_speech=reading.decode.no_speech,
        logprob=reading.decode.logprob,
    )
    if why is not None:
        return Heard("", (), 0.0, fallback=fallback, rejected="repeated" if reading.looped else why)
    if not careful:
        return _spread(reading, begin, voice_end_s, fallback)
    (pieces,) = weights.align(encoded, [reading.ids], audio_s)
    text = reading.text
    if digits is not None and number.count(text) not in (*range(number.FEWEST), digits):
        text, pieces = _with_digits(weights, encoded, text, pieces, digits, audio_s)
    text, pieces = _with_hot_words(weights, encoded, text, pieces, hot_words, audio_s)
    return Heard(text, placed(pieces, begin * 1000 // RATE_HZ, voice), exp(_mean(pieces)), fallback)


def _read(
    weights: Weights, encoded: Any, audio_s: float, voice: Voice, voice_end_s: float, beam: int
) -> _Reading:
    most = SPARE_TOKENS + int(TOKENS_PER_S * audio_s) + 1
    decode = weights.decode(encoded, most, beam=beam)
    reading = _cut(weights, encoded, decode, audio_s, voice, voice_end_s)
    if decode.capped and not reading.looped:
        decode = weights.decode(encoded, most * QUICK, beam=beam)
        reading = _cut(weights, encoded, decode, audio_s, voice, voice_end_s)
    return reading


def _cut(
    weights: Weights, encoded: Any, decode: Decode, audio_s: float, voice: Voice, voice_end_s: float
) -> _Reading:
    split = segments.split(decode.ids, weights.first_timestamp, weights.end_of_text)
    kept = segments.spoken(split, voice_end_s)
    ids = tuple(chain.from_iterable(segment.tokens for segment in kept))
    words = weights.text(ids).split()
    loop = repetition.find(words, _spoken_s(voice), decode.capped)
    looped = loop is not None and (loop.sure or not _said_again(weights, encoded, ids, loop, audio_s))
    if looped and loop is not None:
        ids = _first_words(weights, ids, loop.keep)
    text = weights.text(ids).strip()
    return _Reading(decode, ids, text, bool(kept) and kept[-1].end_s is not None, looped)


def _said_again(
    weights: Weights, encoded: Any, ids: Sequence[int], loop: repetition.Loop, audio_s: float
) -> bool:
    """Whether the second round has a place of its own in the sound: a loop is squeezed to the end."""
    (pieces,) = weights.align(encoded, [ids], audio_s)
    groups = joined(pieces)
    second = groups[loop.keep : loop.keep + loop.length]
    if len(second) < loop.length:
        return False
    first = groups[loop.first : loop.keep]
    first_s, second_s = (part[-1][-1].end_s - part[0][0].start_s for part in (first, second))
    return second_s > AGAIN * first_s


def _spoken_s(voice: Voice) -> float:
    """How long the voice spoke, without its pauses: between what is surely and what is perhaps voice."""
    perhaps_s = float((voice.probabilities >= AUDIBLE).sum()) * WINDOW_SAMPLES / RATE_HZ
    return (voice.voiced_ms / 1000 + perhaps_s) / 2


def _first_words(weights: Weights, ids: tuple[int, ...], keep: int) -> tuple[int, ...]:
    """The tokens of the first `keep` words."""
    for count in range(1, len(ids) + 1):
        if len(weights.text(ids[:count]).split()) > keep:
            return ids[: count - 1]
    return ids


def _looks_wrong(reading: _Reading, voice: Voice) -> bool:
    if not any(letter.isalnum() for letter in reading.text):
        return voice.voiced_ms >= VOICED_MS
    if reading.looped:
        return len(reading.text.split()) < SLOWEST_WORDS_PER_S * _spoken_s(voice)
    return (
        reading.decode.capped
        or _compression(reading.text) > MOST_COMPRESSION
        or (not reading.closed and reading.decode.logprob < -0.7)
        or (reading.decode.logprob < LEAST_LOGPROB and voice.voiced_ms >= VOICED_MS)
    )


def _better(second: _Reading, first: _Reading, voice: Voice) -> bool:
    if not second.text or second.looped:
        return not first.text
    if not first.text or first.looped or first.decode.capped:
        return True
    return second.decode.logprob > first.decode.logprob or not _looks_wrong(second, voice)


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def _spread(reading: _Reading, begin: int, voice_end_s: float, fallback: bool) -> Heard:
    """Words spread over the voice by their letters: near enough for a partial."""
    texts = reading.text.split()
    total = sum(len(text) + 1 for text in texts)
    start_ms = begin * 1000 // RATE_HZ
    span_ms = voice_end_s * 1000
    words, passed = [], 0
    for text in texts:
        first = max(0, start_ms + int(span_ms * passed / total))
        passed += len(text) + 1
        words.append(Word(text, first, max(first, start_ms + int(span_ms * passed / total))))
    return Heard(reading.text, tuple(words), exp(min(0.0, reading.decode.logprob)), fallback)


def _with_digits(
    weights: Weights, encoded: Any, text: str, pieces: list[Piece], digits: int, audio_s: float
) -> tuple[str, list[Piece]]:
    """The number of so many `digits` in place of `text` with its pieces, where the sound bears it."""
    most = QUICK * (SPARE_TOKENS + int(TOKENS_PER_S * audio_s))
    decode = weights.decode(encoded, most, hot=weights.tokens(number.PROMPT))
    prompted = weights.text([token for token in decode.ids if token < weights.end_of_text])
    other = number.whole(prompted, digits)
    if other is None:
        return text, pieces
    (candidate,) = weights.align(encoded, [weights.tokens(other)], audio_s)
    if _mean(candidate) < _mean(pieces):
        return text, pieces
    return other, candidate


def _with_hot_words(
    weights: Weights,
    encoded: Any,
    text: str,
    pieces: list[Piece],
    hot_words: Sequence[str],
    audio_s: float,
) -> tuple[str, list[Piece]]:
    """`text` and its pieces, with hot words in place of what the model doubts, where the sound bears them."""
    words = text.split()
    groups = joined(pieces)
    doubtful = [min(piece.probability for piece in group) for group in groups]
    if not hot_words or len(groups) != len(words) or min(doubtful, default=1.0) >= hot_words_at.DOUBTFUL:
        return text, pieces
    most = SPARE_TOKENS + int(TOKENS_PER_S * audio_s)
    decode = weights.decode(encoded, most, hot=weights.hot_tokens(hot_words))
    prompted = weights.text([token for token in decode.ids if token < weights.end_of_text]).split()
    merged = hot_words_at.merged(words, doubtful, prompted, hot_words_at.vocabulary(hot_words))
    if merged is None:
        return text, pieces
    other = " ".join(merged)
    (candidate,) = weights.align(encoded, [weights.tokens(other)], audio_s)
    if _mean(candidate) < _mean(pieces) - hot_words_at.WORST:
        return text, pieces
    return other, candidate


def _mean(pieces: Sequence[Piece]) -> float:
    """Mean log-probability of the words."""
    return sum(log(max(piece.probability, 1e-4)) for piece in pieces) / max(1, len(pieces))
