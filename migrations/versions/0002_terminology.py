"""Codes of terminologies that an operator has imported."""

import sqlalchemy as sa
from alembic import op

revision = "0002_terminology"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "terminology",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("legacy", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("system", "code"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("terminology")
