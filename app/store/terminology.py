"""Codes that an operator has imported, kept in memory until they change; without them the single codes hold."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Text, bindparam, select

from app.store import settings
from app.store.database import Query, Snapshot
from app.store.job import Delete, Insert, Write
from app.store.tables import terminology
from app.store.versions import TERMINOLOGY_CHANGED
from schemas.terminology import fsiii, systems
from schemas.terminology.fsiii import Family, Table

CodeRow = tuple[str, Family, str | None]
"""Code as published, family, legacy form."""
_RELEASE = "fsiii-release"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Which publication is loaded: its own version, the digest of what was kept, when (µs UTC), how many codes."""

    version: str
    digest: str
    at_us: int
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A publication as it is in the database."""

    release: Release
    rows: tuple[CodeRow, ...]


async def load(snapshot: Snapshot, version: int) -> Table:
    """Return the FSIII codes to use; `version` is `Shared.terminology` of the same snapshot."""
    if version == 0:
        return fsiii.SINGLE_CODES
    known = snapshot.remembered.get("terminology")
    if known is None or known[0] != version:
        known = snapshot.remembered["terminology"] = (version, fsiii.table_of(await _rows(snapshot), version=version))
    found: Table = known[1]
    return found


async def loaded(snapshot: Snapshot) -> Loaded | None:
    """Return the publication that was imported last."""
    stored = (await settings.load(snapshot)).get(_RELEASE)
    if stored is None:
        return None
    return Loaded(release=msgspec.json.decode(stored, type=Release), rows=tuple(await _rows(snapshot)))


def replace(rows: Iterable[CodeRow], release: Release) -> tuple[Write, ...]:
    """Put these codes in the place of all that were imported before."""
    return (
        Delete(terminology, ("system",), ((systems.FSIII,),)),
        Insert(terminology, tuple((systems.FSIII, code, family.value, legacy) for code, family, legacy in rows)),
        settings.put(_RELEASE, msgspec.json.encode(release)),
        TERMINOLOGY_CHANGED,
    )


async def _rows(snapshot: Snapshot) -> list[CodeRow]:
    stored = await snapshot.rows(_LOAD, {"system": systems.FSIII})
    # A family of a newer version is left out: its codes count as unknown, hence as social care.
    return [(code, Family(family), legacy) for code, family, legacy in stored if family in _FAMILIES]


_FAMILIES = frozenset(family.value for family in Family)
_LOAD = Query(
    "terminology.load",
    lambda: (
        select(terminology.c.code, terminology.c.family, terminology.c.legacy)
        .where(terminology.c.system == bindparam("system", type_=Text))
        .order_by(terminology.c.code)
    ),
)
