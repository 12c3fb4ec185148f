"""Which records are about which, so that what is hidden hides what is about it.

Revision ID: 0005_pointers
Revises: 0004_facts
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_pointers"
down_revision = "0004_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pointer",
        sa.Column("pid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pid", "target", "n"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("pointer")
