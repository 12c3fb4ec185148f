"""What the official registers feed: own GP, residence, birth, custody, guardianship; no source writes these itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from app.demo.organisations import MUNICIPALITIES, ORGANISATIONS
from app.demo.people import CUSTODY, GUARDIANS, Citizen


class RegisterKind(StrEnum):
    """What a row tells; the values are those of consent's RelationKind and RepresentationKind where these have one."""

    OWN_GP = "own-gp"
    RESIDENCE = "residence"
    BIRTH = "birth"
    CUSTODY = "custody"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One fact of a register. Identifiers are (system, value); `stop` None means in force.

    `organisation` is the SOR id of the practice or municipality, None for a municipality outside the cluster, which
    `municipality` names by its code. `representative` is who may act for the citizen.
    """

    kind: RegisterKind
    identifier: tuple[str, str]
    start: datetime | None = None
    stop: datetime | None = None
    organisation: str | None = None
    municipality: str | None = None
    representative: tuple[str, str] | None = None
    source: str


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def majority(born: date) -> datetime:
    """Return the 18th birthday; whoever is born on 29 February has it on 1 March."""
    try:
        return _midnight(born.replace(year=born.year + 18))
    except ValueError:
        return datetime(born.year + 18, 3, 1, tzinfo=UTC)


def rows(citizens: tuple[Citizen, ...], *, at: datetime) -> tuple[RegisterRow, ...]:
    """Return all rows about `citizens`, in their order."""
    known = {citizen.value: citizen for citizen in citizens}
    found = []
    for citizen in citizens:
        found += list(_of_one(citizen, at))
        found += list(_representatives(citizen, known, at))
    return tuple(found)


def _of_one(citizen: Citizen, at: datetime) -> Iterator[RegisterRow]:
    identifier = (citizen.system, citizen.value)
    yield RegisterRow(kind=RegisterKind.BIRTH, identifier=identifier, start=_midnight(citizen.born), source="cpr")
    if citizen.municipality is not None:
        suffix = MUNICIPALITIES.get(citizen.municipality)
        yield RegisterRow(
            kind=RegisterKind.RESIDENCE,
            identifier=identifier,
            start=max(_midnight(citizen.born), _years_before(at, 6)),
            organisation=ORGANISATIONS[f"municipality-{suffix}"].sor if suffix else None,
            municipality=citizen.municipality,
            source="cpr",
        )
    if citizen.practice is not None:
        yield RegisterRow(
            kind=RegisterKind.OWN_GP,
            identifier=identifier,
            start=max(_midnight(citizen.born), _years_before(at, 6)),
            organisation=ORGANISATIONS[citizen.practice].sor,
            source="sikrede",
        )


def _years_before(at: datetime, years: int) -> datetime:
    return datetime(at.year - years, 1, 1, tzinfo=UTC)


def _representatives(citizen: Citizen, known: dict[str, Citizen], at: datetime) -> Iterator[RegisterRow]:
    """Yield custody of those under 18, and personal guardians."""
    identifier = (citizen.system, citizen.value)
    holders = [holder for child, holder in CUSTODY if child == citizen.value]
    holders += [other for role, other in citizen.relatives if role in {"MTH", "FTH"} and other not in holders]
    if citizen.age(at) < 18:
        for value in holders:
            if value in known:
                yield RegisterRow(
                    kind=RegisterKind.CUSTODY,
                    identifier=identifier,
                    start=_midnight(citizen.born),
                    stop=majority(citizen.born),
                    representative=(known[value].system, value),
                    source="cpr",
                )
    for ward, value in GUARDIANS:
        if ward == citizen.value and value in known:
            yield RegisterRow(
                kind=RegisterKind.GUARDIAN,
                identifier=identifier,
                start=_years_before(at, 2),
                representative=(known[value].system, value),
                source="cpr",
            )
