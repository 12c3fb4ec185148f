"""Local numbers are those of who gave them: the same number of two organisations may be two citizens.

Whoever wrote about a citizen by a local number keeps it; one that nobody's record says leads nowhere any more.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0006_local_numbers"
down_revision = "0005_pointers"
branch_labels = None
depends_on = None

_REGIONS = ("177", "179", "181", "183", "187")
_OFFICIAL = (
    "urn:oid:1.2.208.176.1.2",
    "urn:oid:1.2.208.176.1.6.1.1",
    "urn:oid:1.2.208.176.1.6.1.3",
    *(f"urn:oid:1.2.208.176.1.6.1.3.{region}" for region in _REGIONS),
)
"""Systems of CPR, X-eCPR and D-eCPR (schemas/terminology/systems.py)."""
_KEY = ("system", "value", "controller", "valid_from")
_OLD_KEY = ("system", "value", "valid_from")


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(_KEY, "system, value, '', valid_from, valid_to, pid")
    else:
        op.add_column("identifier", sa.Column("controller", sa.Text(), nullable=False, server_default=""))
        op.drop_constraint("identifier_pkey", "identifier", type_="primary")
        op.create_primary_key("identifier_pkey", "identifier", list(_KEY))
        op.alter_column("identifier", "controller", server_default=None)
    _give_to_who_wrote()


def _rebuild(key: tuple[str, ...], values: str) -> None:
    """Make the table anew with another key: SQLite changes none."""
    columns = [name for name in ("system", "value", "controller") if name in key]
    op.create_table(
        "identifier_new",
        *(sa.Column(name, sa.Text(), nullable=False) for name in columns),
        sa.Column("valid_from", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*key),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO identifier_new SELECT {values} FROM identifier")  # noqa: S608  # constants above
    op.drop_table("identifier")
    op.rename_table("identifier_new", "identifier")
    op.create_index("identifier_by_pid", "identifier", ["pid"])


def _give_to_who_wrote() -> None:
    """Give each local number to the controllers whose records about the citizen say it."""
    connection = op.get_bind()
    identifier = _table("identifier", "system", "value", "controller", "valid_from", "valid_to", "pid")
    is_local = identifier.c.system.not_in(_OFFICIAL)
    found = connection.execute(sa.select(identifier).where(is_local).order_by("pid")).all()
    said: dict[tuple[str, bytes], None] = {}
    last: int | None = None
    for row in found:
        if row.pid != last:
            said, last = dict.fromkeys(_written_about(row.pid)), row.pid
        for controller in sorted({who for who, body in said if who and _says(body, row.system, row.value)}):
            values = {**row._mapping, "controller": controller}  # noqa: SLF001  # its public name
            connection.execute(sa.insert(identifier).values(values))
    connection.execute(sa.delete(identifier).where(is_local, identifier.c.controller == ""))


def _written_about(pid: int) -> Iterator[tuple[str, bytes]]:
    """Yield the controller and the bytes of every version of every record about a citizen."""
    connection = op.get_bind()
    signature = _table("signature", "pid", "sig", "controller")
    for name in ("resource", "history"):
        table = _table(name, "pid", "sig", "body")
        joined = table.join(signature, sa.and_(signature.c.pid == table.c.pid, signature.c.sig == table.c.sig))
        for row in connection.execute(
            sa.select(signature.c.controller, table.c.body).select_from(joined).where(table.c.pid == pid)
        ):
            yield row.controller, bytes(row.body)


def _says(body: bytes, system: str, value: str) -> bool:
    """Tell whether an Identifier with this system and value stands anywhere in a record."""
    try:
        left: list[Any] = [msgspec.json.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError):  # a deletion has no body
        return False
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if part.get("system") == system and part.get("value") == value:
                return True
            left += part.values()
        elif isinstance(part, list):
            left += part
    return False


def downgrade() -> None:
    connection = op.get_bind()
    identifier = _table("identifier", "system", "value", "controller", "valid_from", "valid_to", "pid")
    # Before, a number led to one citizen: the one of the first controller by name.
    other = identifier.alias()
    is_second = sa.exists().where(
        *(other.c[name] == identifier.c[name] for name in _OLD_KEY), other.c.controller < identifier.c.controller
    )
    connection.execute(sa.delete(identifier).where(is_second))
    if connection.dialect.name == "sqlite":
        _rebuild(_OLD_KEY, "system, value, valid_from, valid_to, pid")
    else:
        op.drop_constraint("identifier_pkey", "identifier", type_="primary")
        op.drop_column("identifier", "controller")
        op.create_primary_key("identifier_pkey", "identifier", list(_OLD_KEY))
