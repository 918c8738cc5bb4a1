"""How sure it is that a passage answers a question: a sum calibrated on labelled questions.

A passage is near as a whole (its middle), in its nearest statement, and word by word: each word of the
question has a meaning that depends on the words around it, and so has each word of the passage; the word that
is found least counts once more. The nearness of the question's content words alone is taken off: it's high
for whatever only shares the subject ("How do I clean the camp stove?" beside the cleaning of the kettle). The
weights are a logistic regression's; how they were found, and what they reach, stands in
dev/LOG.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.dialogue.claims_words import stem
from agent.dialogue.embeddings import Embedder, Vectors
from agent.dialogue.knowledge_passages import Passage
from agent.dialogue.knowledge_words import Vocabulary, content_places, passage_words, words_of

ALONE = 4.57
COVERED = 2.48
MIDDLE = 8.16
MATTER = -5.62
LEAST = 1.39
BIAS = -6.77
"""The regression's, less 0.6: callers ask what stands in no document more often than the labelled questions
do, and what is only near is worse than nothing."""
SAME_FROM, SAME_TO = 0.2, 0.6
"""Nearness of two words: below, they have nothing in common; above, they mean the same."""
LEAST_WEIGHT = 1.6
"""Weight (nats) of a question's words below which it could mean any passage: "the other order"."""
MEASURE_WEIGHT = 0.5
"""What "how long" and its like add to it: "How long does a visit take?" means one passage on visits."""
_MEASURE = re.compile(r"\bhow (?:long|often|fast|far|soon|late|early|old|hot|big|heavy)\b", re.I)


@dataclass(frozen=True, slots=True)
class Question:
    """A caller's words, as passages are compared with them."""

    text: str
    vector: Vectors
    """Of the whole, unit."""
    matter: Vectors
    """Of its content words alone, unit."""
    words: tuple[str, ...]
    """Its content words."""
    states: Vectors
    """What each of them means in the question, shape (words, WIDTH)."""

    @classmethod
    def of(cls, text: str, embedder: Embedder) -> "Question":
        places = content_places(text)
        read = embedder.read(text, tuple(places.values()))
        matter = embedder.embed(" ".join(places)) if places else read[0]
        return cls(text, read[0], matter, tuple(places), read[1:])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer, and how near it is to the question (cosines)."""

    passage: Passage
    headed: tuple[float, ...]
    """Of each statement under its heading."""
    alone: tuple[float, ...]
    """Of each statement by itself."""
    asked: tuple[float, ...] = ()
    """Of the questions that its author says it answers."""
    middle: float = 0.0
    """Of the middle of all that it says and answers."""
    matter: float = 0.0
    """The same, to the question's content words alone."""
    words: Mapping[str, float] = field(default_factory=dict)
    """Of each content word of the question, to the nearest word of the passage."""

    @property
    def nearest(self) -> float:
        """The nearest statement's, alone; a question that its author wrote stands for one."""
        return max((*self.alone, *self.asked))


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its relevance: log-odds that it answers."""

    candidate: Candidate
    relevance: float


def judge(question: str, candidates: Sequence[Candidate], vocabulary: Vocabulary) -> list[Judged]:
    """The candidates with their relevance, best first; none where `question` could mean any passage."""
    asked = Asked.of(question, vocabulary)
    if asked.vague:
        return []
    judged = [Judged(one, relevance(features(asked, one))) for one in candidates]
    return sorted(judged, key=lambda one: -one.relevance)


def features(asked: "Asked", candidate: Candidate) -> tuple[float, ...]:
    """What the weights `ALONE`, `COVERED`, `MIDDLE`, `MATTER` and `LEAST` are of."""
    least = min(candidate.words.values(), default=0.0)
    return candidate.nearest, coverage(asked, candidate), candidate.middle, candidate.matter, least


def relevance(values: Sequence[float]) -> float:
    """Log-odds that a passage of these `features` answers."""
    weights = (ALONE, COVERED, MIDDLE, MATTER, LEAST)
    return BIAS + sum(weight * value for weight, value in zip(weights, values, strict=True))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks about: its content words with their weights (nats)."""

    weights: Mapping[str, float]
    measure: bool = False
    """Whether it asks how long, how far or the like."""

    @classmethod
    def of(cls, question: str, vocabulary: Vocabulary) -> "Asked":
        weights = {word: vocabulary.weight(word) for word in content_places(question)}
        return cls(weights, _MEASURE.search(question) is not None)

    @property
    def weight(self) -> float:
        return sum(self.weights.values())

    @property
    def vague(self) -> bool:
        """Whether it could mean any passage."""
        return self.weight < LEAST_WEIGHT - (MEASURE_WEIGHT if self.measure else 0.0)


def coverage(asked: Asked, candidate: Candidate) -> float:
    """How much of the question's weight the passage has (0..1); a word that is only near counts in part."""
    stems = {stem(word) for word in words_of(passage_words(candidate.passage))}
    covered = 0.0
    for word, weight in asked.weights.items():
        near = (candidate.words.get(word, 0.0) - SAME_FROM) / (SAME_TO - SAME_FROM)
        covered += weight * (1.0 if stem(word) in stems else float(np.clip(near, 0, 1)))
    return covered / asked.weight


_LEANS = re.compile(
    r"(?:but|however|it|it's|its|they|they're|their|them|this|that|these|those|he|she|then|also|so|"
    r"there(?! (?:is|are|was|were)\b|'s)|otherwise|instead|after that|until then|such|the same|the rest|"
    r"for all others|if not|(?:if|everything|anything|turning) (?:only|else|it)|"
    r"(?:after )?the (?:first|second|third|other))\b",
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
