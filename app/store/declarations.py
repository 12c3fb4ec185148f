"""Doors that staff opened (treating now, consent now, emergency) as rows. `facts` reads those still open."""

from app.store.job import Insert
from app.store.periods import columns_of
from app.store.tables import declaration
from consent.model import Declaration


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
