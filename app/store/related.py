"""Which of a citizen's records refer to which, for her directives about one record and what belongs to it.

Read without a permit, to judge by: nothing of it reaches a caller. All versions count, so that an old one that refers
to a record goes with it. It is looked up anew for every decision that is made, hence for what is written later too; a
citizen without such a directive costs nothing.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Executable, bindparam, select, union_all

from app.store.database import Query, Snapshot
from app.store.place import of_citizen, places_of
from app.store.tables import history, resource
from consent.model import Directive
from consent.related import RELATED, marks_in, with_records
from schemas.homes import TYPE_NAME


async def spelt_out(snapshot: Snapshot, pid: int, directives: tuple[Directive, ...]) -> tuple[Directive, ...]:
    """Return the directives with every record and what belongs to it named.

    Raises:
        ValueError: a stored record cannot be read.
    """
    marks = frozenset[str]().union(*map(marks_in, directives))
    if not marks:
        return directives
    pointing: dict[str, set[str]] = {}
    pointed: dict[str, set[str]] = {}
    rows = await snapshot.rows(_BODIES, places_of(pid))
    names = snapshot.ids.encode_all(pid, [row[0] for row in rows])
    for (_, type_number, body), id_ in zip(rows, names, strict=True):
        name = f"{TYPE_NAME[type_number]}/{id_}"
        for target in _references(msgspec.json.decode(body)) if body else ():
            pointing.setdefault(target, set()).add(name)
            pointed.setdefault(name, set()).add(target)
    records = {}
    for mark in marks:
        kind, _, name = mark.partition(":")
        found = (pointing if f"{kind}:" == RELATED else pointed).get(name, set())
        records[mark] = frozenset({name, *found})
    return tuple(with_records(directive, records) for directive in directives)


def _references(value: Any) -> Iterator[str]:
    """Yield 'Type/id' of every reference and attachment within a resource, without version and base address."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            for name, inner in item.items():
                if isinstance(inner, str) and name in {"reference", "url"}:
                    yield "/".join(inner.partition("/_history/")[0].split("/")[-2:])
                else:
                    pending.append(inner)


def _bodies() -> Executable:
    pid = bindparam("pid", type_=BigInteger)
    return union_all(
        select(resource.c.n, resource.c.type, resource.c.body).where(of_citizen(resource)),
        select(history.c.n, history.c.type, history.c.body).where(history.c.pid == pid),
    )


_BODIES = Query("related.bodies", _bodies)
