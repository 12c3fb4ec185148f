"""What was disclosed by whom to whom, so that it is decided anew when it is opened.

Nobody knows who disclosed what was told before: such notices of stays are not shown any more, and stay in the audit.

Revision ID: 0010_disclosures
Revises: 0009_whole_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_disclosures"
down_revision = "0009_whole_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("pid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("disclosure")
