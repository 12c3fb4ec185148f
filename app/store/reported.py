"""To which citizens a source has told of a thing, by the thing's own name: who had it before is found when it moves."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Text, bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Upsert
from app.store.tables import reported


async def citizens_of(snapshot: Snapshot, names: Sequence[str]) -> dict[str, list[int]]:
    """Return the keys of the citizens under whom each name was told; what it is called there stands in `answers`."""
    return {name: [row[0] for row in await snapshot.rows(_FIND, {"name": name})] for name in names}


def put(pid: int, names: Iterable[str]) -> Upsert:
    """Note in the job that stores them that these things were told about a citizen."""
    return Upsert(reported, tuple((name, pid) for name in sorted(names)))


_FIND = Query(
    "reported.find",
    lambda: select(reported.c.pid).where(reported.c.name == bindparam("name", type_=Text)).order_by(reported.c.pid),
)
