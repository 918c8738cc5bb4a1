"""Passages in a SQLite file: words by FTS5, meaning by sqlite-vec.

By apsw, which brings its own SQLite: Python's is built without extensions on many machines. A new index is
written beside the old one and takes its place whole; what reads the old one goes on until its next look.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, LifoQueue

import apsw
import sqlite_vec

from agent.dialogue.embeddings import WIDTH, Vectors
from agent.dialogue.knowledge_store import (
    CANDIDATES,
    FITTING,
    NEAREST,
    STORED,
    Contents,
    Item,
    KnowledgeError,
    fused,
    items,
    to_bytes,
    weights_of,
)
from agent.dialogue.knowledge_words import Vocabulary, passage_words

TABLES = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY, document TEXT NOT NULL, headings TEXT NOT NULL, statements TEXT NOT NULL,
  asked TEXT NOT NULL, headed BLOB NOT NULL, alone BLOB NOT NULL, questions BLOB NOT NULL,
  meanings BLOB NOT NULL);
CREATE VIRTUAL TABLE passage_words USING fts5(words, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE passage_vectors USING vec0(embedding int8[{WIDTH}]);
CREATE TABLE stems (stem TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
"""
"""`statements` is [[line, text], ...]; `headed` and `alone` are their vectors, under the heading and without
it, `questions` those of `asked`, `meanings` those of words. `passage_vectors` has a passage's middle."""
COLUMNS = ", ".join(STORED)


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
            counts = dict(connection.execute("SELECT stem, passages FROM stems"))
            ((passages,),) = connection.execute("SELECT count(*) FROM passages")
        return Vocabulary(counts, passages)

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Item]:
        with self._open() as connection:
            near = connection.execute(
                "SELECT rowid FROM passage_vectors WHERE embedding MATCH vec_int8(?) AND k = ?",
                (to_bytes(vector), NEAREST),
            )
            found = {number: _item(connection, number) for (number,) in near}
            nearest = sorted(found, key=lambda number: -found[number].nearest(vector))
            fitting = _fitting(connection, words)
            best = fused(nearest, fitting)[:CANDIDATES]
            return [found.get(one) or _item(connection, one) for one in best]

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
        places = ", ".join(f":{name}" for name in STORED)
        for number, item in enumerate(items(contents), 1):
            row = {"id": number, **item.row()}
            connection.execute(f"INSERT INTO passages (id, {COLUMNS}) VALUES (:id, {places})", row)
            connection.execute(
                "INSERT INTO passage_words (rowid, words) VALUES (?, ?)",
                (number, passage_words(item.passage)),
            )
            connection.execute(
                "INSERT INTO passage_vectors (rowid, embedding) VALUES (?, vec_int8(?))",
                (number, to_bytes(item.middle)),
            )
        connection.executemany("INSERT INTO stems VALUES (?, ?)", contents.vocabulary.counts.items())
        connection.execute("INSERT INTO about VALUES ('fingerprint', ?)", (contents.fingerprint,))


def _fingerprint(connection: apsw.Connection) -> str:
    rows = list(connection.execute("SELECT value FROM about WHERE name = 'fingerprint'"))
    return str(rows[0][0]) if rows else ""


def _known(connection: apsw.Connection) -> Iterator[tuple[str, Vectors]]:
    for row in connection.execute(f"SELECT {COLUMNS} FROM passages"):
        yield from Item.of(dict(zip(STORED, row, strict=True))).known()


def _fitting(connection: apsw.Connection, words: Sequence[str]) -> list[int]:
    """Passages that have the most of `words`, best first."""
    if not words:
        return []
    rows = connection.execute(
        "SELECT rowid FROM passage_words WHERE passage_words MATCH ? ORDER BY rank LIMIT ?",
        (" OR ".join(f'"{word}"' for word in words), FITTING),
    )
    return [number for (number,) in rows]


def _item(connection: apsw.Connection, number: int) -> Item:
    (row,) = connection.execute(f"SELECT {COLUMNS} FROM passages WHERE id = ?", (number,))
    return Item.of(dict(zip(STORED, row, strict=True)))
