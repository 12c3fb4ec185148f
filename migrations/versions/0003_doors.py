"""Doors: what was opened, refused and reviewed, outages of login providers; whose part of the audit a record is."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003_doors"
down_revision = "0002_terminology"
branch_labels = None
depends_on = None

_ORGANISATION = 5
"""Place of the organisation in a record of the audit, an array in MessagePack (app/audit/record.py)."""
_PAGE = 1000


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False)


def upgrade() -> None:
    op.add_column("declaration", _text("code", nullable=True))
    op.add_column("audit", sa.Column("organisation", sa.Text(), nullable=False, server_default=""))
    _name_organisations()
    op.create_table(
        "opening",
        _text("person"),
        _int("n"),
        _int("at"),
        _text("kind"),
        _text("organisation"),
        _text("controller"),
        _text("client"),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        _int("pid"),
        _text("id"),
        _int("namesake"),
        sa.PrimaryKeyConstraint("person", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index("opening_by_controller", "opening", ["controller", "at"])
    op.create_index("opening_by_client", "opening", ["client", "at"])
    op.create_table(
        "refusal",
        _text("person"),
        _int("at"),
        _text("id"),
        _text("organisation"),
        sa.PrimaryKeyConstraint("person", "at", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("refusal_by_organisation", "refusal", ["organisation", "at"])
    op.create_table(
        "throttle", _text("person"), _int("until"), sa.PrimaryKeyConstraint("person"), sqlite_with_rowid=False
    )
    op.create_table(
        "review",
        _int("pid"),
        _text("id"),
        _text("kind"),
        _text("person"),
        _text("function"),
        _text("organisation"),
        _text("controller"),
        _int("start"),
        _int("stop"),
        _text("code", nullable=True),
        _text("reason"),
        _int("due"),
        _int("reviewed", nullable=True),
        _text("reviewer", nullable=True),
        _text("outcome", nullable=True),
        _text("comment", nullable=True),
        sa.PrimaryKeyConstraint("pid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("review_by_organisation", "review", ["organisation", "due"])
    op.create_table(
        "outage",
        _text("issuer"),
        _int("start"),
        _int("stop", nullable=True),
        _text("reason"),
        sa.PrimaryKeyConstraint("issuer", "start"),
        sqlite_with_rowid=False,
    )


def _name_organisations() -> None:
    """Write beside each record of the audit which organisation it names; the chained parts stay as they are."""
    connection = op.get_bind()
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("pid", "writer", "seq", "body", "organisation")]
    audit = sa.table("audit", *columns)
    pid, writer, seq, body, _ = columns
    after: tuple[str, int, int] | None = None
    while True:
        page = sa.select(writer, seq, pid, body).select_from(audit).order_by(writer, seq, pid).limit(_PAGE)
        if after is not None:
            page = page.where(sa.tuple_(writer, seq, pid) > sa.tuple_(*(sa.literal(value) for value in after)))
        rows = connection.execute(page).all()
        for row in rows:
            named = _named(row.body)
            if named:
                connection.execute(
                    sa.update(audit)
                    .where(pid == row.pid, writer == row.writer, seq == row.seq)
                    .values(organisation=named)
                )
        if len(rows) < _PAGE:
            return
        after = (rows[-1].writer, rows[-1].seq, rows[-1].pid)


def _named(body: bytes) -> str:
    try:
        record = msgspec.msgpack.decode(body)
    except msgspec.DecodeError:  # not ours to mend: `overgang audit verify` tells
        return ""
    is_one = isinstance(record, list) and len(record) > _ORGANISATION and isinstance(record[_ORGANISATION], str)
    return record[_ORGANISATION] if is_one else ""


def downgrade() -> None:
    for name in ("outage", "review", "throttle", "refusal", "opening"):
        op.drop_table(name)
    op.drop_column("audit", "organisation")
    op.drop_column("declaration", "code")
