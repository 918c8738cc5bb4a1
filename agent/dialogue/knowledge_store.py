"""Where passages are kept and looked up; the same for every kind of database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agent.dialogue.embeddings import WIDTH, Embedder, Vectors
from agent.dialogue.knowledge_passages import Passage, Statement
from agent.dialogue.knowledge_relevance import Candidate, Question
from agent.dialogue.knowledge_words import Vocabulary, content_places, content_words, vocabulary
from agent.settings import UserError

FORMAT = "6"
"""Of an index; another one is made anew. It's another one too where other words are content words."""
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
    words: tuple[Vectors, ...]
    """Of each passage the content words of its statements under their heading and of its questions, as they
    are meant there; text by text."""
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
        """What stands in it, where it's of the same weights: of a text its vector, and behind it those of its
        content words, where they were read; shape (1 + words, `WIDTH`)."""
        ...

    def write(self, contents: Contents) -> None:
        """Takes the place of what was there, whole or not at all. Raises `KnowledgeError`."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Raises `KnowledgeError`, as `candidates` does, where the index isn't the one that was last written
        or checked: another program has put its own there."""
        ...

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list["Item"]:
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
    texts = [text for one in passages for text in headed_texts(one)]
    alone = [statement.text for one in passages for statement in one.statements]
    asked = [question for one in passages for question in one.asked]
    read = dict.fromkeys((*texts, *asked))
    made = dict(known)
    missing = [text for text in read if text not in made or len(made[text]) <= len(content_words(text))]
    missing += [text for text in dict.fromkeys(alone) if text not in made and text not in read]
    for text in shown(missing):
        places = tuple(content_places(text).values()) if text in read else ()
        made[text] = embedder.read(text, places)

    def vectors(items: Sequence[str]) -> Vectors:
        return np.stack([made[text][0] for text in items]) if items else _none()

    words = tuple(
        np.concatenate([_none(), *(made[text][1:] for text in (*headed_texts(one), *one.asked))])
        for one in passages
    )
    known_words = vocabulary(passages)
    return Contents(
        fingerprint, tuple(passages), vectors(texts), vectors(alone), vectors(asked), words, known_words
    )


def _none() -> Vectors:
    return np.zeros((0, WIDTH), dtype=np.float32)


def headed_texts(passage: Passage) -> list[str]:
    """Its statements under their heading."""
    return [statement_text(passage.heading, statement.text) for statement in passage.statements]


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
    """A passage with its vectors, a row a statement, a row a question and a row a word."""

    passage: Passage
    headed: Vectors
    alone: Vectors
    asked: Vectors
    words: Vectors

    @property
    def middle(self) -> Vectors:
        """The unit vector between what it says and what it answers, shape (`WIDTH`,)."""
        mean = np.concatenate([self.headed, self.asked]).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)

    def nearest(self, vector: Vectors) -> float:
        """How near its nearest statement, or the nearest question that it answers, is to a unit vector."""
        return float(max((self.headed @ vector).max(), (self.asked @ vector).max(initial=-1.0)))

    def candidate(self, question: Question) -> Candidate:
        """How near it is to a question."""
        parts = (self.headed, self.alone, self.asked)
        headed, alone, asked = (tuple(float(one) for one in part @ question.vector) for part in parts)
        middle = self.middle
        near = (question.states @ self.words.T).max(axis=1, initial=0.0)
        words = {word: float(one) for word, one in zip(question.words, near, strict=True)}
        toward = float(middle @ question.vector), float(middle @ question.matter)
        return Candidate(self.passage, headed, alone, asked, *toward, words)

    def known(self) -> Iterator[tuple[str, Vectors]]:
        """Its vectors by their texts, each with those of its content words, where they were read."""
        for statement, vector in zip(self.passage.statements, self.alone, strict=True):
            yield statement.text, vector[np.newaxis]
        at = 0
        texts = (*headed_texts(self.passage), *self.passage.asked)
        for text, vector in zip(texts, (*self.headed, *self.asked), strict=True):
            end = at + len(content_words(text))
            yield text, np.concatenate([vector[np.newaxis], self.words[at:end]])
            at = end

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
            "meanings": to_bytes(self.words),
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Item":
        """What `row` has made."""
        said = tuple(Statement(text, line) for line, text in json.loads(row["statements"]))
        headings, asked = (tuple(json.loads(row[name])) for name in ("headings", "asked"))
        vectors = (from_bytes(bytes(row[name])) for name in VECTORS)
        return cls(Passage(row["document"], headings, said, asked), *vectors)


VECTORS = ("headed", "alone", "questions", "meanings")
STORED = ("document", "headings", "statements", "asked", *VECTORS)
"""The columns of an item."""


def items(contents: Contents) -> Iterator[Item]:
    """The passages with their own vectors."""
    said = questions = 0
    for passage, words in zip(contents.passages, contents.words, strict=True):
        end, last = said + len(passage.statements), questions + len(passage.asked)
        yield Item(
            passage,
            contents.vectors[said:end],
            contents.alone[said:end],
            contents.asked[questions:last],
            words,
        )
        said, questions = end, last


def to_bytes(vectors: Vectors) -> bytes:
    """Unit vectors as 8-bit whole numbers, one behind the other."""
    return np.clip(np.rint(vectors * 127), -127, 127).astype(np.int8).tobytes()


def from_bytes(blob: bytes) -> Vectors:
    """The vectors of `to_bytes`, to 1/127, a row each."""
    return np.frombuffer(blob, dtype=np.int8).astype(np.float32).reshape(-1, WIDTH) / np.float32(127)
