"""Who looked at what, when and why (Danish: logopslag, MinLog), for the citizen; reading it is recorded too.

A data protection officer reads the part that the own organisation answers for: the permit covers each entry or not.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.gate import Access
from app.runtime import from_us
from app.search.dates import date_range
from app.search.parse import parse
from app.search.query import ById, ByIdentifier
from app.sharing.declared import Declared, declared_about
from app.sharing.log_pages import Place, opened, seal
from app.sharing.numbers import citizen_named
from app.store import audits, bookkeeping, citizens, directory, pointers, versions
from app.store.audits import AuditRow
from app.store.database import Snapshot
from app.store.job import Job
from app.summary import catalogue
from consent import may_disclose
from consent.condition import NEVER
from consent.disclosure import residual
from consent.model import CitizenKey, Item, OrganisationKey, Period, Permit, PersonKey, Signature
from consent.pointing import reached
from consent.vocabulary import Action, Category, Regime
from schemas.fault import Fault
from schemas.homes import TYPE_NAME

DECLARATION = "declaration "
"""Begins what the record of a declaration says; its id follows."""
_PAGE = 100
_MOST = 500
_ALL_TIME = (0, 2**62)
_AFTER_ALL_WRITERS = "~"
_PREFIXES = frozenset({"ge", "gt", "le", "lt"})


async def search_log(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return the log of one citizen as a searchset of AuditEvents, newest first.

    Parameters: `patient` (id or identifier), `date` (`ge`, `gt`, `le`, `lt` or a day), `_count`; or the `_cursor` of a
    link `next`, with `_count` if wanted.

    Raises:
        InvalidSearchError: an unknown parameter or value.
        AccessRefusedError: somebody else's log.
    """
    wanted = _read(service, call, pairs)
    async with service.database.snapshot() as snapshot:
        selected = wanted.selected
        pid = selected.pid if isinstance(selected, Place) else await _citizen(service, snapshot, call, selected)
        access = await gate.authorize(
            service, snapshot, call, pid=pid, action=Action.READ_LOG, operation=audit.Operation.READ_LOG
        )
        recorded, has_more = await _page(snapshot, access, wanted)
        citizen = await citizens.load(snapshot, access.pid)
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        declared = await declared_about(snapshot, access.pid, registry, at_us=call.at_us)
    doors = {one.made.declaration.source: one for one in declared}
    ids, base = service.database.ids, service.settings.public_url
    # Without a Patient it is still somebody's: counter 0 is nobody's resource, and names the citizen alone.
    master = citizen.master if citizen is not None else None
    patient = f"Patient/{ids.encode(access.pid, master or 0)}"

    def instance(type_number: int, n: int, version: int) -> str:
        return f"{TYPE_NAME[type_number]}/{ids.encode(access.pid, n)}/_history/{version}"

    entries = [
        {
            # A record is read as part of the log, never by itself: its name is no address.
            "fullUrl": f"urn:uuid:{UUID(bytes=row.hash[:16])}",
            "resource": _with_door(
                audit.audit_event(
                    record,
                    id=row.hash.hex()[:32],
                    recorded=_instant(row.at_us),
                    patient=patient,
                    instance=instance,
                    organisation_names=registry.names,
                    base_url=base,
                ),
                doors.get(record.query.removeprefix(DECLARATION)),
            ),
            "search": {"mode": "match"},
        }
        for row, record in recorded
    ]
    reading = records.entry(
        call, pid=access.pid, operation=audit.Operation.READ_LOG, permit=access.permit, categories=["access-log"]
    )
    await service.database.commit(Job(pid=access.pid, audit=(reading,)))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if has_more and recorded:
        last = recorded[-1][0]
        place = Place(access.pid, wanted.first_us, last.at_us, last.writer, last.seq)
        token = seal(service.secret, place, caller=call.caller.digest)
        following = f"{base}/AuditEvent?_cursor={token}&_count={wanted.count}"
        bundle["link"] = [{"relation": "next", "url": following}]
    if entries:
        bundle["entry"] = entries
    return msgspec.json.encode(bundle)


