"""How sure it is that a passage answers a question: a sum calibrated on labelled questions. Pure.

Nearness of meaning alone passes what is only near the subject ("How do I clean the camp stove?" beside the
cleaning of the kettle), so words count too: what the question says and the passage doesn't, most of all a
word that the documents know from elsewhere. The weights are a logistic regression's; how they were found,
and what they reach, stands in dev/LOG.md.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.dialogue.claims_words import stem
from agent.dialogue.embeddings import Vectors
from agent.dialogue.knowledge_passages import Passage
from agent.dialogue.knowledge_words import Vocabulary, content_words, passage_words, words_of

HEADED = 5.74
ALONE = 3.61
COVERED = 3.15
ELSEWHERE = -1.20
BIAS = -7.56
MOST_WORDS = 3
"""Words of a question whose meaning is compared; the rarest."""
SAME_FROM, SAME_TO = 0.3, 0.7
"""Nearness of two words: below, they have nothing in common; above, they mean the same."""
LEAST_WEIGHT = 1.6
"""Weight (nats) of a question's words below which it could mean any passage: "the other order"."""
MEASURE_WEIGHT = 0.5
"""What "how long" and its like add to it: "How long does a visit take?" means one passage on visits."""
_MEASURE = re.compile(r"\bhow (?:long|often|fast|far|soon|late|early|old|hot|big|heavy)\b", re.I)
HEAVY = 5.0
"""Weight of a word that counts fully as foreign to a passage, in nats."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer, and how near its statements are to the question (cosines)."""

    passage: Passage
    headed: tuple[float, ...]
    """Of each statement under its heading."""
    alone: tuple[float, ...]
    """Of each statement by itself."""
    asked: tuple[float, ...] = ()
    """Of the questions that its author says it answers."""

    @property
    def features(self) -> tuple[float, float]:
        """The nearest statement's, under its heading and alone; such a question stands for both."""
        return max((*self.headed, *self.asked)), max((*self.alone, *self.asked))


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its relevance: log-odds that it answers."""

    candidate: Candidate
    relevance: float


def judge(
    question: str,
    candidates: Sequence[Candidate],
    vocabulary: Vocabulary,
    meaning: Callable[[str], Vectors],
    floor: float = -math.inf,
) -> list[Judged]:
    """The candidates with their relevance, best first. `meaning` gives a word's vector.

    Those that can't reach `floor`, whatever their words are, are left out.
    """
    asked = Asked.of(question, vocabulary)
    if asked.vague:
        return []
    judged = []
    for one in candidates:
        headed, alone = one.features
        nearness = HEADED * headed + ALONE * alone + BIAS
        if nearness + COVERED >= floor:
            covered, elsewhere = coverage(asked, one.passage, vocabulary, meaning)
            judged.append(Judged(one, nearness + COVERED * covered + ELSEWHERE * elsewhere))
    return sorted(judged, key=lambda one: -one.relevance)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks about: its content words with their weights (nats)."""

    weights: Mapping[str, float]
    measure: bool = False
    """Whether it asks how long, how far or the like."""

    @classmethod
    def of(cls, question: str, vocabulary: Vocabulary) -> "Asked":
        weights = {word: vocabulary.weight(word) for word in content_words(question)}
        ordered = dict(sorted(weights.items(), key=lambda item: -item[1]))
        return cls(ordered, _MEASURE.search(question) is not None)

    @property
    def weight(self) -> float:
        return sum(self.weights.values())

    @property
    def vague(self) -> bool:
        """Whether it could mean any passage."""
        return self.weight < LEAST_WEIGHT - (MEASURE_WEIGHT if self.measure else 0.0)

    @property
    def rarest(self) -> tuple[str, ...]:
        """The words whose meaning is compared where a passage doesn't have them."""
        return tuple(self.weights)[:MOST_WORDS]


def coverage(
    asked: Asked, passage: Passage, vocabulary: Vocabulary, meaning: Callable[[str], Vectors]
) -> tuple[float, float]:
    """How much of the question's weight the passage has (0..1), and the weight (0..1) of the heaviest word
    that other passages have and this one hasn't."""
    text = passage_words(passage)
    stems = {stem(word) for word in words_of(text)}
    missing = [word for word in asked.weights if stem(word) not in stems]
    covered = asked.weight - sum(asked.weights[word] for word in missing)
    own = vocabulary.rows(content_words(text))
    for word in missing:
        if word in asked.rarest and len(own):
            near = float((own @ meaning(word)).max())
            same = float(np.clip((near - SAME_FROM) / (SAME_TO - SAME_FROM), 0, 1))
            covered += asked.weights[word] * same
    elsewhere = max((asked.weights[word] for word in missing if word in vocabulary), default=0.0)
    return covered / asked.weight, min(elsewhere / HEAVY, 1.0)


_LEANS = re.compile(
    r"(?:but|however|it|it's|its|they|they're|their|them|this|that|these|those|he|she|then|there|also|so|"
    r"otherwise|instead|after that|until then|such|the same|the rest|for all others|if not)\b",
    re.I,
)
"""How a sentence begins that means little without the one before it."""
_LIMITS = re.compile(
    r"(?:but|however|except|only|unless|it isn't|they aren't|this isn't|it doesn't|not)\b", re.I
)
"""How a sentence begins that limits the one before it."""
_WANTS_NUMBER = re.compile(
    r"\b(?:how (?:long|much|many|often|fast|big|hot|old|far|soon|late)|what time)\b", re.I
)
NUMBER_BONUS = 0.08
"""Nearness that a number is worth where one is asked for."""
ALSO = 0.2
"""How far behind the nearest a second statement may be to be said too."""
LONGEST_ANSWER = 45
"""Words of two statements that are said together."""


def answer_places(question: str, candidate: Candidate) -> tuple[int, ...]:
    """Which one or two statements of the passage answer, in their order."""
    statements = candidate.passage.statements
    wants = _WANTS_NUMBER.search(question) is not None
    scores = [
        (headed + alone) / 2 + (NUMBER_BONUS if wants and re.search(r"\d", statement.text) else 0.0)
        for headed, alone, statement in zip(candidate.headed, candidate.alone, statements, strict=True)
    ]
    best = max(range(len(scores)), key=lambda place: scores[place])
    if best > 0 and _LEANS.match(statements[best].text):
        return best - 1, best
    if best + 1 < len(statements) and _LIMITS.match(statements[best + 1].text):
        return best, best + 1
    words = [len(statement.text.split()) for statement in statements]
    others = [
        place
        for place in range(len(scores))
        if place != best
        and scores[place] >= scores[best] - ALSO
        and words[place] + words[best] <= LONGEST_ANSWER
        and (place == best + 1 or not _LEANS.match(statements[place].text))
    ]
    if not others:
        return (best,)
    second = max(others, key=lambda place: scores[place])
    return min(best, second), max(best, second)
