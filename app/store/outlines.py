"""A citizen's current records without their bodies: what they are, for whoever asks who would see them."""

from sqlalchemy import BigInteger, ColumnElement, Executable, LargeBinary, literal, literal_column, select

from app.store.database import Query, Snapshot
from app.store.place import of_citizen, places_of
from app.store.resources import Stored, stored_of
from app.store.signatures import SignatureRow
from app.store.tables import resource
from app.store.visible import visible
from consent.model import Permit

_NO = literal_column("0", BigInteger)
_EMPTY = literal(b"", LargeBinary)


async def current(snapshot: Snapshot, permit: Permit, signatures: tuple[SignatureRow, ...]) -> list[Stored]:
    """Return the current versions that the permit shows, in the order of their making; line and body are empty."""
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing:
        return []
    query = Query(("outlines.current", shown.key), lambda: _current(shown.clause(resource)))
    rows = await snapshot.rows(query, {**shown.values, **places_of(shown.pid)})
    return stored_of(shown.pid, signatures, snapshot.ids, rows)


def _current(shown: ColumnElement[bool]) -> Executable:
    columns = [resource.c[name] for name in ("type", "n", "version", "sig", "deleted", "updated", "start", "stop")]
    return (
        select(*columns, _EMPTY.label("line"), _EMPTY.label("body"))
        .where(of_citizen(resource), resource.c.deleted == _NO, shown)
        .order_by(resource.c.place)
    )
