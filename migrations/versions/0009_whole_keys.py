"""Rows of tokens and references are removed by their whole keys: no index by resource.

Revision ID: 0009_whole_keys
Revises: 0008_facts_version
"""

from alembic import op

revision = "0009_whole_keys"
down_revision = "0008_facts_version"
branch_labels = None
depends_on = None

_TABLES = ("idx_token", "idx_reference")


def upgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"{table}_by_n", table_name=table)


def downgrade() -> None:
    for table in _TABLES:
        op.create_index(f"{table}_by_n", table, ["pid", "n"])
