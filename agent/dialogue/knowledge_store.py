"""Where passages are kept and looked up; the same for every kind of database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agent.dialogue.embeddings import WIDTH, Embedder, Vectors
from agent.dialogue.knowledge_passages import Passage, Statement
from agent.dialogue.knowledge_relevance import Candidate
from agent.dialogue.knowledge_words import Vocabulary, count_words
from agent.settings import UserError

FORMAT = "5"
"""Of an index; another one is made anew."""
NEAREST = 24
"""Passages that are looked up by meaning."""
FITTING = 8
"""Passages that are looked up by words."""
CANDIDATES = 8
RANK_OFFSET = 60
"""Of reciprocal rank fusion, as its authors set it (Cormack, Clarke and Buettcher, SIGIR 2009)."""
Shown = Callable[[Sequence[str]], Iterable[str]]
"""Goes through texts and shows how far it is."""


class KnowledgeError(UserError):
    """The index can't be made or read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that an index is made of. Vectors have `WIDTH` columns and a row an item."""

    fingerprint: str
    passages: tuple[Passage, ...]
    vectors: Vectors
    """Of all statements under their headings, passage by passage."""
    alone: Vectors
    """Of the same statements by themselves."""
    asked: Vectors
    """Of the questions that passages answer, passage by passage."""
    vocabulary: Vocabulary


class PassageStore(Protocol):
    """An index of one business. Methods block; they may be called from several threads."""

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        ...

    def check(self, fingerprint: str) -> bool:
        """Whether a whole index of just these documents is there; if so, no other is read from then on."""
        ...

    def known(self, fingerprint: str) -> dict[str, Vectors]:
        """The vectors that stand in it, by their text, where they are of the same weights."""
        ...

    def write(self, contents: Contents) -> None:
        """Takes the place of what was there, whole or not at all. Raises `KnowledgeError`."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Raises `KnowledgeError`, as `candidates` does, where the index isn't the one that was last written
        or checked: another program has put its own there."""
        ...

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Candidate]:
        """The passages that lie nearest to a question's unit `vector` or have most of its `words`."""
        ...

    def close(self) -> None: ...


def statement_text(heading: str, text: str) -> str:
    """What the vector of a statement is made of: it's about what its heading says."""
    return f"{heading}. {text}" if heading else text


def contents(
    fingerprint: str,
    passages: Sequence[Passage],
    embedder: Embedder,
    known: Mapping[str, Vectors],
    shown: Shown,
) -> Contents:
    """Makes the vectors of `passages` that aren't `known` by their text."""
    texts = [statement_text(one.heading, statement.text) for one in passages for statement in one.statements]
    alone = [statement.text for one in passages for statement in one.statements]
    asked = [question for one in passages for question in one.asked]
    words, counts = count_words(passages)
    made = dict(known)
    missing = [text for text in dict.fromkeys((*texts, *alone, *asked, *words)) if text not in made]
    for text in shown(missing):
        made[text] = embedder.embed(text)

    def vectors(items: Sequence[str]) -> Vectors:
        return np.stack([made[text] for text in items]) if items else np.zeros((0, WIDTH), dtype=np.float32)

    vocabulary = Vocabulary(words, vectors(words), counts, len(passages))
    return Contents(fingerprint, tuple(passages), vectors(texts), vectors(alone), vectors(asked), vocabulary)


def weights_of(fingerprint: str) -> str:
    """The part of a fingerprint that tells the format and the weights: vectors of the same are the same."""
    return fingerprint.rpartition("-")[0]


def fused(*rankings: Sequence[int]) -> list[int]:
    """Ids of several rankings, best first, by reciprocal rank."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, one in enumerate(dict.fromkeys(ranking)):
            scores[one] = scores.get(one, 0.0) + 1 / (RANK_OFFSET + place + 1)
    return sorted(scores, key=lambda one: -scores[one])


@dataclass(frozen=True, slots=True)
class Item:
    """A passage with its vectors, a row a statement and a row a question."""

    passage: Passage
    headed: Vectors
    alone: Vectors
    asked: Vectors

    @property
    def middle(self) -> Vectors:
        """The unit vector between what it says and what it answers, shape (`WIDTH`,)."""
        mean = np.concatenate([self.headed, self.asked]).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)

    def candidate(self, vector: Vectors) -> Candidate:
        """How near it is to a question's unit vector."""
        near = (tuple(float(one) for one in part @ vector) for part in (self.headed, self.alone, self.asked))
        return Candidate(self.passage, *near)

    def known(self) -> Iterator[tuple[str, Vectors]]:
        """Its vectors by their texts."""
        said = [statement.text for statement in self.passage.statements]
        yield from zip(
            (statement_text(self.passage.heading, text) for text in said), self.headed, strict=True
        )
        yield from zip(said, self.alone, strict=True)
        yield from zip(self.passage.asked, self.asked, strict=True)

    def row(self) -> dict[str, Any]:
        """As it's stored: texts, and vectors as bytes."""
        return {
            "document": self.passage.document,
            "headings": json.dumps(self.passage.headings),
            "statements": json.dumps([[one.line, one.text] for one in self.passage.statements]),
            "asked": json.dumps(self.passage.asked),
            "headed": to_bytes(self.headed),
            "alone": to_bytes(self.alone),
            "questions": to_bytes(self.asked),
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Item":
        """What `row` has made."""
        said = tuple(Statement(text, line) for line, text in json.loads(row["statements"]))
        headings, asked = (tuple(json.loads(row[name])) for name in ("headings", "asked"))
        vectors = (from_bytes(bytes(row[name])) for name in ("headed", "alone", "questions"))
        return cls(Passage(row["document"], headings, said, asked), *vectors)


STORED = ("document", "headings", "statements", "asked", "headed", "alone", "questions")
"""The columns of an item."""


def items(contents: Contents) -> Iterator[Item]:
    """The passages with their own vectors."""
    said = questions = 0
    for passage in contents.passages:
        end, last = said + len(passage.statements), questions + len(passage.asked)
        yield Item(
            passage, contents.vectors[said:end], contents.alone[said:end], contents.asked[questions:last]
        )
        said, questions = end, last


def to_bytes(vectors: Vectors) -> bytes:
    """Unit vectors as 8-bit whole numbers, one behind the other."""
    return np.clip(np.rint(vectors * 127), -127, 127).astype(np.int8).tobytes()


def from_bytes(blob: bytes) -> Vectors:
    """The vectors of `to_bytes`, to 1/127, a row each."""
    return np.frombuffer(blob, dtype=np.int8).astype(np.float32).reshape(-1, WIDTH) / np.float32(127)
