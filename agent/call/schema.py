"""The tables of the record of calls. Types that SQLite and PostgreSQL both have."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect

REVISION = "0003"
"""The newest migration; a test holds it to the migrations' own head."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, in UTC: SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("business", String(128), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("caller", String(128), nullable=False),
    Column("called", String(128), nullable=False),
    Column("token_sha256", String(64), nullable=True),  # of the call's token; without it no token opens
    Column("owner", String(128), nullable=False),  # the process that holds the call
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    Column("ended_by", String(16), nullable=True),  # null while the call goes on
    Column("duration_ms", Integer, nullable=True),
    Column("recording", String(255), nullable=True),  # a file's name in records.recordings_dir
    Index("ix_calls_started_at", "started_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("caller", JSON, nullable=False),  # [{"kind", "start_ms", "end_ms"}]
    Column("transcript", Text, nullable=False),
    Column("intent", String(128), nullable=True),
    Column("slots", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("heard_text", Text, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    ForeignKeyConstraint(["call_id"], ["calls.call_id"], ondelete="CASCADE"),
)

sentences = Table(
    "sentences",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("turn_n", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("heard", String(8), nullable=False),
    Column("replaced", Text, nullable=True),  # what the model had written, where it was refused
    Column("phrase", String(128), nullable=True),
    Column("claims", JSON, nullable=True),  # [{"kind", "text", "by", "why"}]
    Column("refused", JSON, nullable=True),  # the same, of what `replaced` stated without proof
    ForeignKeyConstraint(["call_id", "turn_n"], ["turns.call_id", "turns.n"], ondelete="CASCADE"),
)

facts = Table(
    "facts",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("turn_n", Integer, primary_key=True, autoincrement=False),
    Column("sentence_n", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("name", String(128), nullable=False),
    Column("value", Text, nullable=False),
    Column("source", Text, nullable=False),
    ForeignKeyConstraint(
        ["call_id", "turn_n", "sentence_n"],
        ["sentences.call_id", "sentences.turn_n", "sentences.n"],
        ondelete="CASCADE",
    ),
)

stages = Table(
    "stages",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("turn_n", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("ms", Integer, nullable=False),
    ForeignKeyConstraint(["call_id", "turn_n"], ["turns.call_id", "turns.n"], ondelete="CASCADE"),
)

identities = Table(
    "identities",
    metadata,
    Column("call_id", String(128), primary_key=True),
    Column("identity_sha256", String(64), nullable=False),  # of business and identity
    ForeignKeyConstraint(["call_id"], ["calls.call_id"], ondelete="CASCADE"),
    Index("ix_identities_identity_sha256", "identity_sha256"),
)
