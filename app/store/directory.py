"""The directory behind decisions: organisations as a tree, staff, delegations. Not the FHIR resources of the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sqlalchemy import Text, bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Upsert, Write
from app.store.periods import columns_of
from app.store.tables import assignment, delegation, organisation, staff
from app.store.versions import DIRECTORY_CHANGED
from consent.model import Assignment, Delegation, OrganisationKey, Organisations, PersonKey
from consent.vocabulary import Function, Sector

_SECTORS: Final = {
    "hospital": Sector.HOSPITAL,
    "region": Sector.REGION,
    "municipality": Sector.MUNICIPALITY,
    "general-practice": Sector.GENERAL_PRACTICE,
    "specialist-practice": Sector.SPECIALIST_PRACTICE,
}
"""Sectors by kind of organisation; a unit of any other kind belongs to the nearest of these above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation or unit (SOR). `kind`: hospital, municipality, general-practice, region, authority or unit."""

    sor: str
    name: str
    kind: str
    parent: str | None = None
    municipality: str | None = None
    gln: str | None = None
    phone: str | None = None
    specialties: frozenset[str] = frozenset()  # 'system|code'
    valid_from: int | None = None
    valid_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A person who works in health care or social care, as verified by somebody else."""

    person: str
    name: str
    authorisation: str | None = None
    profession: str | None = None
    functions: frozenset[Function] = frozenset()
    organisations: frozenset[str] = frozenset()
    valid_to: int | None = None


@dataclass(frozen=True)
class Directory:
    """All organisations, ended ones too: what they wrote and what was said of them remains."""

    organisations: Mapping[str, Organisation]
    tree: Organisations = field(init=False)

    def __post_init__(self) -> None:
        parents = {
            OrganisationKey(one.sor): OrganisationKey(one.parent) for one in self.organisations.values() if one.parent
        }
        sectors = {
            OrganisationKey(one.sor): _SECTORS[one.kind] for one in self.organisations.values() if one.kind in _SECTORS
        }
        object.__setattr__(self, "tree", Organisations(parents=parents, sectors=sectors))

    @cached_property
    def by_gln(self) -> Mapping[str, Organisation]:
        """Organisations by location number (GLN, Danish: lokationsnummer)."""
        return {one.gln: one for one in self.organisations.values() if one.gln}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names by SOR."""
        return {one.sor: one.name for one in self.organisations.values()}

    @cached_property
    def phones(self) -> Mapping[str, str]:
        """Phones that are answered day and night, by SOR."""
        return {one.sor: one.phone for one in self.organisations.values() if one.phone}

    @cached_property
    def specialties(self) -> Mapping[str, frozenset[str]]:
        """Specialties ('system|code') by SOR, those of the units above included."""
        found = {}
        for sor in self.organisations:
            path = self.tree.path(OrganisationKey(sor))
            own = [self.organisations[one].specialties for one in path if one in self.organisations]
            found[sor] = frozenset().union(*own)
        return found

    def name_of(self, sor: str) -> str:
        """Return the name, or the number itself for an organisation that the directory does not know."""
        known = self.organisations.get(sor)
        return known.name if known else sor


async def load(snapshot: Snapshot, version: int) -> Directory:
    """Return the organisations; `version` is `Shared.directory` of the same snapshot."""
    known = snapshot.remembered.get("directory")
    if known is None or known[0] != version:
        rows = await snapshot.rows(_LOAD, {})
        known = snapshot.remembered["directory"] = (version, Directory({row[0]: _organisation(*row) for row in rows}))
    found: Directory = known[1]
    return found


async def staff_of(snapshot: Snapshot, person: str) -> Staff | None:
    """Return what the directory knows of a person."""
    found = await snapshot.rows(_STAFF, {"person": person})
    if not found:
        return None
    key, name, authorisation, profession, functions, organisations, valid_to = found[0]
    return Staff(
        person=key,
        name=name,
        authorisation=authorisation,
        profession=profession,
        functions=functions_of(functions),
        organisations=frozenset(listed(organisations)),
        valid_to=valid_to,
    )


def put_organisations(organisations: Iterable[Organisation]) -> tuple[Write, ...]:
    """Write organisations, new or changed."""
    rows = tuple(
        (
            one.sor,
            one.parent,
            one.name,
            one.kind,
            one.municipality,
            one.gln,
            one.phone,
            list_of(one.specialties),
            one.valid_from,
            one.valid_to,
        )
        for one in organisations
    )
    return (Upsert(organisation, rows), DIRECTORY_CHANGED)


def put_staff(people: Iterable[Staff]) -> tuple[Write, ...]:
    """Write staff, new or changed."""
    rows = tuple(
        (
            one.person,
            one.name,
            one.authorisation,
            one.profession,
            list_of(one.functions),
            list_of(one.organisations),
            one.valid_to,
        )
        for one in people
    )
    return (Upsert(staff, rows), DIRECTORY_CHANGED)


def put_delegations(delegations: Iterable[Delegation]) -> tuple[Write, ...]:
    """Write which persons the management of a treatment place has authorised."""
    rows = tuple((one.person, one.organisation, one.responsible, *columns_of(one.period)) for one in delegations)
    return (Upsert(delegation, rows), DIRECTORY_CHANGED)


def put_assignments(assignments: Iterable[tuple[Assignment, PersonKey]]) -> tuple[Write, ...]:
    """Write which tasks other than treatment a management gave to whom, each with the manager who gave it."""
    rows = tuple(
        (one.person, one.organisation, one.kind.value, manager, *columns_of(one.period)) for one, manager in assignments
    )
    return (Upsert(assignment, rows), DIRECTORY_CHANGED)


def listed(text: str) -> list[str]:
    """Read a comma separated column."""
    return [part for part in text.split(",") if part]


def list_of(parts: Iterable[str]) -> str:
    """Write a comma separated column, in a fixed order."""
    return ",".join(sorted(str(part) for part in parts))


def functions_of(text: str) -> frozenset[Function]:
    """Read a comma separated column of functions; one that this version does not know counts as none."""
    return frozenset(Function(part) for part in listed(text) if part in _FUNCTIONS)


_FUNCTIONS = frozenset(function.value for function in Function)


def _organisation(
    sor: str,
    parent: str | None,
    name: str,
    kind: str,
    municipality: str | None,
    gln: str | None,
    phone: str | None,
    specialties: str | None,
    valid_from: int | None,
    valid_to: int | None,
) -> Organisation:
    return Organisation(
        sor=sor,
        parent=parent,
        name=name,
        kind=kind,
        municipality=municipality,
        gln=gln,
        phone=phone,
        specialties=frozenset(listed(specialties or "")),
        valid_from=valid_from,
        valid_to=valid_to,
    )


_LOAD = Query("directory.load", lambda: select(*organisation.columns).order_by(organisation.c.sor))
_STAFF = Query(
    "directory.staff",
    lambda: select(*staff.columns).where(staff.c.person == bindparam("person", type_=Text)),
)
