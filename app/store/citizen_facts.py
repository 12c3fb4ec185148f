"""A citizen's own facts, remembered by their version.

`citizen.facts` is the counter of changes after the newest write of a fact (app/store/bearing.py). What was read at that
version is what the database would say again, until the first of the rows has ended: then all are read anew.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Executable, Text, bindparam, exists, literal_column, union_all

from app.runtime import from_us
from app.store import provisions, related
from app.store.arms import TEXTS, arm, by_kind, is_running
from app.store.database import Query, Row, Snapshot
from app.store.directory import listed
from app.store.ids import Ids
from app.store.periods import period_of
from app.store.tables import (
    citizen,
    declaration,
    directive,
    judgement,
    participation,
    relation,
    representation,
    resource,
    signature,
)
from consent.arrangement import Directives
from consent.model import (
    CitizenKey,
    Declaration,
    Directive,
    Judgement,
    OrganisationKey,
    Participation,
    PersonKey,
    Relation,
    Representation,
)
from consent.policy import OWN_EFFORT
from consent.vocabulary import (
    Category,
    DeclarationKind,
    Evidence,
    JudgementKind,
    Label,
    Purpose,
    RelationKind,
    RepresentationKind,
)
from schemas.homes import TYPE_NUMBER

Version = tuple[int, int]
"""A citizen's counters of facts and of changes, both read on one snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenFacts:
    """What is true of a citizen at `since_us` or later; the database says the same until `until_us` (included).

    `rests_on_records`: a directive is about whatever refers to one record (app/store/related.py), so that all this is
    true of this very change of the citizen alone.
    """

    version: Version | None
    since_us: int
    until_us: int | None
    relations: tuple[Relation, ...]
    declarations: tuple[Declaration, ...]
    directives: Directives
    representations: tuple[Representation, ...]
    judgements: tuple[Judgement, ...]
    born: datetime | None
    died: datetime | None
    address_protected: bool
    rests_on_records: bool
    parts: Mapping[str, Sequence[Row]]  # rows of parts in the treatment, by person; of hundreds one is asked for

    def participations_of(self, person: PersonKey) -> list[Participation]:
        """Return the parts that a person took in the treatment."""
        return [_participation(row) for row in self.parts.get(person, ())]

    def is_still_true(self, version: Version, at_us: int) -> bool:
        """Tell whether reading them anew at this version and time would give the same."""
        if self.version is None or self.version[0] != version[0]:
            return False
        if self.rests_on_records and self.version != version:
            return False
        return self.since_us <= at_us and (self.until_us is None or at_us <= self.until_us)

    @property
    def weight(self) -> int:
        """Return about how many values they hold."""
        held = len(self.relations) + len(self.declarations) + len(self.representations) + len(self.parts)
        return 2 + held + 4 * len(self.directives)


class Memory:
    """Facts of citizens who were asked about last."""

    def __init__(self) -> None:
        self._facts: OrderedDict[int, CitizenFacts] = OrderedDict()
        self._weight = 0

    def find(self, pid: int, version: Version, at_us: int) -> CitizenFacts | None:
        """Return the facts if they are still true."""
        found = self._facts.get(pid)
        if found is None or not found.is_still_true(version, at_us):
            return None
        self._facts.move_to_end(pid)
        return found

    def keep(self, pid: int, facts: CitizenFacts) -> None:
        """Remember facts, and forget the oldest when there are too many."""
        before = self._facts.pop(pid, None)
        self._weight += facts.weight - (0 if before is None else before.weight)
        self._facts[pid] = facts
        while self._weight > _MOST_WEIGHT:
            self._weight -= self._facts.popitem(last=False)[1].weight


async def load(snapshot: Snapshot, pid: int, *, at_us: int, version: Version | None) -> CitizenFacts:
    """Return the citizen's facts; those of `version` may have been read before, without one they are read anew.

    Raises:
        UnavailableError: the database is out of reach.
        ValueError: a stored fact cannot be read.
    """
    memory: Memory = snapshot.remembered.setdefault("facts", (0, Memory()))[1]
    if version is not None and (known := memory.find(pid, version, at_us)) is not None:
        return known
    rows = by_kind(await snapshot.rows(_LOAD, {"pid": pid, "at": at_us, "recent": at_us - _OWN_EFFORT_US}), _KINDS)
    read = _directives(rows[_DIRECTIVE], pid, snapshot.ids)
    directives = await related.spelt_out(snapshot, pid, read)
    born, died = rows[_CITIZEN][0][TEXTS : TEXTS + 2] if rows[_CITIZEN] else (None, None)
    ends = [row[TEXTS + 1] for kind in _ENDING for row in rows[kind] if row[TEXTS + 1] is not None]
    ends += [row[TEXTS + 1] + _OWN_EFFORT_US for row in rows[_PARTICIPATION]]
    parts: dict[str, list[Row]] = {}
    for row in rows[_PARTICIPATION]:
        parts.setdefault(row[0], []).append(row)
    facts = CitizenFacts(
        version=version,
        since_us=at_us,
        until_us=min(ends, default=None),
        relations=tuple([_relation(row) for row in rows[_RELATION]]),
        declarations=tuple([_declaration(row) for row in rows[_DECLARATION]]),
        directives=Directives.of(directives),
        representations=tuple([_representation(row) for row in rows[_REPRESENTATION]]),
        judgements=tuple([_judgement(row) for row in rows[_JUDGEMENT]]),
        born=None if born is None else from_us(born),
        died=None if died is None else from_us(died),
        address_protected=bool(rows[_PROTECTED]),
        rests_on_records=directives is not read,
        parts=parts,
    )
    if version is not None:
        memory.keep(pid, facts)
    return facts


