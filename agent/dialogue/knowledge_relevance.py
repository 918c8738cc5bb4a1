"""How sure it is that a passage answers a question: a sum calibrated on labelled questions. Pure.

Nearness of meaning alone passes what is only near the subject ("How do I clean the camp stove?" beside the
cleaning of the kettle), so words count too: what the question says and the passage doesn't, most of all a
word that the documents know from elsewhere. The weights are a logistic regression's; how they were found,
and what they reach, stands in dev/LOG.md.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.dialogue.claims_words import stem
from agent.dialogue.embeddings import Vectors
from agent.dialogue.knowledge_passages import Passage
from agent.dialogue.knowledge_words import Vocabulary, content_words, passage_words, words_of

NEARNESS = 4.8
COVERED = 3.9
ELSEWHERE = -1.2
BIAS = -5.3
NOT_NEAR = 0.25
"""Nearness below which no word is looked at: it can't be relevant any more."""
MOST_WORDS = 4
"""Words of a question whose meaning is compared; the rarest."""
SAME_FROM, SAME_TO = 0.3, 0.7
"""Nearness of two words: below, they have nothing in common; above, they mean the same."""
LEAST_WEIGHT = 2.0
"""Weight (nats) of a question's words below which it could mean any passage: "the other order"."""
HEAVY = 5.0
"""Weight of a word that counts fully as foreign to a passage, in nats."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer, and how near each of its statements is to the question (cosine)."""

    passage: Passage
    nearness: tuple[float, ...]


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
) -> list[Judged]:
    """The candidates with their relevance, best first. `meaning` gives a word's vector."""
    asked = content_words(question)
    if sum(vocabulary.weight(word) for word in asked) < LEAST_WEIGHT:
        return []
    judged = [
        Judged(one, relevance(asked, one, vocabulary, meaning))
        for one in candidates
        if max(one.nearness) >= NOT_NEAR
    ]
    return sorted(judged, key=lambda one: -one.relevance)


def relevance(
    asked: Sequence[str], candidate: Candidate, vocabulary: Vocabulary, meaning: Callable[[str], Vectors]
) -> float:
    """Log-odds that the passage answers a question of the content words `asked`."""
    covered, elsewhere = coverage(asked, candidate.passage, vocabulary, meaning)
    return NEARNESS * max(candidate.nearness) + COVERED * covered + ELSEWHERE * elsewhere + BIAS


def coverage(
    asked: Sequence[str], passage: Passage, vocabulary: Vocabulary, meaning: Callable[[str], Vectors]
) -> tuple[float, float]:
    """How much of the question's weight the passage has (0..1), and the weight (0..1) of the heaviest word
    that other passages have and this one hasn't."""
    text = passage_words(passage)
    stems = {stem(word) for word in words_of(text)}
    weights = {word: vocabulary.weight(word) for word in asked}
    missing = sorted((word for word in asked if stem(word) not in stems), key=lambda word: -weights[word])
    total = sum(weights.values())
    if total <= 0:
        return 0.0, 0.0
    covered = sum(weights[word] for word in asked if word not in missing)
    own = vocabulary.rows(content_words(text))
    for word in missing[:MOST_WORDS]:
        if len(own):
            near = float((own @ meaning(word)).max())
            covered += weights[word] * float(np.clip((near - SAME_FROM) / (SAME_TO - SAME_FROM), 0, 1))
    elsewhere = max((weights[word] for word in missing if word in vocabulary), default=0.0)
    return covered / total, min(elsewhere / HEAVY, 1.0)


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
ALSO = 0.06
"""How far behind the nearest a second statement may be to be said too."""
LONGEST_ANSWER = 45
"""Words of two statements that are said together."""


def answer_places(question: str, candidate: Candidate) -> tuple[int, ...]:
    """Which one or two statements of the passage answer, in their order."""
    statements = candidate.passage.statements
    wants = _WANTS_NUMBER.search(question) is not None
    scores = [
        near + (NUMBER_BONUS if wants and re.search(r"\d", statement.text) else 0.0)
        for near, statement in zip(candidate.nearness, statements, strict=True)
    ]
    best = max(range(len(scores)), key=lambda place: scores[place])
    if best > 0 and _LEANS.match(statements[best].text):
        return best - 1, best
    if best + 1 < len(statements) and _LIMITS.match(statements[best + 1].text):
        return best, best + 1
    others = [place for place in (best - 1, best + 1) if 0 <= place < len(scores)]
    if others:
        second = max(others, key=lambda place: scores[place])
        length = len(statements[best].text.split()) + len(statements[second].text.split())
        leans = second < best or not _LEANS.match(statements[min(second, best)].text)
        if scores[second] >= scores[best] - ALSO and length <= LONGEST_ANSWER and leans:
            return min(best, second), max(best, second)
    return (best,)
