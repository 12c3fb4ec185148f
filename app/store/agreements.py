"""Sharing agreements: dated terms, kept in memory until one changes."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from app.store.database import Query, Snapshot
from app.store.job import Upsert, Write
from app.store.periods import columns_of, period_of
from app.store.tables import agreement
from app.store.versions import AGREEMENT_CHANGED
from consent.model import Agreement, OrganisationKey
from consent.vocabulary import Category, Function


class _Terms(msgspec.Struct, frozen=True):
    functions: frozenset[Function]
    categories: frozenset[Category]
    organisations: frozenset[str]
    enables_social_case: bool


_decoder = msgspec.json.Decoder(_Terms)


async def load(snapshot: Snapshot, version: int) -> tuple[Agreement, ...]:
    """Return all agreements; `version` is `Shared.agreement` of the same snapshot."""
    known = snapshot.remembered.get("agreements")
    if known is None or known[0] != version:
        read = tuple(_agreement(*row) for row in await snapshot.rows(_LOAD, {}))
        known = snapshot.remembered["agreements"] = (version, read)
    found: tuple[Agreement, ...] = known[1]
    return found


def put(agreements: Iterable[Agreement]) -> tuple[Write, ...]:
    """Write agreements; a version once written is replaced only by itself."""
    rows = tuple((one.id, one.version, *columns_of(one.period), _terms(one)) for one in agreements)
    return (Upsert(agreement, rows), AGREEMENT_CHANGED)


def _terms(one: Agreement) -> bytes:
    terms = _Terms(one.functions, one.categories, frozenset(one.organisations), one.enables_social_case)
    return msgspec.json.encode(terms, order="deterministic")


def _agreement(id: str, version: int, start: int | None, stop: int | None, stored: bytes) -> Agreement:
    terms = _decoder.decode(stored)
    return Agreement(
        id=id,
        version=version,
        period=period_of(start, stop),
        functions=terms.functions,
        categories=terms.categories,
        organisations=frozenset(OrganisationKey(sor) for sor in terms.organisations),
        enables_social_case=terms.enables_social_case,
    )


_LOAD = Query(
    "agreements.load",
    lambda: select(*agreement.columns).order_by(agreement.c.id, agreement.c.version),
)
