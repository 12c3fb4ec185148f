"""The KL gateway's DeliveryReport, unchanged, becomes shared state: `$submit-report`.

What an earlier report called by the same fullUrl is the same thing: it gets a new version.
"""

import hashlib

from app import audit
from app.bridge.delivery_report import PlannedEntry, Report, read
from app.bridge.message import Refusal
from app.context import Call, Service
from app.errors import ContentionError, InvalidContentError, StaleError
from app.sharing.entries import Entry
from app.sharing.submit import TRIES, Submission, submit
from app.sharing.transaction import response_of
from app.store import answers, citizens
from app.store.job import Write
from schemas.admit import Admitted
from schemas.fault import Fault
from schemas.splice import entry_slices


async def submit_report(service: Service, call: Call, *, content: Admitted) -> bytes:
    """Store a report and return a transaction-response.

    Raises:
        InvalidContentError: it breaks a rule of the gateway; every fault.
    """
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
    keys = {entry.index: _key(service, call, entry.full_url) for entry in report.entries}
    async with service.database.snapshot() as snapshot:
        pid = await citizens.find_pid(snapshot, report.citizen.system, report.citizen.value, at_us=call.at_us)
        change = 0 if pid is None else await citizens.change(snapshot, pid)
        known = {
            index: found.body.decode()
            for index, key in keys.items()
            if pid is not None and (found := await answers.find(snapshot, pid=pid, key=key)) is not None
        }
    entries = [_citizen_entry(content, raws, report)]
    entries += [_entry(planned, raws[planned.index] or b"", known.get(planned.index)) for planned in report.entries]
    fresh = [(position, planned) for position, planned in enumerate(report.entries, 1) if planned.index not in known]

    def extra(citizen: int, written: object) -> list[Write]:
        if not isinstance(written, list):
            return []
        return [
            answers.put(citizen, keys[planned.index], answers.Answer(written[position].id.encode(), 201, call.at_us))
            for position, planned in fresh
        ]

    submission = Submission(
        entries=entries, operation=audit.Operation.REPORT, query="delivery-report", extra=extra, base_change=change
    )
    written = await submit(service, call, submission)
    return response_of(service, entries, written)


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
        id=known,
    )


def _key(service: Service, call: Call, full_url: str) -> str:
    who = call.caller.requester.organisation or ""
    return hashlib.blake2b(f"report\x00{who}\x00{full_url}".encode(), key=service.secret, digest_size=16).hexdigest()
