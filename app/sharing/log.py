"""The citizen reads who looked at what, when and why (Danish: logopslag, MinLog). Reading it is recorded too."""

from typing import Any

import msgspec

from app import audit, gate
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.runtime import from_us
from app.search.dates import date_range
from app.search.parse import parse
from app.search.query import ById, ByIdentifier
from app.store import audits, bookkeeping, citizens, directory, versions
from app.store.job import Job
from consent.vocabulary import Action
from schemas.fault import Fault
from schemas.homes import TYPE_NAME

_PAGE = 100
_MOST = 500
_ALL_TIME = (0, 2**62)
_PREFIXES = frozenset({"ge", "gt", "le", "lt"})


async def search_log(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return the log of one citizen as a searchset of AuditEvents, newest first.

    Parameters: `patient` (id or identifier), `date` (`ge`, `gt`, `le`, `lt` or a day), `_count`, `_cursor` is refused:
    go on with `date=lt` the oldest seen.

    Raises:
        InvalidSearchError: an unknown parameter or value.
        AccessRefusedError: somebody else's log.
    """
    wanted = _read(pairs)
    async with service.database.snapshot() as snapshot:
        pid = await _citizen(service, snapshot, call, wanted.patient)
        access = await gate.authorize(
            service, snapshot, call, pid=pid, action=Action.READ_LOG, operation=audit.Operation.READ_LOG
        )
        rows = await audits.of_citizen(
            snapshot, access.pid, since_us=wanted.first_us, before=(wanted.last_us, "~", 0), limit=wanted.count
        )
        master = await bookkeeping.master_reference(snapshot, access.pid)
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    ids, base = service.database.ids, service.settings.public_url
    patient = f"Patient/{ids.encode(access.pid, master)}" if master is not None else ""

    def instance(type_number: int, n: int, version: int) -> str:
        return f"{TYPE_NAME[type_number]}/{ids.encode(access.pid, n)}/_history/{version}"

    entries = [
        {
            "fullUrl": f"{base}/AuditEvent/{row.hash.hex()[:32]}",
            "resource": audit.audit_event(
                audit.decode(row.body),
                id=row.hash.hex()[:32],
                recorded=_instant(row.at_us),
                patient=patient,
                instance=instance,
                organisation_names=registry.names,
                base_url=base,
            ),
            "search": {"mode": "match"},
        }
        for row in rows
    ]
    record = gate.entry(
        call, pid=access.pid, operation=audit.Operation.READ_LOG, permit=access.permit, categories=["access-log"]
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if entries:
        bundle["entry"] = entries
    return msgspec.json.encode(bundle)


class _Wanted(msgspec.Struct, frozen=True):
    patient: ById | ByIdentifier
    first_us: int
    last_us: int
    count: int


def _read(pairs: list[tuple[str, str]]) -> _Wanted:
    faults: list[Fault] = []
    span, count = _ALL_TIME, _PAGE
    selecting = [pair for pair in pairs if pair[0].partition(":")[0].partition(".")[0] == "patient"]
    for name, value in pairs:
        if (name, value) in selecting:
            continue
        if name == "_count" and value.isascii() and value.isdigit() and len(value) < 6:  # noqa: PLR2004
            count = min(int(value), _MOST)
        elif name == "date" and (narrowed := _narrowed(span, value)) is not None:
            span = narrowed
        else:
            text = (
                "the log takes `patient`, `date` (a day or time, with `ge`, `gt`, `le`, `lt` or nothing) and `_count`"
            )
            faults.append(Fault(name if name in {"date", "_count"} else "", "not-supported", text))
    # The citizen is selected as in every search; any type with a citizen does for reading that parameter.
    patient = parse("Observation", selecting).patient if len(selecting) == 1 else None
    if patient is None:
        faults.append(Fault("patient", "required", "name the citizen whose log this is, once"))
    if faults or patient is None:
        raise InvalidSearchError(faults[0].text, faults=tuple(faults))
    return _Wanted(patient, *span, count)


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
    return await citizens.find_pid(snapshot, selected.system, selected.value, at_us=call.at_us)
