"""Facts that rules wait for: judgements of capacity, participations, assignments, the scope of a representation."""

import sqlalchemy as sa
from alembic import op

revision = "0004_facts"
down_revision = "0003_doors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("representation", sa.Column("categories", sa.Text(), nullable=True))
    op.create_table(
        "judgement",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "participation",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assignment",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("permitted_by", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "organisation", "kind"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("assignment")
    op.drop_table("participation")
    op.drop_table("judgement")
    op.drop_column("representation", "categories")
