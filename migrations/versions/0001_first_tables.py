"""All tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "citizen",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("next_n", sa.BigInteger(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=True),
        sa.Column("died", sa.BigInteger(), nullable=True),
        sa.Column("master", sa.BigInteger(), nullable=True),
        sa.Column("classified", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identifier",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("system", "value", "valid_from"),
        sqlite_with_rowid=False,
    )
    op.create_index("identifier_by_pid", "identifier", ["pid"])
    op.create_table(
        "redirect",
        sa.Column("old_pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("new_pid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("old_pid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resource",
        # On SQLite the rowid; elsewhere the key begins with the column by which rows may be distributed.
        sa.Column("place", sa.Integer() if is_sqlite else sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sig", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*(("place",) if is_sqlite else ("pid", "place"))),
    )
    op.create_index("resource_by_type", "resource", ["pid", "type", "updated"])
    op.create_table(
        "history",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("type", sa.BigInteger(), nullable=False),
        sa.Column("sig", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "n", "version"),
    )
    op.create_table(
        "signature",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("sig", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "sig"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idx_token",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("param", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("value", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("pid", "param", "value", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index("idx_token_by_n", "idx_token", ["pid", "n"])
    op.create_table(
        "idx_reference",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("param", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("value", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("pid", "param", "value", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index("idx_reference_by_n", "idx_reference", ["pid", "n"])
    op.create_table(
        "idx_date",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("param", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("low", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("high", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("pid", "param", "low", "n", "high"),
        sqlite_with_rowid=False,
    )
    op.create_index("idx_date_by_n", "idx_date", ["pid", "n"])
    op.create_table(
        "idx_string",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("param", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("pid", "param", "value", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index("idx_string_by_n", "idx_string", ["pid", "n"])
    op.create_table(
        "idx_quantity",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("param", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("unit", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("low", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("high", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("pid", "param", "unit", "low", "n", "high"),
        sqlite_with_rowid=False,
    )
    op.create_index("idx_quantity_by_n", "idx_quantity", ["pid", "n"])
    op.create_table(
        "relation",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("stop", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "declaration",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "directive",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("stop", sa.BigInteger(), nullable=True),
        sa.Column("provision", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "representation",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("representative", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("stop", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stay",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organisation",
        sa.Column("sor", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("gln", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("specialties", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sor"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authorisation", sa.Text(), nullable=True),
        sa.Column("profession", sa.Text(), nullable=True),
        sa.Column("functions", sa.Text(), nullable=False),
        sa.Column("organisations", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delegation",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person", "organisation", "responsible"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("functions", sa.Text(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revoked_token",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("stop", sa.BigInteger(), nullable=True),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("focus", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_by_recipient", "outbox", ["recipient", "at"])
    op.create_table(
        "audit",
        sa.Column("pid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pid", "writer", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_by_time", "audit", ["pid", "at"])
    op.create_index("audit_by_writer", "audit", ["writer", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", "seq"),
        sqlite_with_rowid=False,
    )
    # The directory is written like a citizen: with a change counter and a counter of resources.
    op.execute("INSERT INTO citizen (pid, change, next_n, classified) VALUES (0, 1, 1, 0)")
    for name in ("directory", "policy", "revocation", "agreement"):
        op.execute(f"INSERT INTO state (name, version) VALUES ('{name}', 1)")  # noqa: S608


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit")
    op.drop_table("outbox")
    op.drop_table("answer")
    op.drop_table("state")
    op.drop_table("agreement")
    op.drop_table("revoked_token")
    op.drop_table("client")
    op.drop_table("delegation")
    op.drop_table("staff")
    op.drop_table("organisation")
    op.drop_table("stay")
    op.drop_table("representation")
    op.drop_table("directive")
    op.drop_table("declaration")
    op.drop_table("relation")
    op.drop_table("idx_quantity")
    op.drop_table("idx_string")
    op.drop_table("idx_date")
    op.drop_table("idx_reference")
    op.drop_table("idx_token")
    op.drop_table("signature")
    op.drop_table("history")
    op.drop_table("resource")
    op.drop_table("redirect")
    op.drop_table("identifier")
    op.drop_table("citizen")
    op.drop_table("setting")
