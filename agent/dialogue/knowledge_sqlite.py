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
    middle,
    nearness,
    statement_text,
    to_bytes,
    weights_of,
)
from agent.dialogue.knowledge_words import Vocabulary, passage_words

TABLES = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY, document TEXT NOT NULL, headings TEXT NOT NULL, statements TEXT NOT NULL,
  headed BLOB NOT NULL, alone BLOB NOT NULL);
CREATE VIRTUAL TABLE passage_words USING fts5(words, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE passage_vectors USING vec0(embedding int8[{WIDTH}]);
CREATE TABLE words (word TEXT PRIMARY KEY, embedding BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE stems (stem TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
"""
"""`statements` is [[line, text], ...]; `headed` and `alone` are their vectors, under the heading and without
it. `passage_vectors` has a passage's middle."""


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
        try:
            with closing(_connected(self._path, apsw.SQLITE_OPEN_READONLY)) as connection:
                if _fingerprint(connection) != fingerprint:
                    return False
        except apsw.Error:
            return False
        self._expected = fingerprint
        return True

    def known(self, fingerprint: str) -> dict[str, Vectors]:
        try:
            with closing(_connected(self._path, apsw.SQLITE_OPEN_READONLY)) as connection:
                same = weights_of(_fingerprint(connection)) == weights_of(fingerprint)
                return dict(_known(connection)) if same else {}
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
        vectors = from_bytes(b"".join(blob for _, blob in rows))
        return Vocabulary(tuple(word for word, _ in rows), vectors, counts, passages)

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Candidate]:
        with self._open() as connection:
            near = connection.execute(
                "SELECT rowid FROM passage_vectors WHERE embedding MATCH vec_int8(?) AND k = ?",
                (to_bytes(vector), NEAREST),
            )
            found = {number: _candidate(connection, number, vector) for (number,) in near}
            nearest = sorted(found, key=lambda number: -max(found[number].headed))
            fitting = _fitting(connection, words)
            best = fused(nearest, fitting)[:CANDIDATES]
            return [found.get(one) or _candidate(connection, one, vector) for one in best]

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
            headed, alone = (part[row : row + len(told)] for part in (contents.vectors, contents.alone))
            row += len(told)
            connection.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                (
                    number,
                    passage.document,
                    json.dumps(passage.headings),
                    json.dumps(told),
                    to_bytes(headed),
                    to_bytes(alone),
                ),
            )
            connection.execute(
                "INSERT INTO passage_vectors (rowid, embedding) VALUES (?, vec_int8(?))",
                (number, to_bytes(middle(headed))),
            )
            connection.execute(
                "INSERT INTO passage_words (rowid, words) VALUES (?, ?)", (number, passage_words(passage))
            )
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
    for headings, statements, headed, alone in connection.execute(
        "SELECT headings, statements, headed, alone FROM passages"
    ):
        heading = (json.loads(headings) or [""])[-1]
        texts = [text for _, text in json.loads(statements)]
        for text, one, other in zip(texts, from_bytes(headed), from_bytes(alone), strict=True):
            yield statement_text(heading, text), one
            yield text, other
    for word, embedding in connection.execute("SELECT word, embedding FROM words"):
        yield word, from_bytes(embedding)[0]


def _fitting(connection: apsw.Connection, words: Sequence[str]) -> list[int]:
    """Passages that have the most of `words`, best first."""
    if not words:
        return []
    rows = connection.execute(
        "SELECT rowid FROM passage_words WHERE passage_words MATCH ? ORDER BY rank LIMIT ?",
        (" OR ".join(f'"{word}"' for word in words), FITTING),
    )
    return [number for (number,) in rows]


def _candidate(connection: apsw.Connection, number: int, vector: Vectors) -> Candidate:
    ((document, headings, statements, headed, alone),) = connection.execute(
        "SELECT document, headings, statements, headed, alone FROM passages WHERE id = ?", (number,)
    )
    told = tuple(Statement(text, line) for line, text in json.loads(statements))
    return Candidate(
        Passage(document, tuple(json.loads(headings)), told),
        nearness(from_bytes(headed), vector),
        nearness(from_bytes(alone), vector),
    )
