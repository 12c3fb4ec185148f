"""State of a citizen's stays, as hospital notifications have told it."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Upsert
from app.store.tables import stay


@dataclass(frozen=True, slots=True)
class StayRow:
    """`key` is a keyed digest of episode and provider, `state` as app.bridge encodes it, `n` the Encounter's."""

    key: str
    state: str
    n: int


async def load(snapshot: Snapshot, pid: int) -> tuple[StayRow, ...]:
    """Return all stays of the citizen."""
    return tuple(StayRow(*row) for row in await snapshot.rows(_LOAD, {"pid": pid}))


def put(pid: int, row: StayRow) -> Upsert:
    """Write a stay's new state."""
    return Upsert(stay, ((pid, row.key, row.state, row.n),))


_LOAD = Query(
    "stays.load",
    lambda: (
        select(stay.c.key, stay.c.state, stay.c.n)
        .where(stay.c.pid == bindparam("pid", type_=BigInteger))
        .order_by(stay.c.key)
    ),
)
