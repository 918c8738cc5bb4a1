"""The Whisper weights in CTranslate2: features, decode, alignment; below faster-whisper's `transcribe`.

Whisper pads every utterance to 30 s. The encoder takes shorter features, and most of the cost goes away; what
keeps the words then is some silence behind the speech and decoding with timestamps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.asr.device import check
from agent.models import MissingWeights
from agent.settings.tree import Asr

RATE_HZ = 16_000
FRAMES_PER_S = 100
FULL_S = 30.0
MOST_TOKENS = 448
"""Of prompt and text together: the decoder's positions."""
PROMPT_TOKENS = 60
"""Of hot words: each costs time."""
PAD_S = {"tiny": (4.0, 8.0), "base": (1.5, 5.0)}
"""Silence behind the speech, and the shortest window, by model; measured on 8 kHz prompts (dev/LOG.md).
Larger models were not measured and take those of base; `asr.window = "full"` needs neither."""


@dataclass(frozen=True, slots=True)
class Decode:
    """What the decoder wrote."""

    ids: tuple[int, ...]
    logprob: float
    """Mean log-probability of the tokens."""
    no_speech: float
    """The model's probability that nothing was said."""
    capped: bool
    """Whether the length ran out before the text ended."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or part of one with its place in the audio."""

    text: str
    start_s: float
    end_s: float
    probability: float


class Weights:
    """One model a process. Calls block; several threads may call at once."""

    def __init__(self, folder: Path, settings: Asr) -> None:
        """Raises `DeviceError`, and `MissingWeights` where the folder's files don't fit together."""
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer

        self._storage = ctranslate2.StorageView
        device = check(settings)
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                compute_type=settings.compute_type,
                intra_threads=settings.threads,
                inter_threads=settings.workers,
            )
            read = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise kinds of their own
            raise MissingWeights(f"{folder} can't be loaded as a Whisper model: {error}.") from None
        self.multilingual: bool = self._model.is_multilingual
        self._tokenizer = Tokenizer(
            read,
            self.multilingual,
            task="transcribe" if self.multilingual else None,
            language=settings.language,
        )
        # large-v3 and its turbo hear 128 mel bands, the others 80.
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self.pad_s, self.shortest_s = PAD_S["tiny" if "tiny" in folder.name else "base"]
        self.first_timestamp: int = self._tokenizer.timestamp_begin
        self.end_of_text: int = self._tokenizer.eot

    def window_s(self, audio_s: float, full: bool) -> float:
        """How much the encoder looks at for `audio_s` of audio."""
        return FULL_S if full else min(FULL_S, max(self.shortest_s, audio_s + self.pad_s))

    def encode(self, audio: NDArray[np.float32], window_s: float) -> Any:
        """The encoder's output for 16 kHz samples, padded with silence to `window_s`."""
        wanted = int(window_s * RATE_HZ)
        padded = np.pad(audio[:wanted], (0, max(0, wanted - len(audio))))
        features = self._features(padded, padding=0)[:, : int(window_s * FRAMES_PER_S)]
        batch = np.ascontiguousarray(features[np.newaxis], dtype=np.float32)
        return self._model.encode(self._storage.from_array(batch))

    def decode(self, encoded: Any, most_tokens: int, hot: Sequence[int] = (), beam: int = 1) -> Decode:
        """What the encoder's output says, with timestamps; `hot` tokens stand in the prompt."""
        start = [*([self._tokenizer.sot_prev, *hot] if hot else []), *self._tokenizer.sot_sequence]
        # CTranslate2 lets the text have the half of max_length at most, as Whisper's own n_ctx // 2.
        room = min(most_tokens, MOST_TOKENS // 2, MOST_TOKENS - len(start))
        (result,) = self._model.generate(
            encoded,
            [start],
            beam_size=beam,
            max_length=max(2 * room, len(start) + room),
            return_scores=True,
            return_no_speech_prob=True,
        )
        ids = tuple(result.sequences_ids[0])
        logprob = result.scores[0] * len(ids) / (len(ids) + 1)
        return Decode(ids, logprob, result.no_speech_prob, len(ids) >= room)

    def align(self, encoded: Any, texts: Sequence[Sequence[int]], audio_s: float) -> list[list[Piece]]:
        """Words of each text with their places, by the decoder's cross-attention; blocks for 15-25 ms.

        The probabilities are those of the text without hot words in the prompt.
        """
        frames = max(2, int(audio_s * FRAMES_PER_S))
        found = self._model.align(
            encoded, self._tokenizer.sot_sequence, [list(text) for text in texts], frames
        )
        return [self._pieces(text, result) for text, result in zip(texts, found, strict=True)]

    def _pieces(self, text: Sequence[int], result: Any) -> list[Piece]:
        words, tokens = self._tokenizer.split_to_word_tokens([*text, self.end_of_text])
        times: dict[int, float] = {}
        for token, frame in result.alignments:
            times.setdefault(token, frame * 2 / FRAMES_PER_S)
        last = max(times.values(), default=0.0)
        pieces, place = [], 0
        for word, own in zip(words[:-1], tokens[:-1], strict=True):
            start = times.get(place, last)
            probabilities = result.text_token_probs[place : place + len(own)]
            place += len(own)
            end = times.get(place, last)
            pieces.append(Piece(word, start, max(start, end), float(np.mean(probabilities or [0.0]))))
        return pieces

    def text(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids)))

    def tokens(self, text: str) -> tuple[int, ...]:
        """Of `text` as it stands behind a timestamp."""
        return tuple(self._tokenizer.encode(" " + text.strip()))

    def hot_tokens(self, words: Sequence[str]) -> tuple[int, ...]:
        """A prompt of whole words that fits into `PROMPT_TOKENS`."""
        tokens: list[int] = []
        for place, word in enumerate(words):
            more = self._tokenizer.encode((" " if place == 0 else ", ") + word.strip())
            if len(tokens) + len(more) >= PROMPT_TOKENS:
                break
            tokens += more
        return (*tokens, *self._tokenizer.encode(".")) if tokens else ()
