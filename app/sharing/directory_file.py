"""What an operator loads as one JSON file: the directory, clients, agreements and what registers say.

Everything in a file is checked before anything is written. Rows replace rows with the same key; nothing is removed: an
organisation, a person or a client ends by its date. A change counts from the next request on, in every process.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from app.context import Service
from app.errors import InvalidContentError
from app.runtime import to_us
from app.sharing.registers import RegisterFact, feed_registers
from app.store import agreements, clients, directory
from app.store.clients import Client
from app.store.database import Database
from app.store.directory import Organisation, Staff
from app.store.job import Job, Write
from app.store.tables import DIRECTORY
from consent.model import Agreement, Assignment, Delegation, OrganisationKey, Period, PersonKey
from consent.vocabulary import AssignmentKind, Category, Function, Purpose, RelationKind, RepresentationKind
from schemas.fault import Fault
from schemas.terminology.identifiers import citizen_number

_Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f,]+$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Code = Annotated[str, StringConstraints(pattern=r"^[^\s,|]+\|[^\s,|]+$", max_length=200)]


Kind = Literal[
    "region",
    "hospital",
    "municipality",
    "general-practice",
    "specialist-practice",
    "laboratory",
    "authority",
    "register",
    "unit",
]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Dated(_Row):
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None

    @property
    def period(self) -> Period:
        """The two ends as a period."""
        return Period(start=self.valid_from, end=self.valid_to)


class OrganisationRow(_Dated):
    """`sor` and `parent` are SOR ids; `kind` says whether it is a controller; `specialties` are system|code."""

    sor: _Text
    name: _Name
    kind: Kind
    parent: _Text | None = None
    municipality: _Text | None = None
    gln: _Text | None = None
    phone: _Text | None = None
    specialties: frozenset[_Code] = frozenset()


class StaffRow(_Row):
    """A person as somebody else than the person vouches for; `authorisation` only while it is in force."""

    person: _Text
    name: _Name
    authorisation: _Text | None = None
    profession: _Text | None = None
    functions: frozenset[Function]
    organisations: frozenset[_Text]
    valid_to: AwareDatetime | None = None


class DelegationRow(_Dated):
    """The management of `organisation` lets `person` look up on behalf of `responsible` (§ 42 a stk. 4)."""

    person: _Text
    organisation: _Text
    responsible: _Text


class AssignmentRow(_Row):
    """The management of `organisation` gives `person` a task other than treatment until `valid_to` (§ 42 d, stk. 2).

    `permitted_by` is the manager, never the person herself.
    """

    kind: AssignmentKind
    person: _Text
    organisation: _Text
    permitted_by: _Text
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime

    @model_validator(mode="after")
    def _is_given_by_another(self) -> Self:
        if self.permitted_by == self.person:
            raise ValueError("nobody gives herself a task")
        return self


class ClientRow(_Row):
    """A registered system: the most that it may speak for, in whatever token."""

    id: _Text
    organisation: _Text | Literal[""]  # '' for the citizens' own client
    functions: frozenset[Function]
    purposes: frozenset[Purpose]
    types: frozenset[_Text] = frozenset()
    revoked: AwareDatetime | None = None


class AgreementRow(_Dated):
    """What parties agreed to share; narrows, never widens."""

    id: _Text
    version: Annotated[int, Field(ge=1)]
    functions: frozenset[Function]
    categories: frozenset[Category]
    organisations: frozenset[_Text]
    enables_social_case: bool = False


class RegisterRow(_Dated):
    """What a register says about one citizen; identifiers are `system|value`."""

    citizen: _Code
    kind: RelationKind | RepresentationKind
    source: _Text
    organisation: _Text | None = None
    representative: _Code | None = None
    categories: frozenset[Category] | None = None  # of a proxy whose power names kinds of information; None: all

    @field_validator("citizen", "representative")
    @classmethod
    def _is_official(cls, number: str | None) -> str | None:
        if number is not None and citizen_number(*_identifier(number)) is None:
            raise ValueError("give an official number: a local one is known to its organisation alone")
        return number


class DirectoryFile(_Row):
    """The file. Every list may be left out."""

    organisations: tuple[OrganisationRow, ...] = ()
    staff: tuple[StaffRow, ...] = ()
    delegations: tuple[DelegationRow, ...] = ()
    assignments: tuple[AssignmentRow, ...] = ()
    clients: tuple[ClientRow, ...] = ()
    agreements: tuple[AgreementRow, ...] = ()
    registers: tuple[RegisterRow, ...] = ()


def read_directory_file(text: str | bytes) -> DirectoryFile:
    """Read a file.

    Raises:
        InvalidContentError: every fault with its place; values are not repeated, they may name people.
    """
    try:
        return DirectoryFile.model_validate_json(text)
    except ValidationError as error:
        faults = tuple(
            Fault(".".join(str(part) for part in one["loc"]) or "file", "invalid", one["msg"].lower())
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise InvalidContentError("the directory file was refused", faults=faults) from None


async def load_directory(database: Database, file: DirectoryFile) -> None:
    """Write everything in the file but the register facts, at once.

    Raises:
        InvalidContentError: a version of an agreement is there already, with other terms.
    """
    async with database.snapshot() as snapshot:
        kept = {(one.terms.id, one.terms.version): one.in_force for one in await agreements.versions(snapshot)}
    faults = tuple(
        Fault(f"agreements.{index}", "business-rule", "this version is there already; another wish is another version")
        for index, one in enumerate(_agreements(file.agreements))
        if kept.get((one.id, one.version), (one,)) != (one,)
    )
    if faults:
        raise InvalidContentError("the directory file was refused", faults=faults)
    writes: list[Write] = []
    if file.organisations:
        writes += directory.put_organisations(_organisations(file.organisations))
    if file.staff:
        writes += directory.put_staff(_staff(file.staff))
    if file.delegations:
        writes += directory.put_delegations(_delegations(file.delegations))
    if file.assignments:
        writes += directory.put_assignments(_assignments(file.assignments))
    if file.clients:
        writes += clients.put(_clients(file.clients))
    if file.agreements:
        writes += agreements.put(_agreements(file.agreements))
    await database.commit(Job(pid=DIRECTORY, writes=tuple(writes)))


async def load_registers(service: Service, file: DirectoryFile, *, at: datetime) -> None:
    """Write the register facts, citizen by citizen; whoever is named and not known becomes known."""
    facts = [
        RegisterFact(
            citizen=_identifier(row.citizen),
            kind=row.kind,
            period=row.period,
            source=row.source,
            organisation=row.organisation,
            representative=None if row.representative is None else _identifier(row.representative),
            categories=row.categories,
        )
        for row in file.registers
    ]
    await feed_registers(service, facts, at_us=to_us(at))


def _identifier(text: str) -> tuple[str, str]:
    system, _, value = text.partition("|")
    return system, value


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else to_us(moment)


def _organisations(rows: Iterable[OrganisationRow]) -> list[Organisation]:
    return [
        Organisation(
            sor=row.sor,
            name=row.name,
            kind=row.kind,
            parent=row.parent,
            municipality=row.municipality,
            gln=row.gln,
            phone=row.phone,
            specialties=row.specialties,
            valid_from=_us(row.valid_from),
            valid_to=_us(row.valid_to),
        )
        for row in rows
    ]


def _staff(rows: Iterable[StaffRow]) -> list[Staff]:
    return [
        Staff(
            person=row.person,
            name=row.name,
            authorisation=row.authorisation,
            profession=row.profession,
            functions=row.functions,
            organisations=row.organisations,
            valid_to=_us(row.valid_to),
        )
        for row in rows
    ]


def _delegations(rows: Iterable[DelegationRow]) -> list[Delegation]:
    return [
        Delegation(
            person=PersonKey(row.person),
            organisation=OrganisationKey(row.organisation),
            responsible=PersonKey(row.responsible),
            period=row.period,
        )
        for row in rows
    ]


def _assignments(rows: Iterable[AssignmentRow]) -> list[tuple[Assignment, PersonKey]]:
    return [
        (
            Assignment(
                kind=row.kind,
                person=PersonKey(row.person),
                organisation=OrganisationKey(row.organisation),
                period=Period(start=row.valid_from, end=row.valid_to),
            ),
            PersonKey(row.permitted_by),
        )
        for row in rows
    ]


def _clients(rows: Iterable[ClientRow]) -> list[Client]:
    return [
        Client(
            id=row.id,
            organisation=row.organisation,
            functions=frozenset(function.value for function in row.functions),
            purposes=frozenset(purpose.value for purpose in row.purposes),
            types=row.types,
            revoked=_us(row.revoked),
        )
        for row in rows
    ]


def _agreements(rows: Iterable[AgreementRow]) -> list[Agreement]:
    return [
        Agreement(
            id=row.id,
            version=row.version,
            period=row.period,
            functions=row.functions,
            categories=row.categories,
            organisations=frozenset(OrganisationKey(sor) for sor in row.organisations),
            enables_social_case=row.enables_social_case,
        )
        for row in rows
    ]
