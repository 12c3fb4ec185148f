"""To which citizens a thing of a delivery report was told, so that it is found where it was when it moves."""

import sqlalchemy as sa
from alembic import op

revision = "0007_reported"
down_revision = "0006_local_numbers"
branch_labels = None
depends_on = None

_OF_A_REPORT = 201
"""Status of an answer that says what a name of a report became; messages are answered otherwise."""


def upgrade() -> None:
    reported = op.create_table(
        "reported",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", "pid"),
        sqlite_with_rowid=False,
    )
    answer = sa.table("answer", sa.column("pid"), sa.column("key"), sa.column("status"))
    told = sa.select(answer.c.key, answer.c.pid).where(answer.c.status == _OF_A_REPORT)
    op.execute(sa.insert(reported).from_select(["name", "pid"], told))


def downgrade() -> None:
    op.drop_table("reported")
