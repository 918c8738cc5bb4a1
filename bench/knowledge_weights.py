"""Finds the weights of relevance on a part of the labelled questions, and shows what each threshold gives.

    python -m bench.knowledge_weights

Prints the weights for agent/dialogue/knowledge_relevance.py, and for thresholds the answers of each part:
weights and threshold are chosen on `a`; `b` and `c` only show what they reach. Needs scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from agent.dialogue.door import load_embedder
from agent.dialogue.knowledge import Knowledge
from agent.dialogue.knowledge_relevance import Asked, answer_places, coverage
from agent.settings import Tree, prepare_process
from bench.knowledge import HALVES, QUESTIONS, Labelled, knowledge_of, labelled

LOOKED_AT = 4
"""Wrong passages of a question that the weights learn from."""
NAMES = ("HEADED", "ALONE", "COVERED", "ELSEWHERE")
THRESHOLDS = (0.4, 0.2, 0.0, -0.2, -0.4, -0.6, -0.8, -1.0, -1.2)


@dataclass(frozen=True, slots=True)
class Seen:
    """A question with its candidates: their features, whether each is the right passage, and whether what
    would be said of it is right."""

    row: Labelled
    features: list[list[float]]
    right: list[bool]
    told: list[bool]


def seen(knowledge: Knowledge, row: Labelled) -> Seen:
    """What the index has on a question, as the weights see it."""
    candidates, vocabulary, meaning = knowledge.candidates(row.question)
    asked = Asked.of(row.question, vocabulary)
    found = Seen(row, [], [], [])
    if asked.vague:
        return found
    for one in candidates:
        covered, elsewhere = coverage(asked, one.passage, vocabulary, meaning)
        said = " ".join(one.passage.statements[place].text for place in answer_places(row.question, one))
        found.features.append([*one.features, covered, elsewhere])
        found.right.append(f"{one.passage.document}#{one.passage.heading}" == row.passage)
        found.told.append(row.passage is not None and row.holds.lower() in said.lower())
    return found


def fitted(rows: Sequence[Seen]) -> LogisticRegression:
    """The regression over the candidates of `rows`; wrong candidates of answerable questions weigh half."""
    features, right, weights = [], [], []
    for one in rows:
        for place, (feature, is_right) in enumerate(zip(one.features, one.right, strict=True)):
            if is_right or place < LOOKED_AT:
                features.append(feature)
                right.append(int(is_right))
                weights.append(0.5 if not is_right and one.row.passage is not None else 1.0)
    return LogisticRegression(C=3.0).fit(np.array(features), np.array(right), sample_weight=weights)


def counts(rows: Sequence[Seen], model: LogisticRegression, threshold: float) -> tuple[int, int, int]:
    """Answered rightly, answered otherwise, near misses answered."""
    right = otherwise = false = 0
    for one in rows:
        if not one.features:
            continue
        scores = model.decision_function(np.array(one.features))
        best = int(np.argmax(scores))
        if scores[best] < threshold:
            continue
        if one.row.passage is None:
            false += 1
        elif one.told[best]:
            right += 1
        else:
            otherwise += 1
    return right, otherwise, false


def main() -> None:
    prepare_process()
    embedder = load_embedder(Tree())
    rows: dict[str, list[Seen]] = {}
    for path in sorted(QUESTIONS.glob("*.tsv")):
        knowledge = knowledge_of(path.stem, embedder)
        rows[path.stem] = [seen(knowledge, row) for row in labelled(path.stem)]
        knowledge.close()
    everything = [one for some in rows.values() for one in some]
    model = fitted([one for one in everything if one.row.half == "a"])
    for name, weight in zip(NAMES, model.coef_[0], strict=True):
        print(f"{name} = {weight:.2f}")
    print(f"BIAS = {model.intercept_[0]:.2f}")
    for half in HALVES:
        mine = [one for one in everything if one.row.half == half]
        answerable = sum(one.row.passage is not None for one in mine)
        print(f"half {half}: {answerable} answerable, {len(mine) - answerable} near misses")
        for threshold in THRESHOLDS:
            print(
                f"  {threshold:5.1f}: right {{}}, otherwise {{}}, false {{}}".format(
                    *counts(mine, model, threshold)
                )
            )


if __name__ == "__main__":
    main()
