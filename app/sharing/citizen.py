"""Whom a submission is about: one citizen, known or new, or every reason why not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from app.context import Call, Service
from app.errors import InvalidContentError
from app.runtime import random_key
from app.sharing import numbers
from app.sharing.entries import Entry, moved
from app.sharing.numbers import Identifier
from app.sharing.rewriting import local_of, names_of
from app.store import citizens
from app.store.citizens import CitizenRow
from app.store.database import Snapshot
from app.store.job import Write
from app.store.tables import DIRECTORY
from app.translate.classification import current_version
from app.translate.homes import Citizen, Homeless, HomeRef, Inherits
from schemas.fault import Fault
from schemas.terminology.identifiers import is_citizen_system

_Kind = TypeVar("_Kind")

_ANOTHER = "a transaction is about one citizen; this names another"
_MOVED = "a resource stays with its citizen; withdraw it and submit it anew"
_ABSENT = "the citizen that this names is not in the transaction or here"
_NOBODYS = "a local number is one of an organisation's; name the citizen by an official number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The citizen of a submission. `claims` let further numbers lead to her from now on.

    `takes`: one of these is a local number that led the same organisation to somebody else until now.
    """

    row: CitizenRow
    claims: tuple[Write, ...] = ()
    takes: bool = False

    @property
    def is_new(self) -> bool:
        """Tell whether the service has not known her."""
        return self.row.change == 0


