"""Which words of a question carry its matter, and which words the documents know."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.dialogue.claims_words import stem
from agent.dialogue.embeddings import WIDTH, Vectors
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
    """The words of all passages. `vectors` has shape (words, `WIDTH`), a row a word."""

    words: tuple[str, ...] = ()
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, WIDTH), dtype=np.float32))
    counts: Mapping[str, int] = field(default_factory=dict)
    """Stem -> passages that it stands in."""
    passages: int = 0
    _rows: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._rows = {word: row for row, word in enumerate(self.words)}

    def weight(self, word: str) -> float:
        """How much `word` tells one passage from another, in nats: rare words weigh more, and one that isn't
        known as much as one that stands in one passage."""
        among = max(self.passages, FEWEST)
        return math.log((among + 1) / (self.counts.get(stem(word), 1) + 0.5))

    def __contains__(self, word: str) -> bool:
        return stem(word) in self.counts

    def rows(self, words: Iterable[str]) -> Vectors:
        """Vectors of those of `words` that are known, shape (words, `WIDTH`)."""
        return self.vectors[[self._rows[word] for word in words if word in self._rows]]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9][a-z0-9'.]*[a-z0-9]|[a-z0-9]", text.lower().replace("’", "'"))


def content_words(text: str) -> tuple[str, ...]:
    """The words of `text` that carry its matter, each once."""
    return tuple(dict.fromkeys(word for word in words_of(text) if word not in EMPTY))


def passage_words(passage: Passage) -> str:
    """What a passage is looked up by: its headings, its text, the questions it answers."""
    return " ".join((*passage.headings, passage.text, *passage.asked))


def count_words(passages: Sequence[Passage]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The content words of all passages in order, and stem -> passages that it stands in."""
    words: dict[str, None] = {}
    counts: Counter[str] = Counter()
    for passage in passages:
        text = passage_words(passage)
        words.update(dict.fromkeys(content_words(text)))
        counts.update({stem(word) for word in words_of(text)})
    return tuple(words), dict(counts)
