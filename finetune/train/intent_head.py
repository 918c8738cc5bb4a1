"""Trains the intent head: multinomial logistic regression on MiniLM's vectors, its strength and its threshold
for "none of these" set on validation data."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.dialogue.embeddings import Vectors
from agent.dialogue.intent_head import NONE, IntentHead
from finetune.data.errors import DataError
from finetune.data.utterances import Utterance

STRENGTHS = (3.0, 10.0, 30.0, 100.0)
"""Inverse regularisation to choose from, by accuracy on validation."""
COST = 0.005
"""In-scope accuracy that the threshold may cost, in exchange for refusing what is none of the intents."""
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Trained:
    head: IntentHead
    strength: float
    validation_accuracy: float
    """In scope, before the threshold."""


def train_head(
    train: Sequence[Utterance],
    vectors: Vectors,
    validation: Sequence[Utterance],
    validation_vectors: Vectors,
    encoder: str,
    progress: Callable[[str], None],
) -> Trained:
    """The best head by validation. Vectors are (utterances, 384). Raises `DataError` for too little data."""
    labels = sorted({utterance.label for utterance in train} - {NONE})
    if len(labels) < FEWEST:
        raise DataError(f"A head tells at least {FEWEST} intents apart; the training data has {len(labels)}.")
    in_scope = np.array([utterance.label != NONE for utterance in validation], bool)
    if not in_scope.any():
        raise DataError("Validation has no utterance of an intent: give more data, or --validation FILE.")
    wanted = np.array([utterance.label for utterance in validation])
    best: Trained | None = None
    for strength in STRENGTHS:
        head = fit(train, vectors, strength, encoder)
        chances = head.probabilities(validation_vectors)
        said = np.array(head.labels)[chances.argmax(axis=1)]
        accuracy = float((said == wanted)[in_scope].mean())
        progress(f"C {strength:g}: {accuracy:.1%} of validation")
        if best is None or accuracy > best.validation_accuracy:
            threshold = choose_threshold(chances.max(axis=1), said == wanted, in_scope)
            chosen = IntentHead(head.labels, head.weights, head.bias, threshold, encoder)
            best = Trained(chosen, strength, accuracy)
    assert best is not None
    return best


def choose_threshold(
    chances: NDArray[np.float64], right: NDArray[np.bool_], in_scope: NDArray[np.bool_]
) -> float:
    """The highest threshold that costs in-scope accuracy at most `COST`, all arrays of (utterances,).

    Refusing is cheap where a caller is asked again, and a wrong answer is not: so as high as that goes.
    """
    kept = np.sort(chances[in_scope & right])
    if not len(kept):
        return 0.0
    may_lose = int(COST * int(in_scope.sum()))
    return float(kept[min(may_lose, len(kept) - 1)])


def fit(train: Sequence[Utterance], vectors: Vectors, strength: float, encoder: str) -> IntentHead:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=400)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectors, [utterance.label for utterance in train])
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row of differences: written as two
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return IntentHead(
        tuple(str(label) for label in model.classes_),
        weights.astype(np.float32),
        bias.astype(np.float32),
        0.0,
        encoder,
    )
