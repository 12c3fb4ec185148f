"""create, update, delete, transaction and batch.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app import sharing
from app.context import Call, Service
from app.errors import (
    InvalidContentError,
    MalformedContentError,
    OvergangError,
    TooCostlyError,
    VersionConflictError,
)
from app.fhir.outcome import outcome, success
from app.fhir.wire import Answer, Request, http_date, to_json, version_of_tag, version_tag
from app.sharing import Written
from schemas.admit import Admitted, Rejected, admit
from schemas.batches import apart
from schemas.fault import Fault


def admitted(raw: bytes, *, expect: str | None = None, limit: int) -> Admitted:
    """Pass the write gate.

    Raises:
        TooCostlyError, MalformedContentError, InvalidContentError: with every fault.
    """
    result = admit(raw, expect=expect, max_bytes=limit)
    if isinstance(result, Rejected):
        raise refusal(result)
    return result


def refusal(rejected: Rejected) -> OvergangError:
    """Return the error that says why the write gate let something not in."""
    kinds = {"too-large": TooCostlyError, "malformed": MalformedContentError, "invalid": InvalidContentError}
    return kinds[rejected.kind]("the content was refused", faults=rejected.faults)


def _if_match(request: Request) -> int | None:
    header = request.header(b"if-match")
    if header is None:
        return None
    version = version_of_tag(header)
    if version is None:
        raise VersionConflictError("If-Match names no version; send the ETag as it was given")
    return version


def _written(service: Service, request: Request, what: Written, *, waits: bool = False) -> Answer:
    headers = [(b"etag", version_tag(what.version)), (b"last-modified", http_date(what.updated_us))]
    if what.created or not what.body:  # an existing one is answered without its body: where it is must be told
        url = f"{service.settings.public_url}/{what.type}/{what.id}/_history/{what.version}"
        headers.append((b"location", url.encode()))
    match request.preference("return"):
        case "minimal":
            body = b""
        case "OperationOutcome":
            body = to_json(success("stored"))
        case _:
            body = what.body
    return Answer(201 if what.created else 200, body, tuple(headers), waits=waits)


async def create(service: Service, call: Call, request: Request) -> Answer:
    """Answer `POST [type]`; with If-None-Exist on an identifier an existing one is answered with 200.

    A condition is looked for among the records of others, too, which it does not find: such an answer leaves at a tick.
    """
    condition = request.header(b"if-none-exist") or _condition(request)
    content = admitted(await request.resource_body(), expect=request.path[0], limit=service.settings.max_body_bytes)
    what = await sharing.create(
        service,
        call,
        type=request.path[0],
        content=content,
        if_none_exist=condition,
    )
    return _written(service, request, what, waits=condition is not None)


def _condition(request: Request) -> str | None:
    """Return the query of a `POST [type]?identifier=…`, as some clients say If-None-Exist; `_format` is none of it."""
    pairs = [(name, value) for name, value in request.query_pairs() if name not in {"_format", "_pretty"}]
    return urlencode(pairs) if pairs else None


async def update(service: Service, call: Call, request: Request) -> Answer:
    """Answer `PUT [type]/[id]`; there is no update-as-create."""
    type_, id_ = request.path
    content = admitted(await request.resource_body(), expect=type_, limit=service.settings.max_body_bytes)
    if content.resource.get("id") != id_:
        text = "the id in the body must be the id in the address"
        raise MalformedContentError(text, faults=(Fault(f"{type_}.id", "invalid", text),))
    what = await sharing.update(service, call, type=type_, id=id_, content=content, if_match=_if_match(request))
    return _written(service, request, what)


async def delete(service: Service, call: Call, request: Request) -> Answer:
    """Answer `DELETE [type]/[id]`; deleting what is deleted succeeds for who could delete it."""
    type_, id_ = request.path
    version = await sharing.delete(service, call, type=type_, id=id_, if_match=_if_match(request))
    return Answer(204, b"", ((b"etag", version_tag(version)),))


def _looks(request: Mapping[str, Any]) -> bool:
    """Tell whether an entry asks for what may be there; that it is not shown must not show in the time."""
    return request["method"] == "GET" or "ifNoneExist" in request


async def bundle(service: Service, call: Call, request: Request) -> Answer:
    """Answer `POST [base]` with a transaction or batch."""
    await sharing.recognise(service, call)
    raw = await request.resource_body()
    minimal = request.preference("return") == "minimal"
    result = admit(raw, expect="Bundle", max_bytes=service.settings.max_body_bytes)
    if isinstance(result, Rejected):
        entries = apart(raw, result.faults) if result.kind == "invalid" else None
        if entries is None:
            raise refusal(result)
        return Answer(200, await sharing.batch(service, call, contents=entries, minimal=minimal, outcome=outcome))
    kind = result.resource.get("type")
    if kind == "transaction":
        body = await sharing.transaction(service, call, content=result, minimal=minimal, outcome=outcome)
        return Answer(200, body, waits=any(_looks(part["request"]) for part in result.resource.get("entry", ())))
    if kind == "batch":
        return Answer(200, await sharing.batch(service, call, contents=[result], minimal=minimal, outcome=outcome))
    text = "post a transaction or a batch here; messages go to `$process-message`, reports to `$submit-report`"
    raise InvalidContentError(text, faults=(Fault("Bundle.type", "value", text),))
