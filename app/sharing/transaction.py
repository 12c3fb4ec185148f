"""transaction: all or none, about one citizen; batch: each entry by itself.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from app import audit
from app.context import Call, Service
from app.errors import InvalidContentError, NotFoundError, OvergangError, UnsupportedError
from app.runtime import from_us
from app.sharing import entries as of
from app.sharing import look_up
from app.sharing.entries import Entry
from app.sharing.find import search
from app.sharing.submit import Submission, submit
from app.sharing.values import Written
from schemas.admit import Admitted
from schemas.fault import Fault
from schemas.homes import HOME_OF

_MOST_ENTRIES = 2000
_REASONS = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


async def transaction(service: Service, call: Call, *, content: Admitted, minimal: bool) -> bytes:
    """Store all entries or none; GET entries are answered afterwards. Returns a transaction-response.

    Raises:
        InvalidContentError: every fault of every entry.
    """
    wanted = _entries(content)
    seen: set[str] = set()
    faults = []
    for entry in wanted:
        name = f"{entry.type}/{entry.id}" if entry.id else entry.full_url
        if name and name in seen and entry.method != "GET":
            faults.append(Fault(entry.path, "duplicate", "a transaction names each resource and fullUrl once"))
        seen.add(name)
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    writes = [entry for entry in wanted if entry.method != "GET"]
    written: dict[int, Written] = {}
    if writes:
        submission = Submission(entries=writes, operation=audit.Operation.TRANSACTION)
        for entry, one in zip(writes, await submit(service, call, submission), strict=True):
            written[id(entry)] = one
    parts = []
    for entry in wanted:
        if entry.method == "GET":
            parts.append(await _read(service, call, entry))
        else:
            parts.append(_written_part(service, entry, written[id(entry)], minimal=minimal))
    return _response("transaction-response", parts)


async def batch(service: Service, call: Call, *, content: Admitted, minimal: bool) -> bytes:
    """Answer each entry by itself; one that fails carries its OperationOutcome. Returns a batch-response."""
    parts = []
    for entry in _entries(content):
        try:
            if entry.method == "GET":
                parts.append(await _read(service, call, entry))
                continue
            operation = {
                "POST": audit.Operation.CREATE,
                "PUT": audit.Operation.UPDATE,
                "DELETE": audit.Operation.DELETE,
            }
            (one,) = await submit(service, call, Submission(entries=[entry], operation=operation[entry.method]))
            parts.append(_written_part(service, entry, one, minimal=minimal))
        except OvergangError as error:
            parts.append(_failed_part(error))
    return _response("batch-response", parts)


def response_of(service: Service, entries: Sequence[Entry], written: Sequence[Written]) -> bytes:
    """Return the transaction-response of entries that were written, without their bodies."""
    parts = [_written_part(service, entry, one, minimal=True) for entry, one in zip(entries, written, strict=True)]
    return _response("transaction-response", parts)


def _entries(content: Admitted) -> list[Entry]:
    if len(content.resource.get("entry", [])) > _MOST_ENTRIES:
        text = f"send at most {_MOST_ENTRIES} entries at a time"
        raise InvalidContentError(text, faults=(Fault("Bundle.entry", "too-costly", text),))
    wanted, faults = of.of_bundle(content)
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    return wanted


async def _read(service: Service, call: Call, entry: Entry) -> bytes:
    path, _, query = entry.url.partition("?")
    segments = path.strip("/").split("/")
    if segments[0] not in HOME_OF:
        raise NotFoundError("the service does not keep this type of resource")
    match segments:
        case [type_]:
            pairs = parse_qsl(query, keep_blank_values=True)
            body = await search(service, call, type=type_, pairs=pairs, lenient=False)
            return b'{"resource":%s,"response":{"status":"200 OK"}}' % body
        case [type_, id_]:
            found = await look_up.read(service, call, type=type_, id=id_)
            head = _head(200, etag=found.version, updated_us=found.updated_us)
            return b'{"resource":%s,"response":%s}' % (found.body, head)
        case _:
            raise UnsupportedError("a GET entry reads a resource or searches a type")


def _written_part(service: Service, entry: Entry, one: Written, *, minimal: bool) -> bytes:
    status = 204 if entry.method == "DELETE" else 201 if one.created else 200
    location = f"{service.settings.public_url}/{one.type}/{one.id}"
    head = _head(status, etag=one.version, updated_us=one.updated_us, location=f"{location}/_history/{one.version}")
    if minimal or not one.body:
        return b'{"response":%s}' % head
    return b'{"fullUrl":"%s","resource":%s,"response":%s}' % (location.encode(), one.body, head)


def _head(status: int, *, etag: int, updated_us: int, location: str | None = None) -> bytes:
    updated = from_us(updated_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head: dict[str, Any] = {"status": _REASONS[status], "etag": f'W/"{etag}"', "lastModified": updated}
    if location is not None:
        head["location"] = location
    return msgspec.json.encode(head)


def _failed_part(error: OvergangError) -> bytes:
    faults: Sequence[Fault] = error.faults or (Fault("", error.issue, error.text),)
    issues = [
        {"severity": fault.severity, "code": fault.code, "diagnostics": fault.text}
        | ({"expression": [fault.path]} if fault.path else {})
        for fault in faults
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    return msgspec.json.encode({"response": {"status": str(error.status), "outcome": outcome}})


def _response(kind: str, parts: list[bytes]) -> bytes:
    entries = b',"entry":[%s]' % b",".join(parts) if parts else b""
    return b'{"resourceType":"Bundle","type":"%s"%s}' % (kind.encode(), entries)