_KINDS = 8
_CITIZEN, _RELATION, _DECLARATION, _DIRECTIVE = range(4)
_REPRESENTATION, _JUDGEMENT, _PROTECTED, _PARTICIPATION = range(4, _KINDS)
_ENDING = (_RELATION, _DECLARATION, _DIRECTIVE, _REPRESENTATION, _JUDGEMENT)
_MOST_WEIGHT = 20_000
_OWN_EFFORT_US = OWN_EFFORT // timedelta(microseconds=1)


def _relation(row: Row) -> Relation:
    kind, organisation, evidence, source, _, _, start, stop, *_ = row
    return Relation(
        kind=RelationKind(kind),
        organisation=OrganisationKey(organisation),
        evidence=Evidence(evidence),
        period=period_of(start, stop),
        source=source,
    )


def _declaration(row: Row) -> Declaration:
    id_, kind, person, organisation, purpose, reason, start, stop, *_ = row
    return Declaration(
        kind=DeclarationKind(kind),
        person=PersonKey(person),
        organisation=OrganisationKey(organisation),
        purpose=Purpose(purpose),
        period=period_of(start, stop),
        reason=reason,
        source=id_,
    )


def _directives(rows: list[Row], pid: int, ids: Ids) -> tuple[Directive, ...]:
    if not rows:
        return ()
    parts = [row[TEXTS:] for row in rows]
    names = ids.encode_all(pid, [n for _, _, n, _, _ in parts])
    return tuple(
        [
            Directive(
                id=f"Consent/{name}",
                version=version,
                active=True,
                period=period_of(start, stop),
                root=provisions.decode(stored),
            )
            for name, (start, stop, _, version, stored) in zip(names, parts, strict=True)
        ]
    )


def _representation(row: Row) -> Representation:
    kind, categories, _, _, _, _, start, stop, representative, *_ = row
    return Representation(
        kind=RepresentationKind(kind),
        representative=CitizenKey(representative),
        period=period_of(start, stop),
        categories=None if categories is None else frozenset(Category(one) for one in listed(categories)),
    )


def _judgement(row: Row) -> Judgement:
    kind, _, _, _, _, _, start, stop, *_ = row
    return Judgement(kind=JudgementKind(kind), period=period_of(start, stop))


def _participation(row: Row) -> Participation:
    person, evidence, _, _, _, _, start, stop, *_ = row
    return Participation(person=PersonKey(person), evidence=Evidence(evidence), period=period_of(start, stop))


def _load() -> Executable:
    pid, at = (bindparam(name, type_=BigInteger) for name in ("pid", "at"))
    return union_all(
        arm(_CITIZEN, [], [citizen.c.born, citizen.c.died]).where(citizen.c.pid == pid),
        arm(
            _RELATION,
            [relation.c.kind, relation.c.organisation, relation.c.evidence, relation.c.source],
            [relation.c.start, relation.c.stop],
        ).where(relation.c.pid == pid, is_running(relation.c.stop)),
        arm(
            _DECLARATION,
            [
                declaration.c.id,
                declaration.c.kind,
                declaration.c.person,
                declaration.c.organisation,
                declaration.c.purpose,
                declaration.c.reason,
            ],
            [declaration.c.start, declaration.c.stop],
        ).where(declaration.c.pid == pid, is_running(declaration.c.stop)),
        arm(
            _DIRECTIVE,
            [],
            [directive.c.start, directive.c.stop, directive.c.n, directive.c.version],
            directive.c.provision,
        ).where(
            directive.c.pid == pid,
            directive.c.active != literal_column("0", BigInteger),
            is_running(directive.c.stop),
        ),
        arm(
            _REPRESENTATION,
            [representation.c.kind, representation.c.categories],
            [representation.c.start, representation.c.stop, representation.c.representative],
        ).where(representation.c.pid == pid, is_running(representation.c.stop)),
        arm(_PROTECTED, [signature.c.category], []).where(
            signature.c.pid == pid,
            # A literal: SQLite compiles a statement anew whenever the pattern of a LIKE is bound, 150 µs every time.
            signature.c.labels.like(literal_column(f"'%{Label.ADDRESS_PROTECTED.value}%'", Text)),
            exists().where(
                resource.c.pid == pid,
                resource.c.type == literal_column(str(TYPE_NUMBER["Patient"]), BigInteger),
                resource.c.sig == signature.c.sig,
                resource.c.deleted == literal_column("0", BigInteger),
            ),
        ),
        arm(_JUDGEMENT, [judgement.c.kind], [judgement.c.start, judgement.c.stop]).where(
            judgement.c.pid == pid, judgement.c.stop >= at
        ),
        arm(
            _PARTICIPATION,
            [participation.c.person, participation.c.evidence],
            [participation.c.start, participation.c.stop],
        ).where(participation.c.pid == pid, participation.c.stop >= bindparam("recent", type_=BigInteger)),
    )


_LOAD = Query("citizen_facts.load", _load)
