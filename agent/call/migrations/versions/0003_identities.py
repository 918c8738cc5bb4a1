"""Who the caller of a call was identified as, by a hash: earlier calls of the same person are found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("identity_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_identities"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.call_id"], name="fk_identities_calls", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_identities_identity_sha256", "identities", ["identity_sha256"])


def downgrade() -> None:
    op.drop_table("identities")
