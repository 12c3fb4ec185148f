"""Directory entries of a submission: organisations, practitioners, places. They live under no citizen.

One that bears an identifier which the directory knows is that one, and nothing is written. They are planned with the
citizen's own job, so that a refused submission stores nothing, and stored just ahead of it: a directory entry is true
by itself, and no group of writes spans shards (DESIGN § 4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, InvalidContentError, NotFoundError, VersionConflictError
from app.search import sql
from app.search.index import index, index_of
from app.search.parse import parse
from app.sharing.citizen import row_of
from app.sharing.draft import Draft
from app.sharing.entries import Entry, moved
from app.sharing.rewriting import names_of
from app.sharing.values import Written
from app.store import directory, resources, signatures, versions
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.job import Job
from app.store.resources import Stored
from app.store.revisions import Revision
from app.store.tables import DIRECTORY, NO_CITIZEN
from app.translate.homes import Directory, other_citizens
from consent.explain import guidance
from consent.model import OrganisationKey, PersonKey, Signature
from consent.policy import POLICY_VERSION, WRITES
from consent.vocabulary import Action, Category, Regime
from schemas.fault import Fault
from schemas.homes import HOME_OF
from schemas.splice import received_meta, with_identity
from schemas.terminology import systems

_parse = msgspec.json.Decoder().decode
_OWN_NAME = frozenset({systems.SOR, systems.AUTHORISATION, systems.PERSON_KEY})
"""Systems that name one unit or one person; other numbers (CVR, GLN) may be shared by all units of an organisation."""
_SAME_NUMBER = "50"
"""How many entries with one shared number are looked at."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`written` by identity of the entry; `references` from what the client called them to what they are here."""

    references: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[int, Written] = field(default_factory=dict)

    def is_all(self, entries: Sequence[Entry]) -> bool:
        """Tell whether nothing of a citizen is left to write."""
        return all(id(entry) in self.written for entry in entries)


async def plan_directory(
    service: Service, snapshot: Snapshot, call: Call, entries: Sequence[Entry], operation: audit.Operation
) -> tuple[Job | None, Kept]:
    """Return the job that stores the directory entries among `entries`, None when there is nothing to store.

    Raises:
        AccessRefusedError: the caller's function writes nothing.
        NotFoundError, VersionConflictError: of updates and deletions; only the controller may change an entry.
        InvalidContentError: an entry names a citizen; everybody reads the directory.
    """
    mine = [entry for entry in entries if _is_directory(service, entry)]
    if not mine:
        return None, Kept()
    draft, kept = await _planned(service, snapshot, call, mine)
    if draft.is_empty:
        return None, kept
    flat = [number for row in draft.revisions for number in (row.type_number, row.n, row.version)]
    record = records.plain_entry(
        call, pid=NO_CITIZEN, operation=operation, policy=POLICY_VERSION, query="directory", flat=flat
    )
    return draft.job((record,), amended=draft.citizen), kept


def _is_directory(service: Service, entry: Entry) -> bool:
    if entry.id is not None:
        place = service.database.ids.decode(entry.id)
        return place is not None and place[0] == DIRECTORY and HOME_OF[entry.type].home in {"directory", "either"}
    return isinstance(entry.home, Directory)


async def _planned(service: Service, snapshot: Snapshot, call: Call, entries: Sequence[Entry]) -> tuple[Draft, Kept]:
    requester, _ = await gate.identify(snapshot, call)
    await gate.check_writable(snapshot, call, {entry.type for entry in entries})
    if not WRITES[requester.function]:
        raise AccessRefusedError(guidance(requester.function, min(call.caller.purposes), Action.SUBMIT))
    faults = [moved(fault, entry) for entry in entries for fault in _others(entry)]
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    controller = OrganisationKey(controller_of(registry, requester.organisation or ""))
    known = await signatures.load(snapshot, DIRECTORY)
    own = Signature(Category.OTHER, frozenset(), controller, controller, PersonKey(""), Regime.HEALTH_CARE)
    controlled = {row.number for row in known if row.signature.controller == controller}
    draft = Draft.begin(await row_of(snapshot, DIRECTORY), known)
    first_of = _first_of_each(entries)
    places = [
        await _place(service, snapshot, draft, entry, controlled) for entry in entries if first_of[id(entry)] is entry
    ]
    firsts = [entry for entry in entries if first_of[id(entry)] is entry]
    references: dict[str, str] = {}
    for entry, (n, _current, _stands) in zip(firsts, places, strict=True):
        name = f"{entry.type}/{service.database.ids.encode(DIRECTORY, n)}"
        for same in entries:
            if first_of[id(same)] is entry:
                references |= dict.fromkeys(names_of(same.full_url, same.type), name)
    put = {
        id(entry): _put(service, call, draft, entry, place, own, references)
        for entry, place in zip(firsts, places, strict=True)
    }
    written = {id(entry): put[id(first_of[id(entry)])] for entry in entries}
    return draft, Kept(
        references,
        {key: one if key in put else msgspec.structs.replace(one, created=False) for key, one in written.items()},
    )