class _Naming(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one entry names its citizen: by identifiers, and by what points to citizens who are known (`pids`).

    `beside` are local numbers that a Patient bears beside official ones: they do not say who is meant, they are hers.
    """

    entry: Entry
    identifiers: frozenset[Identifier]
    pids: frozenset[int]
    is_patient: bool
    beside: tuple[Identifier, ...] = ()


async def subject_of(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    entries: Sequence[Entry],
    homes: Sequence[HomeRef],
    *,
    owner: int | None = None,
) -> Subject:
    """Return the one citizen whom all entries that live under a citizen name.

    Entries that live where others live (`Inherits`) count when nothing else names a citizen. With `owner`, resources of
    that citizen are changed, and everything must name her.

    Raises:
        InvalidContentError: none, several, or one who cannot be found; a fault for each entry.
    """
    faults = [moved(fault, entry) for entry, home in _pairs(entries, homes, Homeless) for fault in home.faults]
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    look = _LookUp(service, snapshot, call)
    namings = await _namings(look, entries, homes, owner, faults)
    pids = {pid for naming in namings for pid in naming.pids} | ({owner} if owner is not None else set())
    if not pids and not any(naming.identifiers for naming in namings) and not faults:
        pids = await _lived_under(look, entries, homes, faults)
        faults += [Fault(entry.path, "required", "nothing here names a citizen") for entry in entries if not pids]
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(dict.fromkeys(faults)))
    # Who is changed comes first, else whom the first entry names.
    chosen = owner if owner is not None else next((pid for naming in namings for pid in sorted(naming.pids)), None)
    if chosen is None and pids:
        chosen = min(pids)
    known = frozenset(each for each in look.identifiers if look.identifiers[each] == chosen) if chosen else frozenset()
    claimed, strays = _together(namings, chosen, known)
    if strays:
        faults = [Fault(each.entry.path, "business-rule", _stray(each, owner)) for each in strays]
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    row = new_row(random_key()) if chosen is None else await row_of(snapshot, chosen)
    beside = frozenset(local for naming in namings for local in naming.beside)
    return await _claiming(look, row, sorted(claimed - known), sorted(beside - claimed))


async def _claiming(
    look: "_LookUp", row: CitizenRow, unknown: Sequence[Identifier], beside: Sequence[Identifier]
) -> Subject:
    """Return the citizen with what makes the numbers that lead to nobody, and those beside hers, lead to her.

    A local number that leads somewhere else is its organisation's to give anew: from now on, and people at the operator
    are told. It is never a reason to join two citizens, nor to refuse what an official number names.
    """
    claims: list[Write] = [
        citizens.claim(row.pid, *number, valid_from=0, controller=await look.scope(number) or "") for number in unknown
    ]
    takes = False
    for number in beside:
        holder, scope = await look.holder(number), await look.scope(number)
        if scope is None or holder == row.pid:
            continue
        since = await citizens.found_since(look.snapshot, *number, at_us=look.call.at_us, controller=scope)
        if since is not None:
            claims.append(citizens.let_go(*number, controller=scope, valid_from=since, until=look.call.at_us))
            takes = True
        start = 0 if since is None else look.call.at_us
        claims.append(citizens.claim(row.pid, *number, valid_from=start, controller=scope))
    return Subject(row=row, claims=tuple(claims), takes=takes)


def _stray(naming: _Naming, owner: int | None) -> str:
    return _MOVED if owner is not None and naming.entry.method == "PUT" else _ANOTHER


def _together(
    namings: Sequence[_Naming], chosen: int | None, known: frozenset[Identifier]
) -> tuple[frozenset[Identifier], list[_Naming]]:
    """Return the identifiers of the one citizen, and the entries that name anybody else.

    INVARIANT: an identifier that leads to nobody becomes a known citizen's by a Patient alone that bears it beside what
    is hers: on any other resource it would join two persons by a slip of the pen.
    """
    hers = set(known)
    left = [each for each in namings if each.identifiers or each.pids]
    if chosen is None and left:
        hers |= next((each for each in left if each.is_patient), left[0]).identifiers
    while joined := [each for each in left if _is_hers(each, chosen, hers)]:
        left = [each for each in left if not _is_hers(each, chosen, hers)]
        hers.update(*(each.identifiers for each in joined if each.is_patient or chosen is None))
    return frozenset(hers), left


def _is_hers(naming: _Naming, chosen: int | None, hers: set[Identifier]) -> bool:
    if naming.pids - {chosen}:
        return False
    if naming.pids and (naming.is_patient or not naming.identifiers):
        return True
    return not naming.identifiers.isdisjoint(hers)


async def _namings(
    look: "_LookUp", entries: Sequence[Entry], homes: Sequence[HomeRef], owner: int | None, faults: list[Fault]
) -> list[_Naming]:
    pairs = _pairs(entries, homes, Citizen)
    patients: dict[str, Citizen] = {}
    meant: dict[Identifier, list[Identifier]] = {}  # by a local number that stands beside official ones
    for entry, home in pairs:
        if entry.type == "Patient":
            patients |= dict.fromkeys(names_of(entry.full_url, entry.type), home)
            if home.numbers:
                meant |= dict.fromkeys(home.other_identifiers, _identifiers(home))
    namings: list[_Naming] = []
    for entry, home in pairs:
        beside = patients.get(home.reference) if home.reference else None
        # Named by a Patient beside it and by a number of its own: the number says who is meant, and must be hers.
        identifiers = _identifiers(home) or (_identifiers(beside) if beside is not None else [])
        identifiers = [official for each in identifiers for official in meant.get(each, [each])]
        if [each for each in identifiers if await look.scope(each) is None]:
            faults.append(Fault(entry.path, "business-rule", _NOBODYS))
        pids = {pid for each in identifiers if (pid := await look.holder(each)) is not None}
        pointed = None if beside is not None else await look.pointed(home.reference, "Patient")
        if pointed is not None:
            pids.add(pointed)
        elif home.reference and beside is None and not identifiers:
            faults.append(Fault(entry.path, "not-found", _ABSENT))
        is_patient = entry.type == "Patient"
        if is_patient and entry.id is not None and owner is not None:
            pids.add(owner)
        namings.append(
            _Naming(
                entry=entry,
                identifiers=frozenset(identifiers),
                pids=frozenset(pids),
                is_patient=is_patient,
                beside=home.other_identifiers if is_patient and home.numbers else (),
            )
        )
    return namings


async def _lived_under(
    look: "_LookUp", entries: Sequence[Entry], homes: Sequence[HomeRef], faults: list[Fault]
) -> set[int]:
    """Return under whom lives what the entries point to, where nothing of the submission names a citizen itself."""
    found: set[int] = set()
    for entry, home in _pairs(entries, homes, Inherits):
        own = {pid for reference in home.points_to if (pid := await look.pointed(reference)) is not None}
        found |= own
        if len(found) > 1:
            faults.append(Fault(entry.path, "business-rule", _ANOTHER))
    return found


@dataclass(slots=True)
class _LookUp:
    """Asks the database once for each identifier and reference of a submission."""

    service: Service
    snapshot: Snapshot
    call: Call
    identifiers: dict[Identifier, int | None] = field(default_factory=dict)
    references: dict[str, int | None] = field(default_factory=dict)
    controller: str | None = None

    async def holder(self, identifier: Identifier) -> int | None:
        """Return the citizen to whom an identifier leads for the caller."""
        if identifier not in self.identifiers:
            scope = await self.scope(identifier)
            self.identifiers[identifier] = (
                None
                if scope is None
                else await citizens.find_pid(self.snapshot, *identifier, at_us=self.call.at_us, controller=scope)
            )
        return self.identifiers[identifier]

    async def scope(self, identifier: Identifier) -> str | None:
        """Return among whose numbers an identifier stands, None for a local one of a caller who can have none."""
        if self.controller is None and not is_citizen_system(identifier[0]):
            self.controller = await numbers.controller(self.snapshot, self.call)
        return numbers.scope_of(identifier, controller=self.controller or "")

    async def pointed(self, reference: str, type_: str = "") -> int | None:
        """Return the citizen under whom lives what a relative or an absolute reference to here points to."""
        if reference not in self.references:
            self.references[reference] = await self._pointed(reference, type_)
        return self.references[reference]

    async def _pointed(self, reference: str, type_: str) -> int | None:
        kind, _, id_ = local_of(reference, base_url=self.service.settings.public_url).partition("/")
        place = self.service.database.ids.decode(id_)
        if place is None or place[0] == DIRECTORY or (type_ and kind != type_):
            return None
        return None if await citizens.load(self.snapshot, place[0]) is None else place[0]


def new_row(pid: int) -> CitizenRow:
    """Return the row of a citizen (or the directory) of whom nothing is stored yet."""
    return CitizenRow(pid=pid, change=0, next_n=1, born=None, died=None, master=None, classified=current_version())


async def row_of(snapshot: Snapshot, pid: int) -> CitizenRow:
    """Return the citizen's row, or that of a new one."""
    return await citizens.load(snapshot, pid) or new_row(pid)


def _identifiers(home: Citizen) -> list[Identifier]:
    return [(number.system, number.value) for number in home.numbers] or list(home.other_identifiers)


def _pairs(entries: Sequence[Entry], homes: Sequence[HomeRef], kind: type[_Kind]) -> list[tuple[Entry, _Kind]]:
    return [(entry, home) for entry, home in zip(entries, homes, strict=True) if isinstance(home, kind)]
