"""What is to be told to whom: ids only. Whoever delivers decides again, then."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, and_, bindparam, or_, select

from app.store.database import Query, Snapshot, Value
from app.store.job import Insert, Update
from app.store.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`recipient` is an organisation (SOR), `focus` 'Type/id', times µs UTC; `delivered` is None while it waits."""

    pid: int
    id: str
    recipient: str
    topic: str
    focus: str
    at_us: int
    delivered_us: int | None = None


async def of_recipient(
    snapshot: Snapshot, recipient: str, *, since_us: int = 0, after_id: str = "", limit: int = 100
) -> list[Notice]:
    """Return notices to an organisation in order of time, from just after the last one seen."""
    values: dict[str, Value] = {"recipient": recipient, "since": since_us, "after": after_id, "limit": limit}
    return [
        Notice(pid=pid, id=id_, recipient=to, topic=topic, focus=focus, at_us=at, delivered_us=delivered)
        for pid, id_, to, topic, focus, at, delivered in await snapshot.rows(_OF_RECIPIENT, values)
    ]


async def to_citizen(snapshot: Snapshot, pid: int) -> list[Notice]:
    """Return what the citizen is told of, in order of time."""
    return [
        Notice(pid=pid, id=id_, recipient=to, topic=topic, focus=focus, at_us=at, delivered_us=delivered)
        for id_, to, topic, focus, at, delivered in await snapshot.rows(_TO_CITIZEN, {"pid": pid})
    ]


def put(notices: Iterable[Notice]) -> Insert:
    """Write notices in the job that causes them."""
    rows = tuple((one.pid, one.id, one.recipient, one.topic, one.focus, one.at_us, one.delivered_us) for one in notices)
    return Insert(outbox, rows)


def delivered(pid: int, id: str, *, at_us: int) -> Update:
    """Note that a notice has arrived."""
    return Update(outbox, ("pid", "id"), ("delivered",), ((pid, id, at_us),))


_SINCE = bindparam("since", type_=BigInteger)
_OF_RECIPIENT = Query(
    "outbox.of_recipient",
    lambda: (
        select(*outbox.columns)
        .where(
            outbox.c.recipient == bindparam("recipient", type_=Text),
            outbox.c.at >= _SINCE,
            or_(outbox.c.at > _SINCE, and_(outbox.c.at == _SINCE, outbox.c.id > bindparam("after", type_=Text))),
        )
        .order_by(outbox.c.at, outbox.c.id)
        .limit(bindparam("limit", type_=BigInteger))
    ),
)
_TO_CITIZEN = Query(
    "outbox.to_citizen",
    lambda: (
        select(outbox.c.id, outbox.c.recipient, outbox.c.topic, outbox.c.focus, outbox.c.at, outbox.c.delivered)
        .where(outbox.c.pid == bindparam("pid", type_=BigInteger), outbox.c.recipient == "citizen")
        .order_by(outbox.c.at, outbox.c.id)
    ),
)
