"""Whom a submission is about: one citizen, known or new, or every reason why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.context import Service
from app.errors import InvalidContentError
from app.runtime import random_key
from app.sharing.entries import Entry, moved
from app.store import citizens
from app.store.citizens import CitizenRow
from app.store.database import Snapshot
from app.store.tables import DIRECTORY
from app.translate.classification import VERSION
from app.translate.homes import Citizen, Homeless, HomeRef
from schemas.fault import Fault

Identifier = tuple[str, str]
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The citizen of a submission. `unknown` are identifiers that will point to her from now on."""

    row: CitizenRow
    unknown: tuple[Identifier, ...]

    @property
    def is_new(self) -> bool:
        """Tell whether the service has not known her."""
        return self.row.change == 0


async def subject_of(
    service: Service, snapshot: Snapshot, entries: Sequence[Entry], homes: Sequence[HomeRef], *, at_us: int
) -> Subject:
    """Return the one citizen whom all entries that live under a citizen name.

    Raises:
        InvalidContentError: none, several, or one who cannot be found; a fault for each entry.
    """
    faults: list[Fault] = [
        moved(fault, entry) for entry, home in _pairs(entries, homes, Homeless) for fault in home.faults
    ]
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    patients = {
        name: home
        for entry, home in _pairs(entries, homes, Citizen)
        if entry.type == "Patient"
        for name in (entry.full_url,)
        if name
    }
    found: dict[int, str] = {}
    identifiers: dict[Identifier, None] = {}
    for entry, home in _pairs(entries, homes, Citizen):
        named = patients.get(home.reference, home) if home.reference else home
        wanted = _identifiers(named)
        pids = [pid for each in wanted if (pid := await citizens.find_pid(snapshot, *each, at_us=at_us)) is not None]
        pointed = await _pointed(service, snapshot, named.reference)
        if pointed is not None:
            pids.append(pointed)
        elif named.reference and not wanted:
            faults.append(
                Fault(entry.path, "not-found", "the citizen that this names is not in the transaction or here")
            )
        if len(set(pids)) > 1:
            faults.append(Fault(entry.path, "business-rule", "these identifiers belong to different citizens"))
        for pid in pids:
            found.setdefault(pid, entry.path)
            if pid != next(iter(found)):
                faults.append(Fault(entry.path, "business-rule", "a transaction is about one citizen; this is another"))
        identifiers.update(dict.fromkeys(wanted))
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(dict.fromkeys(faults)))
    return await _subject(snapshot, entries, found, identifiers, patients, homes, at_us=at_us)


async def _subject(
    snapshot: Snapshot,
    entries: Sequence[Entry],
    found: Mapping[int, str],
    identifiers: Mapping[Identifier, None],
    patients: Mapping[str, Citizen],
    homes: Sequence[HomeRef],
    *,
    at_us: int,
) -> Subject:
    if found:
        row = await row_of(snapshot, next(iter(found)))
        unknown = [each for each in identifiers if await citizens.find_pid(snapshot, *each, at_us=at_us) is None]
        return Subject(row=row, unknown=tuple(unknown))
    if not identifiers:
        faults = tuple(
            Fault(entry.path, "required", "nothing here names a citizen")
            for entry, _ in zip(entries, homes, strict=True)
        )
        raise InvalidContentError("nothing here names a citizen", faults=faults)
    groups = {
        frozenset(_identifiers(patients.get(home.reference, home))) for _, home in _pairs(entries, homes, Citizen)
    }
    linked: set[Identifier] = set()
    for group in sorted(groups, key=len, reverse=True):
        if linked and group and linked.isdisjoint(group):
            fault = Fault("Bundle", "business-rule", "a transaction is about one citizen; this names several")
            raise InvalidContentError(fault.text, faults=(fault,))
        linked |= group
    return Subject(row=new_row(random_key()), unknown=tuple(identifiers))


def new_row(pid: int) -> CitizenRow:
    """Return the row of a citizen (or the directory) of whom nothing is stored yet."""
    return CitizenRow(pid=pid, change=0, next_n=1, born=None, died=None, master=None, classified=VERSION)


async def row_of(snapshot: Snapshot, pid: int) -> CitizenRow:
    """Return the citizen's row, or that of a new one."""
    return await citizens.load(snapshot, pid) or new_row(pid)


async def _pointed(service: Service, snapshot: Snapshot, reference: str) -> int | None:
    """Return the citizen under whom an existing Patient lives, for a relative or an absolute reference to it here."""
    bare = reference.removeprefix(service.settings.public_url + "/")
    if not bare.startswith("Patient/"):
        return None
    place = service.database.ids.decode(bare.split("/")[1])
    if place is None or place[0] == DIRECTORY:
        return None
    return None if await citizens.load(snapshot, place[0]) is None else place[0]


def _identifiers(home: Citizen) -> list[Identifier]:
    return [(number.system, number.value) for number in home.numbers] or list(home.other_identifiers)


def _pairs(entries: Sequence[Entry], homes: Sequence[HomeRef], kind: type[_Kind]) -> list[tuple[Entry, _Kind]]:
    return [(entry, home) for entry, home in zip(entries, homes, strict=True) if isinstance(home, kind)]
