"""Doors that staff opened (treating now, consent now, emergency) as rows. `facts` reads those still open."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Insert
from app.store.periods import columns_of, period_of
from app.store.tables import declaration, staff
from consent.model import Declaration, OrganisationKey, PersonKey
from consent.vocabulary import DeclarationKind, Purpose


def put(pid: int, id: str, one: Declaration, *, code: str | None = None) -> Insert:
    """Write a declaration under a fresh id, with the code of its reason. Both ends of its period must be given."""
    row = (
        pid,
        id,
        one.kind.value,
        one.person,
        one.organisation,
        one.purpose.value,
        *columns_of(one.period),
        one.reason,
        code,
    )
    return Insert(declaration, (row,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A declaration, the code of its reason, and the name of who made it if the directory has it."""

    declaration: Declaration
    code: str | None
    name: str | None


async def of_citizen(snapshot: Snapshot, pid: int) -> list[Made]:
    """Return all declarations about a citizen, oldest first; those that are over too."""
    return [
        Made(
            declaration=Declaration(
                kind=DeclarationKind(kind),
                person=PersonKey(person),
                organisation=OrganisationKey(organisation),
                purpose=Purpose(purpose),
                period=period_of(start, stop),
                reason=reason,
                source=id_,
            ),
            code=code,
            name=name,
        )
        for _, id_, kind, person, organisation, purpose, start, stop, reason, code, name in await snapshot.rows(
            _OF_CITIZEN, {"pid": pid}
        )
    ]


def _of_citizen() -> Select[Any]:
    return (
        select(*declaration.columns, staff.c.name)
        .select_from(declaration.outerjoin(staff, staff.c.person == declaration.c.person))
        .where(declaration.c.pid == bindparam("pid", type_=BigInteger))
        .order_by(declaration.c.start, declaration.c.id)
    )


_OF_CITIZEN = Query("declarations.of_citizen", _of_citizen)
