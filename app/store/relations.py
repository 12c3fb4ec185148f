"""What decisions about a citizen rest on as rows: who treats, took part, may act, what was judged and directed.

Reading: `facts`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, select

from app.store import provisions
from app.store.database import Query, Snapshot
from app.store.directory import list_of
from app.store.job import Delete, Update, Upsert
from app.store.periods import columns_of
from app.store.tables import directive, judgement, participation, relation, representation
from consent.model import Judgement, Participation, Period, PersonKey, Provision, Relation, Representation


def put(pid: int, relations: Iterable[tuple[str, Relation]]) -> Upsert:
    """Write relations by id: 'stay:...', 'resource:<n>', 'register:own-gp'."""
    rows = tuple(
        (pid, id_, one.kind.value, one.organisation, one.evidence.value, *columns_of(one.period), one.source)
        for id_, one in relations
    )
    return Upsert(relation, rows)


def remove(pid: int, ids: Iterable[str]) -> Delete:
    """Take back relations: they were never true. One that has ended is written with its end instead."""
    return Delete(relation, ("pid", "id"), tuple((pid, id_) for id_ in ids))


def remove_of(pid: int, sources: Iterable[str]) -> tuple[Delete, ...]:
    """Take back what rests on these resources ('Type/id'): relations, participations, representations, judgements."""
    rows = tuple((pid, source) for source in sources)
    return tuple(
        Delete(table, ("pid", "source"), rows) for table in (relation, participation, representation, judgement)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One stored relation; `stop_us` None is open."""

    id: str
    kind: str
    organisation: str
    source: str
    stop_us: int | None


async def of_sources(snapshot: Snapshot, pid: int, sources: Iterable[str]) -> list[Held]:
    """Return the relations that rest on these resources ('Type/id')."""
    wanted = frozenset(sources)
    found = [Held(id=row[0], kind=row[1], organisation=row[2], source=row[3], stop_us=row[4])
             for row in await snapshot.rows(_OF_CITIZEN, {"pid": pid})]  # fmt: skip
    return [one for one in found if one.source in wanted]


def end(pid: int, ids: Iterable[str], *, stop_us: int) -> Update:
    """Let relations end; the caller has seen that they do not end sooner."""
    return Update(relation, ("pid", "id"), ("stop",), tuple((pid, id_, stop_us) for id_ in ids))


_OF_CITIZEN = Query(
    "relations.of_citizen",
    lambda: select(relation.c.id, relation.c.kind, relation.c.organisation, relation.c.source, relation.c.stop).where(
        relation.c.pid == bindparam("pid", type_=BigInteger)
    ),
)


def put_representations(pid: int, representations: Iterable[tuple[str, Representation]], *, source: str) -> Upsert:
    """Write by id who may act for the citizen; `source` is a register's name or 'Type/id'."""
    rows = tuple(
        (
            pid,
            id_,
            one.kind.value,
            one.representative,
            *columns_of(one.period),
            source,
            None if one.categories is None else list_of(one.categories),
        )
        for id_, one in representations
    )
    return Upsert(representation, rows)


def put_participations(pid: int, participations: Iterable[Participation], *, source: str) -> Upsert:
    """Write who took part in the treatment by one resource ('Type/id'). Both ends of each period must be given."""
    rows = tuple(
        (pid, f"{source}:{one.person}", one.person, one.evidence.value, *columns_of(one.period), source)
        for one in participations
    )
    return Upsert(participation, rows)


def put_judgement(pid: int, one: Judgement, *, person: PersonKey, source: str) -> Upsert:
    """Write what a health professional judged in one resource ('Type/id'). Both ends of its period must be given."""
    return Upsert(judgement, ((pid, source, one.kind.value, person, *columns_of(one.period), source),))


def put_directive(pid: int, n: int, *, version: int, active: bool, period: Period, root: Provision) -> Upsert:
    """Write what the Consent resource `n` says; one that is not active counts for nothing."""
    row = (pid, n, version, int(active), *columns_of(period), provisions.encode(root))
    return Upsert(directive, (row,))


def end_directive(pid: int, n: int) -> Update:
    """Let the directive of a deleted Consent count no more."""
    return Update(directive, ("pid", "n"), ("active",), ((pid, n, 0),))
