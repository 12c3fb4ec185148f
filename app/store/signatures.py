"""Signatures of a citizen's records: the few combinations of what decisions rest on, each numbered once per citizen."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Upsert
from app.store.recent import Recent
from app.store.tables import signature as table
from consent.model import OrganisationKey, PersonKey, Signature
from consent.vocabulary import Category, Label, Regime


class SignatureRow(NamedTuple):
    """`last_change` is `citizen.change` after the newest change of a record under this signature."""

    number: int
    signature: Signature
    last_change: int


async def load(snapshot: Snapshot, pid: int, *, change: int | None = None) -> tuple[SignatureRow, ...]:
    """Return the citizen's signatures by number.

    `change` is the citizen's counter of changes as this snapshot sees it: by it they are remembered. `None` reads them.
    """
    recent: Recent[tuple[SignatureRow, ...]] = snapshot.remembered.setdefault("signatures", (0, Recent(_MOST)))[1]
    known = None if change is None else recent.find(pid, change)
    if known is None:
        known = tuple(
            [
                SignatureRow(number, _signature(*parts), last_change)
                for number, last_change, *parts in await snapshot.rows(_LOAD, {"pid": pid})
            ]
        )
        if change is not None:
            recent.keep(pid, change, known)
    return known


_MOST = 2048


def number_of(known: Iterable[SignatureRow], wanted: Iterable[Signature]) -> dict[Signature, int]:
    """Return the number of each wanted signature: the known one, or the next free ones in a fixed order."""
    numbers = {row.signature: row.number for row in known}
    free = max(numbers.values(), default=0) + 1
    chosen: dict[Signature, int] = {}
    for one in sorted(set(wanted), key=_columns):
        if one not in numbers:
            numbers[one] = free
            free += 1
        chosen[one] = numbers[one]
    return chosen


def touch(pid: int, numbers: dict[Signature, int], *, change: int) -> Upsert:
    """Note that records under these signatures change with the citizen's change `change` (the one after the job)."""
    return Upsert(table, tuple((pid, number, *_columns(one), change) for one, number in numbers.items()))


def _columns(signature: Signature) -> tuple[str, str, str, str, str, str]:
    return (
        signature.category.value,
        ",".join(sorted(label.value for label in signature.labels)),
        signature.controller,
        signature.origin,
        signature.author,
        signature.regime.value,
    )


@lru_cache(maxsize=16_384)
def _signature(category: str, labels: str, controller: str, origin: str, author: str, regime: str) -> Signature:
    return Signature(
        Category(category),
        frozenset(Label(label) for label in labels.split(",") if label),
        OrganisationKey(controller),
        OrganisationKey(origin),
        PersonKey(author),
        Regime(regime),
    )


_LOAD = Query(
    "signatures.load",
    lambda: (
        select(
            table.c.sig,
            table.c.last_change,
            table.c.category,
            table.c.labels,
            table.c.controller,
            table.c.origin,
            table.c.author,
            table.c.regime,
        )
        .where(table.c.pid == bindparam("pid"))
        .order_by(table.c.sig)
    ),
)
