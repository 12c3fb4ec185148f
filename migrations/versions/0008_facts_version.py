"""The counter of changes after the newest write of what decisions rest on.

Revision ID: 0008_facts_version
Revises: 0007_reported
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_facts_version"
down_revision = "0007_reported"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("citizen", sa.Column("facts", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE citizen SET facts = change")


def downgrade() -> None:
    with op.batch_alter_table("citizen") as batch:
        batch.drop_column("facts")
