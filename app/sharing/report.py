"""The KL gateway's DeliveryReport, unchanged, becomes shared state: `$submit-report`.

What an earlier report of the organisation called by the same fullUrl is the same thing: it gets a new version, and
references to it hold. What was told about another citizen by a name that is universally unique was not about her: it is
withdrawn there first (docs/adr/0029-reported-of-another.md).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from app import audit, gate, records
from app.bridge.delivery_report import PlannedEntry, Report, read
from app.bridge.message import Refusal
from app.context import Call, Service
from app.errors import AccessRefusedError, ContentionError, InvalidContentError, NotFoundError, StaleError
from app.sharing.entries import Entry
from app.sharing.proofs import told_of
from app.sharing.submit import TRIES, Submission, submit
from app.sharing.transaction import response_of
from app.sharing.values import Written
from app.store import answers, bookkeeping, citizens, directory, reported, versions
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.job import Upsert, Write
from consent.explain import guidance
from consent.model import OrganisationKey
from consent.vocabulary import Action
from schemas.admit import Admitted
from schemas.fault import Fault
from schemas.splice import entry_slices

_QUERY = "delivery-report"
_WITHDRAWN = "delivery-report withdrawn"
_UNIQUE = re.compile(r"(?:^|[/:])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
"""Ends of a name that names one thing wherever it stands; others name a thing among those of their citizen."""


async def submit_report(service: Service, call: Call, *, content: Admitted) -> bytes:
    """Store a report and return a transaction-response.

    Raises:
        InvalidContentError: it breaks a rule of the gateway; every fault.
        AccessRefusedError: another organisation than the caller's keeps the record.
    """
    async with service.database.snapshot() as snapshot:
        await gate.identify(snapshot, call)  # from here on the imported codes hold: the rules ask for families of codes
    report = read(content.resource)
    if isinstance(report, Refusal):
        raise InvalidContentError("the report was refused", faults=report.faults)
    for _ in range(TRIES):
        try:
            return await _stored(service, call, content, report)
        except StaleError:
            continue
    raise ContentionError("others are writing about this citizen; try again")


async def _stored(service: Service, call: Call, content: Admitted, report: Report) -> bytes:
    raws = entry_slices(content.raw)
    first = _citizen_entry(content, raws, report)
    async with service.database.snapshot() as snapshot:
        requester, _ = await gate.identify(snapshot, call)
        unit = requester.organisation or ""
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        controller = controller_of(registry, unit)
        if not registry.tree.is_within(OrganisationKey(report.municipality), OrganisationKey(unit)):
            await records.record_refused(service, call, pid=None, operation=audit.Operation.REPORT, query=_QUERY)
            raise AccessRefusedError(
                guidance(requester.function, min(call.caller.purposes), Action.SUBMIT), recorded=True
            )
        pid = await citizens.find_pid(snapshot, report.citizen.system, report.citizen.value, at_us=call.at_us)
        change = 0 if pid is None else await citizens.change(snapshot, pid)
        names = {entry.full_url for entry in report.entries} | {reference for _, reference in report.dangling}
        keys = {name: _key(service, controller, name) for name in sorted(names)}
        known = {} if pid is None else await _known(service, snapshot, pid, keys)
        unique = {each.full_url: keys[each.full_url] for each in report.entries if _is_unique(each.full_url)}
        elsewhere = await _elsewhere(service, snapshot, pid, unique)
    entries = [first, *(_entry(each, raws[each.index] or b"", known.get(each.full_url)) for each in report.entries)]

    def extra(citizen: int, written: Sequence[Written]) -> Sequence[Write]:
        names_here = [
            (keys[entry.full_url], f"{one.type}/{one.id}", one.created)
            for entry, one in zip(report.entries, written[1:], strict=True)
        ]
        fresh = [
            answers.put(citizen, key, answers.Answer(name.encode(), 201, call.at_us))
            for key, name, created in names_here
            if created
        ]
        noted = {unique[entry.full_url] for entry in report.entries if entry.full_url in unique}
        # What was withdrawn and is told again has an answer already: it gets the new one.
        return [*(Upsert(each.table, each.rows) for each in fresh), reported.put(citizen, noted)]

    async def withdraw() -> None:
        for names in elsewhere.values():
            await _withdraw(service, call, names)

    submission = Submission(
        entries=entries,
        operation=audit.Operation.REPORT,
        query=_QUERY,
        extra=extra,
        base_change=change,
        references=known,
        first=withdraw,
    )
    written = await submit(service, call, submission)
    return response_of(service, entries, written)


async def _known(service: Service, snapshot: Snapshot, pid: int, keys: Mapping[str, str]) -> dict[str, str]:
    """Return 'Type/id' of what earlier reports called by these names, as far as it is not withdrawn."""
    found = {name: await answers.find(snapshot, pid=pid, key=key) for name, key in keys.items()}
    told = {name: answer.body.decode() for name, answer in found.items() if answer is not None}
    live = await _live(service, snapshot, pid, told.values())
    return {name: there for name, there in told.items() if there in live}


async def _live(service: Service, snapshot: Snapshot, pid: int, names: Iterable[str]) -> set[str]:
    """Return those of the names that are not withdrawn."""
    places = {name: service.database.ids.decode(name.rpartition("/")[2]) for name in names}
    ns = {name: place[1] for name, place in places.items() if place is not None}
    there = await bookkeeping.signature_numbers(snapshot, pid, list(ns.values()))
    return {name for name, n in ns.items() if n in there}


def _is_unique(name: str) -> bool:
    """Tell whether a name is universally unique, as the gateway demands of ids: all that it can be asked is a UUID."""
    return _UNIQUE.search(name) is not None


async def _elsewhere(
    service: Service, snapshot: Snapshot, pid: int | None, keys: Mapping[str, str]
) -> dict[int, list[str]]:
    """Return by citizen 'Type/id' of what the same organisation has told of others than `pid` by these names."""
    names: dict[int, dict[str, str]] = {}
    for key, tellings in (await reported.citizens_of(snapshot, list(keys.values()))).items():
        for other in tellings:
            if other != pid:
                names.setdefault(other, {})[key] = key
    found = {other: await _known(service, snapshot, other, there) for other, there in names.items()}
    return {other: sorted(known.values()) for other, known in found.items() if known}


async def _withdraw(service: Service, call: Call, names: Sequence[str]) -> None:
    """Withdraw what was told of the wrong citizen, who is told.

    Raises:
        StaleError: somebody has withdrawn a part of it meanwhile.
    """
    entries = [
        Entry(path=name, method="DELETE", type=type_, raw=b"", resource={}, id=id_)
        for name in names
        for type_, _, id_ in [name.partition("/")]
    ]

    def extra(citizen: int, _: Sequence[Written]) -> Sequence[Write]:
        return [told_of(citizen, "", "information-withdrawn", at_us=call.at_us)]

    withdrawal = Submission(entries=entries, operation=audit.Operation.REPORT, query=_WITHDRAWN, extra=extra)
    try:
        await submit(service, call, withdrawal)
    except NotFoundError:
        raise StaleError("what was to be withdrawn has been withdrawn") from None


def _citizen_entry(content: Admitted, raws: list[bytes | None], report: Report) -> Entry:
    for index, part in enumerate(content.resource["entry"]):
        raw = raws[index]
        if part["resource"]["resourceType"] == "Patient" and raw is not None:
            return Entry(
                path=f"Bundle.entry[{index}].resource",
                method="POST",
                type="Patient",
                raw=raw,
                resource=part["resource"],
                full_url=report.citizen_url,
                yields=True,  # it says nothing of her, so it never replaces what the municipality has said
            )
    fault = Fault("Bundle.entry", "structure", "a delivery report is about exactly one citizen")
    raise InvalidContentError(fault.text, faults=(fault,))


def _entry(planned: PlannedEntry, raw: bytes, known: str | None) -> Entry:
    return Entry(
        path=f"Bundle.entry[{planned.index}].resource",
        method="POST" if known is None else "PUT",
        type=planned.resource["resourceType"],
        raw=raw,
        resource=planned.resource,
        full_url=planned.full_url,
        id=None if known is None else known.rpartition("/")[2],
    )


def _key(service: Service, controller: str, full_url: str) -> str:
    return hashlib.blake2b(
        f"report\x00{controller}\x00{full_url}".encode(), key=service.secret, digest_size=16
    ).hexdigest()
