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
from finetune.train.intent_head import train_head, with_threshold

if TYPE_CHECKING:
    from finetune.train.sentence_encoder import Tuning

Progress = Callable[[str], None]
LONG = 500
"""Utterances from which a bar is drawn."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One encoder with the head that was trained on its vectors, and its figures on the test."""

    head: IntentHead
    scores: IntentScores
    took_s: float
    strength: float | None = None
    """Inverse regularisation of the head, chosen on validation; None where the encoder learned with it."""
    tuning: dict[str, Any] | None = None
    """How the encoder was tuned; None where it is frozen."""

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "threshold": round(self.head.threshold, 4),
            "test": self.scores.document(),
            "took_s": round(self.took_s),
        }
        return {"C": self.strength, **found} if self.tuning is None else {"tuning": self.tuning, **found}


def frozen(parts: Split, embedder: Embedder, cache: Path, seed: int, progress: Progress) -> Trial:
    """The head on the vectors of the encoder that serves all businesses."""
    began = time.monotonic()
    vectors = [_kept_vectors(embedder, side, cache) for side in (parts.train, parts.validation, parts.test)]
    trained = train_head(parts.train, vectors[0], parts.validation, vectors[1], embedder.identity, progress)
    scores = score(trained.head, parts.test, vectors[2], seed)
    return Trial(trained.head, scores, time.monotonic() - began, trained.strength)


def tuned(parts: Split, settings: Tree, embedder: Embedder, tuning: "Tuning", progress: Progress) -> Trial:
    """The head on the vectors of an encoder that was tuned on the training side; its threshold and figures
    are those of the encoder that is served, with the changes in it.

    Raises `MissingWeights` where the float weights weren't pulled.
    """
    from agent.dialogue.door import EMBEDDER, head_embedder
    from agent.models import require
    from finetune.train.sentence_encoder import WEIGHTS, SentenceEncoder, tune

    began = time.monotonic()
    tokenizer = require(settings.models, EMBEDDER) / "tokenizer.json"
    encoder = SentenceEncoder.load(require(settings.models, WEIGHTS), tokenizer)
    found = tune(encoder, parts.train, parts.validation, tuning, embedder.identity, progress)
    served = head_embedder(settings, found.head)
    assert served is not None
    vectors = [
        served.embed_all([normal(utterance.text) for utterance in side])
        for side in (parts.validation, parts.test)
    ]
    head = with_threshold(found.head, parts.validation, vectors[0])
    scores = score(head, parts.test, vectors[1], tuning.seed)
    about = {**asdict(tuning), "kept_epoch": found.epoch, "validation_by_epoch": list(found.accuracies)}
    return Trial(head, scores, time.monotonic() - began, tuning=about)


def _kept_vectors(embedder: Embedder, utterances: Sequence[Utterance], cache: Path) -> Vectors:
    """Vectors of (utterances, 384), with progress, kept by their hash."""
    texts = [normal(utterance.text) for utterance in utterances]
    return embedder.embed_all(texts, cache, progress=len(texts) > LONG)
