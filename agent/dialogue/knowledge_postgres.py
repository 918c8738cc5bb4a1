"""Passages in PostgreSQL: words by its own full-text search, meaning by pgvector.

An index is a schema of its own. A new one is made beside it and takes its name in one transaction, so that
readers see the old one until the new one is whole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

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
    weights_of,
)
from agent.dialogue.knowledge_words import Vocabulary, passage_words

CONNECT_S = 3
"""How long the server may take to connect, and to answer at all."""
WRITE_S = 600
"""How long it may take to write an index."""
ANSWER_MS = 3_000
"""How long a question may take."""
TABLES = f"""
CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE passages (
  id integer PRIMARY KEY, document text NOT NULL, headings text NOT NULL, statements text NOT NULL,
  asked text NOT NULL, headed bytea NOT NULL, alone bytea NOT NULL, questions bytea NOT NULL,
  meanings bytea NOT NULL, words tsvector NOT NULL, middle vector({WIDTH}) NOT NULL);
CREATE TABLE stems (stem text PRIMARY KEY, passages integer NOT NULL);
"""
INDEXES = """
CREATE INDEX ON passages USING gin (words);
CREATE INDEX ON passages USING hnsw (middle vector_cosine_ops);
"""
"""`statements` is [[line, text], ...]; `headed` and `alone` are their vectors, under the heading and without
it, `questions` those of `asked`, `meanings` those of words; `middle` is between them."""
ROWS_AT_ONCE = 200
"""Rows that are written in one round trip."""
COLUMNS = ", ".join(STORED)
SEARCH = f"""
WITH near AS (SELECT id FROM passages ORDER BY middle <=> CAST(:vector AS vector) LIMIT {NEAREST}),
fitting AS (
  SELECT id, row_number() OVER (ORDER BY ts_rank(words, said) DESC, id) AS place
  FROM passages, to_tsquery('english', :words) AS said WHERE words @@ said
  ORDER BY place LIMIT {FITTING})
SELECT passages.id, {COLUMNS}, near.id IS NOT NULL AS near, place,
  (SELECT value FROM about WHERE name = 'fingerprint') AS fingerprint
FROM near FULL JOIN fitting USING (id) JOIN passages USING (id)
"""
"""The nearest passages and those that have most of the words, in one round trip."""


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
                address, pool_size=2, isolation_level="AUTOCOMMIT", connect_args={"timeout": CONNECT_S}
            )
            event.listen(self._engine, "connect", self._prepare)
            self._writer = create_engine(address, poolclass=NullPool, connect_args={"timeout": WRITE_S})
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
            with self._writer.begin() as connection:
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
        except (SQLAlchemyError, OSError) as error:
            raise self._told(error) from error
        self._expected = contents.fingerprint

    def vocabulary(self) -> Vocabulary:
        with self._reading() as connection:
            self._is_ours(connection)
            stems = connection.execute(text("SELECT stem, passages FROM stems")).all()
            passages = connection.execute(text("SELECT count(*) FROM passages")).scalar_one()
        return Vocabulary(dict(tuple(row) for row in stems), passages)

    def candidates(self, vector: Vectors, words: Sequence[str]) -> list[Item]:
        said = " | ".join("'" + word.replace("'", "''") + "'" for word in words)
        with self._reading() as connection:
            rows = (
                connection.execute(text(SEARCH), {"vector": _written(vector), "words": said}).mappings().all()
            )
            if not rows or rows[0]["fingerprint"] != self._expected:
                self._is_ours(connection)
        found = {row["id"]: Item.of(dict(row)) for row in rows}
        nearest = sorted(
            (row["id"] for row in rows if row["near"]), key=lambda number: -found[number].nearest(vector)
        )
        fitting = sorted((row["place"], row["id"]) for row in rows if row["place"] is not None)
        best = fused(nearest, [number for _, number in fitting])[:CANDIDATES]
        return [found[number] for number in best]

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._told(error) from error

    def _prepare(self, connection: Any, _: object) -> None:
        """A connection that reads this index and no other, and changes nothing."""
        cursor = connection.cursor()
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute(f"SET search_path TO {self._schema}, public")
        cursor.execute(f"SET statement_timeout = {ANSWER_MS}")
        connection.commit()

    def _is_ours(self, connection: Connection) -> None:
        if _fingerprint(connection) != self._expected:
            raise KnowledgeError(f"{self.place} is of other documents: index them again.")

    def _told(self, error: Exception) -> KnowledgeError:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        if "extension" in reason and "vector" in reason:
            advice = "install pgvector on its server, and let its owner run CREATE EXTENSION vector"
        else:
            advice = "see that it runs, and that `knowledge` in business.toml names it"
        return KnowledgeError(f"The index in {self.place} can't be used: {advice}.")


def _fill(connection: Connection, contents: Contents) -> None:
    connection.execute(text(TABLES))
    _insert(
        connection,
        f"passages (id, {COLUMNS}, words, middle)",
        [
            {
                "id": number,
                **item.row(),
                "words": passage_words(item.passage),
                "middle": _written(item.middle),
            }
            for number, item in enumerate(items(contents), 1)
        ],
        {"words": "to_tsvector('english', :words)", "middle": "CAST(:middle AS vector)"},
    )
    vocabulary = contents.vocabulary
    _insert(
        connection, "stems", [{"stem": stem, "count": count} for stem, count in vocabulary.counts.items()]
    )
    _insert(connection, "about", [{"name": "fingerprint", "value": contents.fingerprint}])
    connection.execute(text(INDEXES))


def _insert(
    connection: Connection,
    table: str,
    rows: Sequence[dict[str, Any]],
    made: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Inserts `rows`, many in a round trip; `made` is the SQL of a column that isn't its value itself."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        values = [
            ", ".join(made.get(name, f":{name}").replace(f":{name}", f":{name}_{place}") for name in row)
            for place, row in enumerate(some)
        ]
        connection.execute(
            text(f"INSERT INTO {table} VALUES " + ", ".join(f"({one})" for one in values)),
            {f"{name}_{place}": value for place, row in enumerate(some) for name, value in row.items()},
        )


def _fingerprint(connection: Connection) -> str:
    found = connection.execute(text("SELECT value FROM about WHERE name = 'fingerprint'")).scalar()
    return str(found or "")


def _known(connection: Connection) -> Iterator[tuple[str, Vectors]]:
    for row in connection.execute(text(f"SELECT {COLUMNS} FROM passages")).mappings():
        yield from Item.of(dict(row)).known()


def _written(vector: Vectors) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.5f}" for value in vector) + "]"