def _first_of_each(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Return for each entry, by its identity, the first new one that is the same; itself where there is none."""
    firsts: dict[tuple[str, bool, str, str], Entry] = {}
    found: dict[int, Entry] = {}
    for entry in entries:
        identifiers = _identifiers(entry.resource) if entry.method == "POST" else []
        named = [each for each in identifiers if systems.canonical(each[0]) in _OWN_NAME]
        names = [(entry.type, bool(named), systems.canonical(system), value) for system, value in named or identifiers]
        first = next((firsts[name] for name in names if name in firsts), entry)
        found[id(entry)] = first
        firsts |= {name: first for name in names if name not in firsts}
    return found


def _others(entry: Entry) -> tuple[Fault, ...]:
    return other_citizens(entry.resource, naming=[value for _, value in entry.survey.naming]).faults


async def _place(
    service: Service, snapshot: Snapshot, draft: Draft, entry: Entry, controlled: set[int]
) -> tuple[int, Stored | None, bool]:
    """Return (n, what is there, whether it stands as it is)."""
    number = HOME_OF[entry.type].number
    if entry.id is not None:
        place = service.database.ids.decode(entry.id)
        stored = None
        if place is not None:
            stored = await resources.directory_read(snapshot, type_number=number, n=place[1])
        if stored is None or stored.sig not in controlled or (stored.deleted and entry.method == "PUT"):
            raise NotFoundError("there is no such resource that you may change")
        if entry.if_match is not None and entry.if_match != stored.version:
            raise VersionConflictError("the resource has changed since the version that If-Match names")
        return stored.n, stored, bool(stored.deleted)
    known = await _known(snapshot, entry)
    return (draft.take_n(), None, False) if known is None else (known.n, known, True)


async def _known(snapshot: Snapshot, entry: Entry) -> Stored | None:
    """Return the directory's entry that is the same: by its own name, by another number only where neither has one."""
    identifiers = _identifiers(entry.resource)
    named = [each for each in identifiers if systems.canonical(each[0]) in _OWN_NAME]
    for system, value in named or identifiers:
        pairs = [("identifier", f"{_escaped(system)}|{_escaped(value)}"), ("_count", _SAME_NUMBER)]
        for stored in (await sql.find(snapshot, None, parse(entry.type, pairs))).rows:
            if named or not _has_own_name(_parse(stored.body)):
                return stored
    return None


def _identifiers(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [(each.get("system"), each.get("value")) for each in resource.get("identifier", [])]
    return [(system, value) for system, value in found if system and value]


def _has_own_name(resource: Mapping[str, Any]) -> bool:
    return any(systems.canonical(system) in _OWN_NAME for system, _ in _identifiers(resource))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace(",", "\\,").replace("$", "\\$")


def _put(
    service: Service,
    call: Call,
    draft: Draft,
    entry: Entry,
    place: tuple[int, Stored | None, bool],
    own: Signature,
    references: Mapping[str, str],
) -> Written:
    n, current, stands = place
    id_ = service.database.ids.encode(DIRECTORY, n)
    if current is not None and stands:
        return Written(entry.type, id_, current.version, current.updated_us, created=False, body=current.body)
    version = 1 if current is None else current.version + 1
    at_us = call.at_us if current is None else max(call.at_us, current.updated_us)
    is_deletion = entry.method == "DELETE"
    body, content = b"", entry.survey.resolved(references)
    if not is_deletion:
        meta = received_meta(entry.resource, version=version, updated_us=at_us)
        body = with_identity(entry.raw, id=id_, meta=meta, references=references, replaced=content.replaced)
    draft.revisions.append(
        Revision(
            n=n,
            type_number=HOME_OF[entry.type].number,
            version=version,
            sig=draft.touch(own),
            updated_us=at_us,
            start_us=at_us,
            stop_us=at_us,
            line=b"",
            body=body,
            index=None if is_deletion else index(content.resource),
            was=None if current is None else index_of(current.body),
            deleted=is_deletion,
        )
    )
    return Written(entry.type, id_, version, at_us, created=current is None, body=body)
