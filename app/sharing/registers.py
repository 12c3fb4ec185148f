"""What the official registers say (own GP, residence, custody, guardianship): independent evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.context import Service
from app.errors import ContentionError, StaleError
from app.runtime import random_key
from app.sharing.citizen import new_row, row_of
from app.store import citizens, relations
from app.store.database import Snapshot
from app.store.job import Delete, Job, Write
from app.store.tables import relation as relation_table
from app.store.tables import representation as representation_table
from consent.model import CitizenKey, OrganisationKey, Period, Relation, Representation
from consent.vocabulary import Category, Evidence, RelationKind, RepresentationKind

_TRIES = 16
Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFact:
    """One fact of a register about one citizen: a relation of an organisation, or one who may act for the citizen."""

    citizen: Identifier
    kind: RelationKind | RepresentationKind
    period: Period
    source: str
    organisation: str | None = None
    representative: Identifier | None = None
    categories: frozenset[Category] | None = None  # of a representation; None: all


async def feed_registers(service: Service, facts: Sequence[RegisterFact], *, at_us: int) -> None:
    """Write what registers say about citizens; whoever is named and not known becomes known.

    A register says all that it knows of one kind about a citizen at once: what it said before and says no more is gone.

    Raises:
        ContentionError: others kept writing about the citizen.
    """
    by_citizen: dict[Identifier, list[RegisterFact]] = {}
    for fact in facts:
        by_citizen.setdefault(fact.citizen, []).append(fact)
    for citizen, about in by_citizen.items():
        for fact in about:
            if fact.representative is not None:
                await _feed(service, fact.representative, [], at_us=at_us)
        await _feed(service, citizen, about, at_us=at_us)


async def admit(service: Service, identifier: Identifier, *, at_us: int) -> CitizenKey:
    """Return the key of a person who acts for a citizen; whoever is not known becomes known.

    Raises:
        ContentionError: others keep writing.
    """
    await _feed(service, identifier, [], at_us=at_us)
    async with service.database.snapshot() as snapshot:
        pid = await citizens.find_pid(snapshot, *identifier, at_us=at_us)
    if pid is None:
        raise ContentionError("others are writing about this person; try again")
    return CitizenKey(pid)


async def _feed(service: Service, citizen: Identifier, about: Sequence[RegisterFact], *, at_us: int) -> None:
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            job = await _job(snapshot, citizen, about, at_us=at_us)
        if job is None:
            return
        try:
            await service.database.commit(job)
        except StaleError:
            continue
        return
    raise ContentionError("others are writing about this citizen; try again")


async def _job(snapshot: Snapshot, citizen: Identifier, about: Sequence[RegisterFact], *, at_us: int) -> Job | None:
    pid = await citizens.find_pid(snapshot, *citizen, at_us=at_us)
    if pid is not None and not about:
        return None
    row = new_row(random_key()) if pid is None else await row_of(snapshot, pid)
    writes: list[Write] = []
    if pid is None:
        writes += [citizens.admit(replace(row, change=1)), citizens.claim(row.pid, *citizen, valid_from=0)]
    found: list[tuple[str, Relation]] = []
    acting: dict[str, list[tuple[str, Representation]]] = {}
    for number, fact in enumerate(about):
        id_ = f"register:{fact.source}:{fact.kind.value}:{number}"
        if isinstance(fact.kind, RelationKind) and fact.organisation is not None:
            relation = Relation(
                kind=fact.kind,
                organisation=OrganisationKey(fact.organisation),
                evidence=Evidence.REGISTER,
                period=fact.period,
                source=fact.source,
            )
            found.append((id_, relation))
        elif isinstance(fact.kind, RepresentationKind) and fact.representative is not None:
            who = await citizens.find_pid(snapshot, *fact.representative, at_us=at_us)
            if who is not None:
                one = Representation(
                    kind=fact.kind, representative=CitizenKey(who), period=fact.period, categories=fact.categories
                )
                acting.setdefault(fact.source, []).append((id_, one))
    for kinds, table in ((RelationKind, relation_table), (RepresentationKind, representation_table)):
        said = sorted({(fact.source, fact.kind.value) for fact in about if isinstance(fact.kind, kinds)})
        if said:
            before = tuple((row.pid, source, kind) for source, kind in said)
            writes.append(Delete(table, ("pid", "source", "kind"), before))
    if found:
        writes.append(relations.put(row.pid, found))
    writes += [
        relations.put_representations(row.pid, rows, source=source) for source, rows in sorted(acting.items()) if rows
    ]
    return Job(pid=row.pid, base_change=row.change, writes=tuple(writes))
