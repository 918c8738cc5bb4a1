"""Passages in PostgreSQL: words by its own full-text search, meaning by pgvector.

An index is a schema of its own. A new one is made beside it and takes its name in one transaction, so that
readers see the old one until the new one is whole.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

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

CONNECT_S = 3
ANSWER_MS = 3_000
"""How long a question may take."""
TABLES = f"""
CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE passages (
  id integer PRIMARY KEY, document text NOT NULL, headings text NOT NULL, statements text NOT NULL,
  words tsvector NOT NULL, middle vector({WIDTH}) NOT NULL, headed bytea NOT NULL, alone bytea NOT NULL);
CREATE TABLE words (word text PRIMARY KEY, embedding bytea NOT NULL);
CREATE TABLE stems (stem text PRIMARY KEY, passages integer NOT NULL);
"""
INDEXES = """
CREATE INDEX ON passages USING gin (words);
CREATE INDEX ON passages USING hnsw (middle vector_cosine_ops);
"""
"""`statements` is [[line, text], ...]; `headed` and `alone` are their vectors, under the heading and without
it; `middle` is between the headed ones."""
PASSAGE = "id, document, headings, statements, headed, alone"


class PostgresStore:
    """An index in a schema of a PostgreSQL database with pgvector. Shared by threads."""

    def __init__(self, url: str, business: str) -> None:
        """Opens nothing yet. Raises `KnowledgeError` where `url` isn't PostgreSQL's."""
        try:
            address = make_url(url)
        except ArgumentError:
            raise KnowledgeError("`knowledge` is no address: write 'postgresql://user@host/name'.") from None
        if address.get_backend_name() != "postgresql":
            raise KnowledgeError(
                "`knowledge` is an address of PostgreSQL, such as 'postgresql://user@host/name'."
            )
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+pg8000")
        self._schema = "ringdown_" + re.sub(r"[^a-z0-9]+", "_", business.lower())
        self._address = address.render_as_string(hide_password=True)
        self._expected = ""
        try:
            self._engine = create_engine(
                address, pool_size=2, pool_pre_ping=True, connect_args={"timeout": CONNECT_S}
            )
        except ImportError:
            raise KnowledgeError(
                "`knowledge` needs a driver for PostgreSQL: install the extra, pip install -e '.[postgres]'."
            ) from None

    @property
    def place(self) -> str:
        return f"schema {self._schema} of {self._address}"

    def check(self, fingerprint: str) -> bool:
        try:
            with self._reading() as connection:
                same = _fingerprint(connection) == fingerprint
        except KnowledgeError:
            return False
        if same:
            self._expected = fingerprint
        return same

    def known(self, fingerprint: str) -> dict[str, Vectors]:
        try:
            with self._reading() as connection:
                same = weights_of(_fingerprint(connection)) == weights_of(fingerprint)
                return dict(_known(connection)) if same else {}
        except KnowledgeError:
            return {}

    def write(self, contents: Contents) -> None:
        made = f"{self._schema}_made"
        try:
            with self._engine.begin() as connection:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": self._schema}
                )
                connection.execute(text(f"DROP SCHEMA IF EXISTS {made} CASCADE"))
                connection.execute(text(f"CREATE SCHEMA {made}"))
                connection.execute(text(f"SET LOCAL search_path TO {made}, public"))
                _fill(connection, contents)
                connection.execute(text(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE"))
                connection.execute(text(f"ALTER SCHEMA {made} RENAME TO {self._schema}"))
        except SQLAlchemyError as error:
            raise self._told(error) from error
        self._expected = contents.fingerprint

    def vocabulary(self) -> Vocabulary:
        with self._reading() as connection:
            self._is_ours(connection)
            rows = connection.execute(text("SELECT word, embedding FROM words")).all()
            stems = connection.execute(text("SELECT stem, passages FROM stems")).all()
            passages = connection.execute(text("SELECT count(*) FROM passages")).scalar_one()
        vectors = from_bytes(b"".join(bytes(blob) for _, blob in rows))
        return Vocabulary(
            tuple(word for word, _ in rows), vectors, dict(tuple(row) for row in stems), passages
        )

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Candidate]:
        with self._reading() as connection:
            self._is_ours(connection)
            near = connection.execute(
                text(
                    f"SELECT {PASSAGE} FROM passages ORDER BY middle <=> CAST(:vector AS vector) LIMIT :most"
                ),
                {"vector": _written(vector), "most": NEAREST},
            ).all()
            fitting = connection.execute(
                text(
                    f"SELECT {PASSAGE} FROM passages, to_tsquery('english', :words) AS said"
                    " WHERE words @@ said ORDER BY ts_rank_cd(words, said) DESC, id LIMIT :most"
                ),
                {"words": " | ".join("'" + word.replace("'", "''") + "'" for word in words), "most": FITTING},
            ).all()
        found = {row[0]: _candidate(row, vector) for row in (*near, *fitting)}
        nearest = sorted((row[0] for row in near), key=lambda number: -max(found[number].headed))
        return [found[number] for number in fused(nearest, [row[0] for row in fitting])[:CANDIDATES]]

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                connection.execute(text("SET TRANSACTION READ ONLY"))
                connection.execute(text(f"SET LOCAL search_path TO {self._schema}, public"))
                connection.execute(text(f"SET LOCAL statement_timeout TO {ANSWER_MS}"))
                yield connection
        except SQLAlchemyError as error:
            raise self._told(error) from error

    def _is_ours(self, connection: Connection) -> None:
        if _fingerprint(connection) != self._expected:
            raise KnowledgeError(f"{self.place} is of other documents: index them again.")

    def _told(self, error: SQLAlchemyError) -> KnowledgeError:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        if "extension" in reason and "vector" in reason:
            advice = "install pgvector on its server, and let its owner run CREATE EXTENSION vector"
        else:
            advice = "see that it runs, and that `knowledge` in business.toml names it"
        return KnowledgeError(f"The index in {self.place} can't be used: {advice}.")


def _fill(connection: Connection, contents: Contents) -> None:
    connection.execute(text(TABLES))
    rows, at = [], 0
    for number, passage in enumerate(contents.passages, 1):
        end = at + len(passage.statements)
        rows.append(
            {
                "id": number,
                "document": passage.document,
                "headings": json.dumps(passage.headings),
                "statements": json.dumps([[one.line, one.text] for one in passage.statements]),
                "words": passage_words(passage),
                "middle": _written(middle(contents.vectors[at:end])),
                "headed": to_bytes(contents.vectors[at:end]),
                "alone": to_bytes(contents.alone[at:end]),
            }
        )
        at = end
    _insert(
        connection,
        "INSERT INTO passages VALUES (:id, :document, :headings, :statements, to_tsvector('english', :words),"
        " CAST(:middle AS vector), :headed, :alone)",
        rows,
    )
    vocabulary = contents.vocabulary
    vectors = zip(vocabulary.words, vocabulary.vectors, strict=True)
    _insert(
        connection,
        "INSERT INTO words VALUES (:word, :embedding)",
        [{"word": word, "embedding": to_bytes(vector)} for word, vector in vectors],
    )
    _insert(
        connection,
        "INSERT INTO stems VALUES (:stem, :passages)",
        [{"stem": stem, "passages": count} for stem, count in vocabulary.counts.items()],
    )
    _insert(connection, "INSERT INTO about VALUES ('fingerprint', :value)", [{"value": contents.fingerprint}])
    connection.execute(text(INDEXES))


def _insert(connection: Connection, sql: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(text(sql), list(rows))


def _fingerprint(connection: Connection) -> str:
    found = connection.execute(text("SELECT value FROM about WHERE name = 'fingerprint'")).scalar()
    return str(found or "")


def _known(connection: Connection) -> Iterator[tuple[str, Vectors]]:
    rows = connection.execute(text("SELECT headings, statements, headed, alone FROM passages"))
    for headings, statements, headed, alone in rows:
        heading = (json.loads(headings) or [""])[-1]
        texts = [said for _, said in json.loads(statements)]
        for said, one, other in zip(texts, from_bytes(bytes(headed)), from_bytes(bytes(alone)), strict=True):
            yield statement_text(heading, said), one
            yield said, other
    for word, embedding in connection.execute(text("SELECT word, embedding FROM words")):
        yield word, from_bytes(bytes(embedding))[0]


def _candidate(row: Any, vector: Vectors) -> Candidate:
    _, document, headings, statements, headed, alone = row
    told = tuple(Statement(said, line) for line, said in json.loads(statements))
    return Candidate(
        Passage(document, tuple(json.loads(headings)), told),
        nearness(from_bytes(bytes(headed)), vector),
        nearness(from_bytes(bytes(alone)), vector),
    )


def _written(vector: Vectors) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.5f}" for value in vector) + "]"
