"""How well an intent head does on utterances that it never saw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from agent.dialogue.embeddings import Vectors
from agent.dialogue.intent_head import NONE, IntentHead
from finetune.data.utterances import Utterance

DRAWS = 1000
"""Bootstrap samples of a confidence interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `count`, with its 95 % interval by bootstrap."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class IntentScores:
    accuracy: Share
    """In scope, as the agent answers: above the threshold and right."""
    accuracy_without_threshold: Share
    out_of_scope_recall: Share | None
    """Of utterances that are none of the intents, how many are taken as that; None where there are none."""
    mistaken: tuple[tuple[str, str, int], ...]
    """The commonest (meant, taken for, how often)."""

    def document(self) -> dict[str, Any]:
        return asdict(self)


def score(head: IntentHead, utterances: Sequence[Utterance], vectors: Vectors, seed: int) -> IntentScores:
    """Scores of a head; `vectors` are (utterances, 384)."""
    chances = head.probabilities(vectors)
    best = np.array(head.labels)[chances.argmax(axis=1)]
    refused = (chances.max(axis=1) < head.threshold) | (best == NONE)
    meant = np.array([utterance.label for utterance in utterances])
    outside = meant == NONE
    right = (best == meant) & ~refused
    wrong = Counter(
        (str(label), NONE if no else str(taken))
        for label, taken, no in zip(meant, best, refused, strict=True)
        if label != NONE and (no or taken != label)
    )
    return IntentScores(
        share(right[~outside], seed),
        share((best == meant)[~outside], seed),
        share(refused[outside], seed) if outside.any() else None,
        tuple((label, taken, count) for (label, taken), count in wrong.most_common(10)),
    )


def share(hits: np.ndarray, seed: int) -> Share:
    """Share of True in `hits`, shape (n,)."""
    if not len(hits):
        return Share(0.0, 0.0, 0.0, 0)
    draws = np.random.default_rng(seed).binomial(len(hits), hits.mean(), DRAWS) / len(hits)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Share(round(float(hits.mean()), 4), round(float(low), 4), round(float(high), 4), len(hits))
