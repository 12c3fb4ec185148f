"""Doors that staff opened (treating now, consent now, emergency) as rows. `facts` reads those still open."""

from sqlalchemy import BigInteger, Text, bindparam, func, select

from app.store.database import Query, Snapshot
from app.store.job import Insert
from app.store.periods import columns_of
from app.store.tables import declaration
from consent.model import Declaration


def put(pid: int, id: str, one: Declaration) -> Insert:
    """Write a declaration under a fresh id. Both ends of its period must be given."""
    row = (
        pid,
        id,
        one.kind.value,
        one.person,
        one.organisation,
        one.purpose.value,
        *columns_of(one.period),
        one.reason,
    )
    return Insert(declaration, (row,))


async def count(snapshot: Snapshot, *, pid: int, person: str, since_us: int) -> int:
    """Return how many declarations about the citizen this person has made since."""
    found = await snapshot.rows(_COUNT, {"pid": pid, "person": person, "since": since_us})
    return int(found[0][0])


_COUNT = Query(
    "declarations.count",
    lambda: (
        select(func.count())
        .select_from(declaration)
        .where(
            declaration.c.pid == bindparam("pid", type_=BigInteger),
            declaration.c.person == bindparam("person", type_=Text),
            declaration.c.start >= bindparam("since", type_=BigInteger),
        )
    ),
)