def _with_door(event: dict[str, Any], door: Declared | None) -> dict[str, Any]:
    """Say beside the record of a declaration, and of its review, what was declared and why, and what became of it."""
    if door is not None:
        said = door.text()
        details = {"declaration": said.da, "declaration-en": said.en, "reason-code": door.made.code}
        details["review"] = None if door.state is None else catalogue.REVIEW_STATES[door.state].da
        details["review-state"] = door.state
        about = next(part for part in event["entity"] if "description" in part)
        about["detail"] = [{"type": name, "valueString": value} for name, value in details.items() if value]
    return event


async def _page(
    snapshot: Snapshot, access: Access, wanted: "_Wanted"
) -> tuple[list[tuple[AuditRow, audit.Record]], bool]:
    """Return a full page, or the last one, of what this reader is told, and whether there is more.

    SQL gives the part that the permit is about. What is kept from a parent is left out here, and the page filled up:
    a short page would tell of it.
    """
    numbers, hidden = await _kept(snapshot, access)
    categories = {row.number: row.signature.category.value for row in access.signatures}
    names_records = any(grant.categories - {Category.ACCESS_LOG} for grant in access.permit.grants)
    organisations = organisations_of(access.permit)
    found: list[tuple[AuditRow, audit.Record]] = []
    before, limit = wanted.before, wanted.count + 1
    while True:
        rows = await audits.of_citizen(
            snapshot,
            access.pid,
            since_us=wanted.first_us,
            before=before,
            limit=limit,
            organisations=organisations,
        )
        for row in rows:
            record = audit.decode(row.body)
            told = _told(record, numbers, hidden, categories) if hidden else record
            if told is not None and may_disclose(access.permit, _item(access.pid, row, record)):
                found.append((row, told if names_records else _without_records(told)))
        if len(rows) < limit or len(found) > wanted.count:
            return found[: wanted.count], len(found) > wanted.count
        before, limit = (rows[-1].at_us, rows[-1].writer, rows[-1].seq), max(limit, _PAGE)


def organisations_of(permit: Permit) -> list[str] | None:
    """Return the organisations whose part of the log the permit opens; `None` is everybody's."""
    narrowed = [grant.controllers for grant in permit.grants]
    if None in narrowed:
        return None
    tops = frozenset[OrganisationKey]().union(*(one for one in narrowed if one is not None))
    below = {unit for unit in permit.organisations.parents if not tops.isdisjoint(permit.organisations.path(unit))}
    return sorted(tops | below)


def _without_records(record: audit.Record) -> audit.Record:
    """Return a record that names no single resource: whom the log alone is open to sees kinds of information."""
    return msgspec.structs.replace(record, shown=[], query=record.query.partition("?")[0])


async def _kept(snapshot: Snapshot, access: Access) -> tuple[dict[int, int], set[int]]:
    """Return each record's signature, and the records kept from this reader though others of their kind are not.

    What is about one that is kept is kept, too.
    """
    kinds = frozenset[Category]().union(*(grant.categories for grant in access.permit.grants))
    kept_from = {
        row.number
        for row in access.signatures
        if row.signature.category in kinds and residual(access.permit, row.signature) is NEVER
    }
    if not kept_from:
        return {}, set()
    numbers = await bookkeeping.all_signature_numbers(snapshot, access.pid)
    hidden = {n for n, number in numbers.items() if number in kept_from}
    return numbers, hidden | reached(await pointers.of_citizen(snapshot, access.pid), hidden)


