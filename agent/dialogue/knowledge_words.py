"""Which words of a question carry its matter, and which words the documents know."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.dialogue.claims_words import stem
from agent.dialogue.knowledge_passages import Passage

EMPTY = frozenset(
    "a an the and or but if of to in on at for with without by from as about into over under than then that "
    "this these those there here it its it's he she they them his her we us our you your i me my mine is are "
    "was were be been being am do does did done doing have has had having can could will would shall should "
    "may might must need not no yes so too very just also only ever still already yet again please tell know "
    "get got give go goes going come comes want like let's lets what what's which who whom whose when where "
    "why how much many long often any some something anything someone anyone thing things one ones two okay "
    "ok hi hello hey well um uh now up out off down more most other another same such own way i'm i've i'd "
    "i'll you're don't can't isn't doesn't won't didn't aren't when's where's possible happen happens take "
    "takes put make makes made use used using work works day days back new".split()
)
"""Words that stand in questions about anything."""
FEWEST = 50
"""Passages that words are weighed among, where there are fewer."""


@dataclass(slots=True)
class Vocabulary:
    """The words of all passages."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """Stem -> passages that it stands in."""
    passages: int = 0

    def weight(self, word: str) -> float:
        """How much `word` tells one passage from another, in nats: rare words weigh more, and one that isn't
        known as much as one that stands in one passage."""
        among = max(self.passages, FEWEST)
        return math.log((among + 1) / (self.counts.get(stem(word), 1) + 0.5))

    def __contains__(self, word: str) -> bool:
        return stem(word) in self.counts


_WORD = re.compile(r"[a-z0-9][a-z0-9'.]*[a-z0-9]|[a-z0-9]", re.I | re.A)


def words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text.replace("’", "'"))]


def content_words(text: str) -> tuple[str, ...]:
    """The words of `text` that carry its matter, each once."""
    return tuple(content_places(text))


def content_places(text: str) -> dict[str, tuple[int, int]]:
    """The content words of `text`, with the start and the end of the first of each."""
    places: dict[str, tuple[int, int]] = {}
    for match in _WORD.finditer(text.replace("’", "'")):
        word = match[0].lower()
        if word not in EMPTY:
            places.setdefault(word, match.span())
    return places


def passage_words(passage: Passage) -> str:
    """What a passage is looked up by: its headings, its text, the questions it answers."""
    return " ".join((*passage.headings, passage.text, *passage.asked))


def vocabulary(passages: Sequence[Passage]) -> Vocabulary:
    """The words of `passages`."""
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update({stem(word) for word in words_of(passage_words(passage))})
    return Vocabulary(dict(counts), len(passages))
