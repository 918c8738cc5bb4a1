"""Passages in a SQLite file: words by FTS5, meaning by sqlite-vec.

By apsw, which brings its own SQLite: Python's is built without extensions on many machines. A new index is
written beside the old one and takes its place whole; what reads the old one goes on until its next look.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, LifoQueue

import apsw
import numpy as np
import sqlite_vec

from agent.dialogue.embeddings import WIDTH, Vectors
from agent.dialogue.knowledge_passages import Passage, Statement
from agent.dialogue.knowledge_relevance import Candidate
from agent.dialogue.knowledge_store import (
    CANDIDATES,
    FITTING,
    NEAREST,
    Contents,
    KnowledgeError,
    from_bytes,
    fused,
    statement_text,
    to_bytes,
    weights_of,
)
from agent.dialogue.knowledge_words import Vocabulary, passage_words

TABLES = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY, document TEXT NOT NULL, headings TEXT NOT NULL,
  first INTEGER NOT NULL, statements TEXT NOT NULL);
CREATE VIRTUAL TABLE passage_words USING fts5(words, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE statement_vectors USING vec0(
  embedding int8[{WIDTH}] distance_metric=cosine, +passage INTEGER);
CREATE TABLE words (word TEXT PRIMARY KEY, embedding BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE stems (stem TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
"""
"""`first` is the rowid of a passage's first statement in `statement_vectors`; `statements`: [line, text]."""


class SqliteStore:
    """An index in one file. Shared by threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expected = ""
        self._free: LifoQueue[tuple[tuple[int, int], apsw.Connection]] = LifoQueue()

    @property
    def place(self) -> str:
        return str(self._path)

    def check(self, fingerprint: str) -> bool:
        self._expected = fingerprint
        try:
            with self._open():
                return True
        except KnowledgeError:
            return False

    def known(self) -> dict[str, Vectors]:
        if not self._path.is_file():
            return {}
        try:
            with closing(_connected(self._path, apsw.SQLITE_OPEN_READONLY)) as connection:
                if weights_of(_fingerprint(connection)) != weights_of(self._expected):
                    return {}
                return dict(_known(connection))
        except apsw.Error:
            return {}

    def write(self, contents: Contents) -> None:
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            with closing(
                _connected(part, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            ) as connection:
                _fill(connection, contents)
            os.replace(part, self._path)
            self._expected = contents.fingerprint
        except (OSError, apsw.Error) as error:
            raise KnowledgeError(
                f"The index {self._path} can't be written ({error}): make its folder writable, "
                "or set knowledge.dir."
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def vocabulary(self) -> Vocabulary:
        with self._open() as connection:
            rows = list(connection.execute("SELECT word, embedding FROM words"))
            counts = dict(connection.execute("SELECT stem, passages FROM stems"))
            ((passages,),) = connection.execute("SELECT count(*) FROM passages")
        vectors = np.stack([from_bytes(blob) for _, blob in rows]) if rows else Vocabulary().vectors
        return Vocabulary(tuple(word for word, _ in rows), vectors, counts, passages)

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Candidate]:
        with self._open() as connection:
            near = connection.execute(
                "SELECT passage FROM statement_vectors WHERE embedding MATCH vec_int8(?) AND k = ?"
                " ORDER BY distance",
                (to_bytes(vector), NEAREST),
            )
            fitting: list[int] = []
            if words:
                said = " OR ".join(f'"{word}"' for word in words)
                rows = connection.execute(
                    "SELECT rowid FROM passage_words WHERE passage_words MATCH ? ORDER BY rank LIMIT ?",
                    (said, FITTING),
                )
                fitting = [row for (row,) in rows]
            best = fused([row for (row,) in near], fitting)[:CANDIDATES]
            return [_candidate(connection, one, vector) for one in best]

    def close(self) -> None:
        while True:
            try:
                self._free.get_nowait()[1].close()
            except Empty:
                return

    @contextmanager
    def _open(self) -> Iterator[apsw.Connection]:
        """A connection to the index that stands there now; kept for the next one who asks."""
        try:
            state = self._path.stat()
            now = (state.st_ino, state.st_mtime_ns)
            connection = self._kept(now)
            if connection is None:
                connection = _connected(self._path, apsw.SQLITE_OPEN_READONLY)
                if _fingerprint(connection) != self._expected:
                    connection.close()
                    raise KnowledgeError(f"{self._path} is of other documents: index them again.")
        except (OSError, apsw.Error) as error:
            raise KnowledgeError(f"The index {self._path} can't be read ({error}): index again.") from error
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._free.put((now, connection))

    def _kept(self, now: tuple[int, int]) -> apsw.Connection | None:
        while True:
            try:
                state, connection = self._free.get_nowait()
            except Empty:
                return None
            if state == now:
                return connection
            connection.close()


def _connected(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags)
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)
    return connection


def _fill(connection: apsw.Connection, contents: Contents) -> None:
    connection.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
    with connection:
        connection.execute(TABLES)
        row = 0
        for number, passage in enumerate(contents.passages, 1):
            told = [[statement.line, statement.text] for statement in passage.statements]
            connection.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?)",
                (number, passage.document, json.dumps(passage.headings), row + 1, json.dumps(told)),
            )
            connection.execute(
                "INSERT INTO passage_words (rowid, words) VALUES (?, ?)", (number, passage_words(passage))
            )
            for _ in told:
                connection.execute(
                    "INSERT INTO statement_vectors (rowid, embedding, passage) VALUES (?, vec_int8(?), ?)",
                    (row + 1, to_bytes(contents.vectors[row]), number),
                )
                row += 1
        vocabulary = contents.vocabulary
        connection.executemany(
            "INSERT INTO words VALUES (?, ?)",
            (
                (word, to_bytes(vector))
                for word, vector in zip(vocabulary.words, vocabulary.vectors, strict=True)
            ),
        )
        connection.executemany("INSERT INTO stems VALUES (?, ?)", vocabulary.counts.items())
        connection.execute("INSERT INTO about VALUES ('fingerprint', ?)", (contents.fingerprint,))


def _fingerprint(connection: apsw.Connection) -> str:
    rows = list(connection.execute("SELECT value FROM about WHERE name = 'fingerprint'"))
    return str(rows[0][0]) if rows else ""


def _known(connection: apsw.Connection) -> Iterator[tuple[str, Vectors]]:
    embeddings = dict(connection.execute("SELECT rowid, embedding FROM statement_vectors"))
    for headings, first, statements in connection.execute("SELECT headings, first, statements FROM passages"):
        heading = (json.loads(headings) or [""])[-1]
        for place, (_, text) in enumerate(json.loads(statements)):
            yield statement_text(heading, text), from_bytes(embeddings[first + place])
    for word, embedding in connection.execute("SELECT word, embedding FROM words"):
        yield word, from_bytes(embedding)


def _candidate(connection: apsw.Connection, number: int, vector: Vectors) -> Candidate:
    ((document, headings, first, statements),) = connection.execute(
        "SELECT document, headings, first, statements FROM passages WHERE id = ?", (number,)
    )
    told = [Statement(text, line) for line, text in json.loads(statements)]
    rows = connection.execute(
        "SELECT embedding FROM statement_vectors WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
        (first, first + len(told) - 1),
    )
    vectors = np.stack([from_bytes(blob) for (blob,) in rows])
    return Candidate(
        Passage(document, tuple(json.loads(headings)), tuple(told)), tuple(float(n) for n in vectors @ vector)
    )
