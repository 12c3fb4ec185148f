"""Login providers that an operator has said are down: dated rows, kept, beside the record of the command."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, bindparam, or_, select

from app.store.database import Query, Snapshot
from app.store.job import Insert, Update
from app.store.tables import outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage of an issuer of tokens, in µs UTC; `stop` is None while it lasts."""

    issuer: str
    start: int
    stop: int | None
    reason: str


async def running(snapshot: Snapshot, issuer: str, *, at_us: int) -> Outage | None:
    """Return the outage of an issuer that runs at `at_us`, the one that began last."""
    found = await snapshot.rows(_RUNNING, {"issuer": issuer, "at": at_us})
    return _outage(*found[0]) if found else None


def begin(issuer: str, *, at_us: int, reason: str) -> Insert:
    """Write that an issuer is down from now on."""
    return Insert(outage, ((issuer, at_us, None, reason),))


def end(one: Outage, *, at_us: int) -> Update:
    """Write that it is up again."""
    return Update(outage, ("issuer", "start"), ("stop",), ((one.issuer, one.start, at_us),))


def _outage(issuer: str, start: int, stop: int | None, reason: str) -> Outage:
    return Outage(issuer=issuer, start=start, stop=stop, reason=reason)


_AT = bindparam("at", type_=BigInteger)
_RUNNING = Query(
    "outages.running",
    lambda: (
        select(*outage.columns)
        .where(
            outage.c.issuer == bindparam("issuer", type_=Text),
            outage.c.start <= _AT,
            or_(outage.c.stop.is_(None), outage.c.stop > _AT),
        )
        .order_by(outage.c.start.desc())
        .limit(1)
    ),
)
