"""Calls, turns, sentences, facts and stages."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("business", sa.String(128), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("caller", sa.String(128), nullable=False),
        sa.Column("called", sa.String(128), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(16), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("recording", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name="pk_calls"),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("caller", sa.JSON(), nullable=False),
        sa.Column("transcript", sa.Text(), nullable=False),
        sa.Column("intent", sa.String(128), nullable=True),
        sa.Column("slots", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("heard_text", sa.Text(), nullable=False),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "n", name="pk_turns"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_turns_calls", ondelete="CASCADE"),
    )
    _parts_of_turns()


def _parts_of_turns() -> None:
    op.create_table(
        "sentences",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("turn_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("heard", sa.String(8), nullable=False),
        sa.Column("replaced", sa.Text(), nullable=True),
        sa.Column("phrase", sa.String(128), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "turn_n", "n", name="pk_sentences"),
        sa.ForeignKeyConstraint(
            ["call_id", "turn_n"],
            ["turns.call_id", "turns.n"],
            name="fk_sentences_turns",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "facts",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("turn_n", sa.Integer(), nullable=False),
        sa.Column("sentence_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "turn_n", "sentence_n", "n", name="pk_facts"),
        sa.ForeignKeyConstraint(
            ["call_id", "turn_n", "sentence_n"],
            ["sentences.call_id", "sentences.turn_n", "sentences.n"],
            name="fk_facts_sentences",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "stages",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("turn_n", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "turn_n", "name", name="pk_stages"),
        sa.ForeignKeyConstraint(
            ["call_id", "turn_n"], ["turns.call_id", "turns.n"], name="fk_stages_turns", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in ("stages", "facts", "sentences", "turns", "calls"):
        op.drop_table(table)
