"""Disclosures (Danish: videregivelser) as rows: who handed which versions to whom. To open one is decided then."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Select, Text, bindparam, select

from app.errors import UnavailableError
from app.store.database import Query, Snapshot
from app.store.job import Insert
from app.store.tables import disclosure
from consent.model import Requester
from consent.vocabulary import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """`shown` are (type number, n, version). Without a recipient it is for whoever the law lets the organisation tell.

    `by_law` is a notice, of which nothing but itself is shown.
    """

    pid: int
    id: str
    at_us: int
    sender: Requester
    recipient: Requester | None
    purposes: frozenset[Purpose]
    shown: tuple[tuple[int, int, int], ...]
    by_law: bool = False


class _Body(msgspec.Struct, array_like=True, frozen=True):
    sender: Requester
    recipient: Requester | None
    purposes: list[Purpose]
    shown: list[tuple[int, int, int]]
    by_law: bool


_decoder = msgspec.json.Decoder(_Body)


def put(disclosures: Iterable[Disclosure]) -> Insert:
    """Write disclosures in the job that makes them."""
    return Insert(disclosure, tuple((one.pid, one.id, one.at_us, _encoded(one)) for one in disclosures))


async def find(snapshot: Snapshot, pid: int, id: str) -> Disclosure | None:
    """Return one disclosure of a citizen's records.

    Raises:
        UnavailableError: it is there and cannot be read.
    """
    rows = await snapshot.rows(_FIND, {"pid": pid, "id": id})
    if not rows:
        return None
    at_us, stored = rows[0]
    try:
        body = _decoder.decode(stored)
    except msgspec.DecodeError as error:
        raise UnavailableError("a stored disclosure could not be read") from error
    return Disclosure(
        pid=pid,
        id=id,
        at_us=at_us,
        sender=body.sender,
        recipient=body.recipient,
        purposes=frozenset(body.purposes),
        shown=tuple(body.shown),
        by_law=body.by_law,
    )


def _encoded(one: Disclosure) -> bytes:
    return msgspec.json.encode(_Body(one.sender, one.recipient, sorted(one.purposes), list(one.shown), one.by_law))


def _find() -> Select[Any]:
    return select(disclosure.c.at, disclosure.c.body).where(
        disclosure.c.pid == bindparam("pid", type_=BigInteger), disclosure.c.id == bindparam("id", type_=Text)
    )


_FIND = Query("disclosures.find", _find)
