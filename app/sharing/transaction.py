"""transaction: all or none, about one citizen; batch: each entry by itself.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from app import audit
from app.context import Call, Service
from app.errors import (
    InvalidContentError,
    NotAuthenticatedError,
    NotFoundError,
    OvergangError,
    UnsupportedError,
)
from app.runtime import from_us
from app.sharing import entries as of
from app.sharing import look_up
from app.sharing.entries import Entry
from app.sharing.find import search
from app.sharing.submit import Submission, submit
from app.sharing.values import Written
from schemas.admit import Admitted, Rejected
from schemas.fault import Fault
from schemas.homes import HOME_OF

Outcome = Callable[[OvergangError], Mapping[str, Any]]
"""How the face says an error: as an OperationOutcome."""

_MOST_ENTRIES = 2000
_OPERATION = {"POST": audit.Operation.CREATE, "PUT": audit.Operation.UPDATE, "DELETE": audit.Operation.DELETE}
_REASONS = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


async def transaction(service: Service, call: Call, *, content: Admitted, minimal: bool, outcome: Outcome) -> bytes:
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
    # A read that fails fails the whole: so all are tried before anything is written, and answered after it.
    read = {id(entry): await _read(service, call, entry) for entry in wanted if entry.method == "GET"}
    if not writes:
        return _response("transaction-response", [read[id(entry)] for entry in wanted])
    submission = Submission(entries=writes, operation=audit.Operation.TRANSACTION)
    results = await submit(service, call, submission)
    written = {id(entry): one for entry, one in zip(writes, results, strict=True)}
    parts = [
        await _read_or_fail(service, call, entry, outcome)
        if entry.method == "GET"
        else _written_part(service, entry, written[id(entry)], minimal=minimal)
        for entry in wanted
    ]
    return _response("transaction-response", parts)


async def batch(
    service: Service, call: Call, *, contents: Sequence[Admitted | Rejected], minimal: bool, outcome: Outcome
) -> bytes:
    """Answer each entry by itself; one that fails carries its OperationOutcome. Returns a batch-response.

    `contents` are one batch, or its entries as batches of one where some are invalid (`schemas.batches`).
    """
    _check_count(sum(len(one.resource.get("entry", [])) if isinstance(one, Admitted) else 1 for one in contents))
    items: list[Entry | tuple[Fault, ...]] = []
    for content in contents:
        found = [content.faults] if isinstance(content, Rejected) else of.each_of_bundle(content)
        items += [of.at(item, len(items)) for item in found] if len(contents) > 1 else found
    parts = [await _batch_part(service, call, item, outcome, minimal=minimal) for item in items]
    return _response("batch-response", parts)


async def _batch_part(
    service: Service, call: Call, item: Entry | tuple[Fault, ...], outcome: Outcome, *, minimal: bool
) -> bytes:
    if not isinstance(item, Entry):
        return _failed_part(InvalidContentError("the entry was refused", faults=item), outcome)
    if item.method == "GET":
        return await _read_or_fail(service, call, item, outcome)
    try:
        (one,) = await submit(service, call, Submission(entries=[item], operation=_OPERATION[item.method]))
    except NotAuthenticatedError:
        raise  # nobody: nothing of the whole is answered
    except OvergangError as error:
        return _failed_part(error, outcome)
    return _written_part(service, item, one, minimal=minimal)


def response_of(service: Service, entries: Sequence[Entry], written: Sequence[Written]) -> bytes:
    """Return the transaction-response of entries that were written, without their bodies."""
    parts = [_written_part(service, entry, one, minimal=True) for entry, one in zip(entries, written, strict=True)]
    return _response("transaction-response", parts)


def _check_count(count: int) -> None:
    if count > _MOST_ENTRIES:
        text = f"send at most {_MOST_ENTRIES} entries at a time"
        raise InvalidContentError(text, faults=(Fault("Bundle.entry", "too-costly", text),))


def _entries(content: Admitted) -> list[Entry]:
    _check_count(len(content.resource.get("entry", [])))
    items = of.each_of_bundle(content)
    faults = tuple(fault for item in items if not isinstance(item, Entry) for fault in item)
    if faults:
        raise InvalidContentError(faults[0].text, faults=faults)
    return [item for item in items if isinstance(item, Entry)]


async def _read_or_fail(service: Service, call: Call, entry: Entry, outcome: Outcome) -> bytes:
    try:
        return await _read(service, call, entry)
    except NotAuthenticatedError:
        raise  # nobody: nothing of the whole is answered
    except OvergangError as error:
        return _failed_part(error, outcome)


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
    head: dict[str, Any] = {"status": _REASONS[status], "etag": f'W/"{etag}"', "lastModified": _updated(updated_us)}
    if location is not None:
        head["location"] = location
    return _encode(head)


@lru_cache(maxsize=64)  # a transaction has one time
def _updated(us: int) -> str:
    return from_us(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_encode = msgspec.json.Encoder().encode


def _failed_part(error: OvergangError, outcome: Outcome) -> bytes:
    return msgspec.json.encode({"response": {"status": str(error.status), "outcome": outcome(error)}})


def _response(kind: str, parts: list[bytes]) -> bytes:
    entries = b',"entry":[%s]' % b",".join(parts) if parts else b""
    return b'{"resourceType":"Bundle","type":"%s"%s}' % (kind.encode(), entries)