def _told(
    record: audit.Record, numbers: dict[int, int], hidden: set[int], categories: dict[int, str]
) -> audit.Record | None:
    """Leave out what is kept from this reader, and accesses to that alone.

    A parent sees who has looked, but not that there is something which its author has kept from parents.
    """
    versions_shown = [record.shown[at : at + 3] for at in range(0, len(record.shown), 3)]
    left = [one for one in versions_shown if one[1] not in hidden]
    if len(left) == len(versions_shown):
        return record
    seen = {categories[numbers[n]] for _, n, _ in left if n in numbers}
    shown = [number for one in left for number in one]
    return msgspec.structs.replace(record, shown=shown, categories=sorted(seen)) if left else None


def _item(pid: int, row: AuditRow, record: audit.Record) -> Item:
    """Return a record of the log in the engine's words; who looked answers for it."""
    place = OrganisationKey(record.organisation)
    at = from_us(row.at_us)
    return Item(
        citizen=CitizenKey(pid),
        instance=f"AuditEvent/{row.hash.hex()[:32]}",
        signature=Signature(
            Category.ACCESS_LOG, frozenset(), place, place, PersonKey(record.person), Regime.HEALTH_CARE
        ),
        period=Period(start=at, end=at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    selected: ById | ByIdentifier | Place
    first_us: int
    before: tuple[int, str, int]
    count: int


def _read(service: Service, call: Call, pairs: list[tuple[str, str]]) -> _Wanted:
    faults: list[Fault] = []
    span, count = _ALL_TIME, _PAGE
    place: Place | None = None
    selecting = [pair for pair in pairs if pair[0].partition(":")[0].partition(".")[0] == "patient"]
    for name, value in pairs:
        if (name, value) in selecting:
            continue
        if name == "_count" and value.isascii() and value.isdigit() and len(value) < 6:  # noqa: PLR2004
            count = min(int(value), _MOST)
        elif name == "_cursor" and not selecting:
            place = opened(service.secret, value, caller=call.caller.digest)
            if place is None:
                faults.append(Fault(name, "value", "this is not a page token that was given to this caller"))
        elif name == "date" and (narrowed := _narrowed(span, value)) is not None:
            span = narrowed
        else:
            text = (
                "the log takes `patient`, `date` (a day or time, with `ge`, `gt`, `le`, `lt` or nothing) and `_count`"
            )
            faults.append(Fault(name if name in {"date", "_count"} else "", "not-supported", text))
    if place is not None and not faults:
        before = (place.at_us, place.writer, place.seq)
        return _Wanted(selected=place, first_us=place.since_us, before=before, count=count)
    # The citizen is selected as in every search; any type with a citizen does for reading that parameter.
    patient = parse("Observation", selecting).patient if len(selecting) == 1 else None
    if patient is None:
        faults.append(Fault("patient", "required", "name the citizen whose log this is, once"))
    if faults or patient is None:
        raise InvalidSearchError(faults[0].text, faults=tuple(faults))
    return _Wanted(selected=patient, first_us=span[0], before=(span[1], _AFTER_ALL_WRITERS, 0), count=count)


def _narrowed(span: tuple[int, int], value: str) -> tuple[int, int] | None:
    """Return the span of time cut by one `date` parameter, or None when it cannot be read."""
    first, last = span
    prefix = value[:2] if value[:2] in _PREFIXES else ""
    bound = date_range(value.removeprefix(prefix))
    if bound is None:
        return None
    cuts = {
        "ge": (bound[0], last),
        "gt": (bound[1] + 1, last),
        "le": (first, bound[1]),
        "lt": (first, bound[0] - 1),
        "": bound,
    }
    low, high = cuts[prefix]
    return max(first, low), min(last, high)


def _instant(us: int) -> str:
    return from_us(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _citizen(service: Service, snapshot: Any, call: Call, selected: ById | ByIdentifier) -> int | None:
    if isinstance(selected, ById):
        place = service.database.ids.decode(selected.id)
        return place[0] if place is not None and place[0] > 0 else None
    return await citizen_named(snapshot, call, (selected.system, selected.value))
