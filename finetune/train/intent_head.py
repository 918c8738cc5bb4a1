"""Trains the intent head: multinomial logistic regression on MiniLM's vectors, its strength and its threshold
for "none of these" set on validation data."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
            best = Trained(with_threshold(head, validation, validation_vectors), strength, accuracy)
    assert best is not None
    return best


def with_threshold(head: IntentHead, validation: Sequence[Utterance], vectors: Vectors) -> IntentHead:
    """The head with the threshold that validation asks for; vectors are (utterances, 384)."""
    chances = head.probabilities(vectors)
    said = np.array(head.labels)[chances.argmax(axis=1)]
    wanted = np.array([utterance.label for utterance in validation])
    threshold = choose_threshold(chances.max(axis=1), said == wanted, wanted != NONE)
    return replace(head, threshold=threshold)


def choose_threshold(
    chances: NDArray[np.float64], right: NDArray[np.bool_], in_scope: NDArray[np.bool_]
) -> float:
    """The middle of the thresholds under which the most of validation is answered right, none of the intents
    among it; all arrays are of (utterances,).

    Where validation has nothing that is none of the intents, the highest threshold that costs at most `COST`:
    refusing is cheap where a caller is asked again, and a wrong answer is not.
    """
    kept = np.sort(chances[in_scope & right])
    if not len(kept):
        return 0.0
    if in_scope.all():
        return float(kept[min(int(COST * len(chances)), len(kept) - 1)])
    steps = np.concatenate([[0.0], np.sort(chances)])
    found = np.array([np.where(chances < step, ~in_scope, right).sum() for step in steps])
    best = np.flatnonzero(found == found.max())
    last = best[np.append(np.diff(best) > 1, True)][0]  # the end of the first run
    return float((steps[best[0]] + steps[last]) / 2)


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
