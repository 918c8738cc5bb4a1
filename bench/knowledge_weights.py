"""Finds the weights of relevance on a part of the labelled questions, and shows what each threshold gives.

    python -m bench.knowledge_weights

Prints the weights for agent/dialogue/knowledge_relevance.py, and for thresholds the answers of each part:
weights are found on `a` and `d`, `b` and `c` only show what they reach; each also where the weights are found
without the business that is asked. Sentences of out-of-scope callers (`strange`) must find nothing. Needs
scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from agent.dialogue.door import load_embedder
from agent.dialogue.knowledge import Knowledge
from agent.dialogue.knowledge_relevance import Asked, answer_places, features
from agent.settings import Tree, prepare_process
from bench.knowledge import HALVES, QUESTIONS, Labelled, knowledge_of, labelled

LOOKED_AT = 4
"""Wrong passages of a question that the weights learn from."""
LEARNT = ("a", "d")
"""The parts that the weights are found on."""
NAMES = ("ALONE", "COVERED", "MIDDLE", "MATTER", "LEAST")
THRESHOLDS = (0.4, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3, -0.4, -0.6, -0.8)


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
    candidates, vocabulary = knowledge.candidates(row.question)
    asked = Asked.of(row.question, vocabulary)
    found = Seen(row, [], [], [])
    if asked.vague:
        return found
    for one in candidates:
        said = " ".join(one.passage.statements[place].text for place in answer_places(row.question, one))
        found.features.append(list(features(asked, one)))
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
    return LogisticRegression(C=100.0, max_iter=1000).fit(
        np.array(features), np.array(right), sample_weight=weights
    )


def scores(rows: Sequence[Seen], model: LogisticRegression) -> list[tuple[Seen, float, int]]:
    """Of each question the relevance of its best passage, and which of its candidates that is."""
    found = []
    for one in rows:
        if one.features:
            told = model.decision_function(np.array(one.features))
            found.append((one, float(told.max()), int(np.argmax(told))))
    return found


def counts(scored: Sequence[tuple[Seen, float, int]], threshold: float) -> str:
    """Answered rightly, answered otherwise, near misses answered."""
    said = [(one, best) for one, score, best in scored if score >= threshold]
    right = sum(one.told[best] for one, best in said)
    false = sum(one.row.passage is None for one, _ in said)
    return f"right {right}, otherwise {len(said) - right - false}, false {false}"


def strange(knowledge: Knowledge) -> list[Seen]:
    """What out-of-scope callers of the shop say."""
    lines = (QUESTIONS.parent / "heldout_intents.tsv").read_text("utf-8").splitlines()
    texts = [line.split("\t")[1] for line in lines if line.startswith("-")]
    return [seen(knowledge, Labelled("strange", None, "", text)) for text in texts]


def shown(name: str, scored: Sequence[tuple[Seen, float, int]]) -> None:
    answerable = sum(one.row.passage is not None for one, _, _ in scored)
    print(f"{name}: {answerable} answerable, {len(scored) - answerable} that nothing answers")
    for threshold in THRESHOLDS:
        print(f"  {threshold:5.1f}: {counts(scored, threshold)}")


def main() -> None:
    prepare_process()
    embedder = load_embedder(Tree())
    rows: dict[str, list[Seen]] = {}
    for path in sorted(QUESTIONS.glob("*.tsv")):
        knowledge = knowledge_of(path.stem, embedder)
        rows[path.stem] = [seen(knowledge, row) for row in labelled(path.stem)]
        if path.stem == "shop":
            rows[path.stem] += strange(knowledge)
        knowledge.close()
    everything = [one for some in rows.values() for one in some]
    model = fitted([one for one in everything if one.row.half in LEARNT])
    for name, weight in zip(NAMES, model.coef_[0], strict=True):
        print(f"{name} = {weight:.2f}")
    print(f"BIAS = {model.intercept_[0]:.2f}")
    apart = []
    for business, some in rows.items():
        others = [one for name, these in rows.items() if name != business for one in these]
        apart += scores(some, fitted([one for one in others if one.row.half in LEARNT]))
    for half in (*LEARNT, *HALVES[1:], "strange"):
        shown(f"part {half}", scores([one for one in everything if one.row.half == half], model))
        shown("  its business left out", [one for one in apart if one[0].row.half == half])


if __name__ == "__main__":
    main()
