"""A head on the frozen encoder and one on a tuned encoder, on the same split and by the same procedure."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.dialogue.embeddings import Embedder, Vectors
from agent.dialogue.intent_head import IntentHead
from agent.dialogue.intents import normal
from agent.settings import Tree
from finetune.data.utterances import Split, Utterance
from finetune.evaluate.intents import IntentScores, score
from finetune.train.intent_head import train_head

if TYPE_CHECKING:
    from finetune.train.sentence_encoder import Tuning

Progress = Callable[[str], None]
LONG = 500
"""Utterances from which a bar is drawn."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One encoder with the head that was trained on its vectors, and its figures on the test."""

    head: IntentHead
    strength: float
    """Inverse regularisation of the head, chosen on validation."""
    scores: IntentScores
    took_s: float
    tuning: dict[str, Any] | None = None
    """How the encoder was tuned; None where it is frozen."""

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "C": self.strength,
            "threshold": round(self.head.threshold, 4),
            "test": self.scores.document(),
            "took_s": round(self.took_s),
        }
        return found if self.tuning is None else {"tuning": self.tuning, **found}


def frozen(parts: Split, embedder: Embedder, cache: Path, seed: int, progress: Progress) -> Trial:
    """The head on the vectors of the encoder that serves all businesses."""
    began = time.monotonic()
    vectors = [_kept_vectors(embedder, side, cache) for side in (parts.train, parts.validation, parts.test)]
    return _trial(parts, vectors, embedder.identity, seed, progress, began)


def tuned(parts: Split, settings: Tree, tuning: "Tuning", progress: Progress) -> Trial:
    """The head on the vectors of an encoder that was tuned on the training side.

    Raises `MissingWeights` where the float weights weren't pulled.
    """
    from agent.dialogue.door import EMBEDDER
    from agent.models import require
    from finetune.train.sentence_encoder import WEIGHTS, SentenceEncoder, tune

    began = time.monotonic()
    tokenizer = require(settings.models, EMBEDDER) / "tokenizer.json"
    encoder = SentenceEncoder.load(require(settings.models, WEIGHTS), tokenizer)
    found = tune(encoder, parts.train, parts.validation, tuning, progress)
    vectors = [
        encoder.embed_all([utterance.text for utterance in side])
        for side in (parts.train, parts.validation, parts.test)
    ]
    about = {**asdict(tuning), "kept_epoch": found.epoch, "validation_by_epoch": list(found.accuracies)}
    return _trial(parts, vectors, encoder.identity, tuning.seed, progress, began, about)


def _trial(
    parts: Split,
    vectors: Sequence[Vectors],
    encoder: str,
    seed: int,
    progress: Progress,
    began: float,
    tuning: dict[str, Any] | None = None,
) -> Trial:
    trained = train_head(parts.train, vectors[0], parts.validation, vectors[1], encoder, progress)
    scores = score(trained.head, parts.test, vectors[2], seed)
    return Trial(trained.head, trained.strength, scores, time.monotonic() - began, tuning)


def _kept_vectors(embedder: Embedder, utterances: Sequence[Utterance], cache: Path) -> Vectors:
    """Vectors of (utterances, 384), with progress, kept by their hash."""
    texts = [normal(utterance.text) for utterance in utterances]
    return embedder.embed_all(texts, cache, progress=len(texts) > LONG)
