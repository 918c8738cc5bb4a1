"""What each sentence states with what it stands on, and what was refused in its place."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sentences", sa.Column("claims", sa.JSON(), nullable=True))
    op.add_column("sentences", sa.Column("refused", sa.JSON(), nullable=True))


def downgrade() -> None:
    for column in ("refused", "claims"):
        op.drop_column("sentences", column)
