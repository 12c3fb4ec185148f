"""Operations. Source: https://hl7.org/fhir/R4/operations.html; ours are described in docs/conformance.md."""

from collections.abc import Mapping
from typing import TypeVar

from app import sharing
from app.context import Call, Service
from app.errors import InvalidContentError
from app.fhir import disclosing, explaining, parameters, pull
from app.fhir.outcome import outcome_of_faults, success
from app.fhir.parameters import Input
from app.fhir.wire import Answer, Request, http_date, tag_matches, to_json, version_tag
from app.fhir.write import admitted
from consent.vocabulary import DeclarationKind, DoorReason
from schemas.admit import Admitted, admit
from schemas.fault import Fault
from schemas.terminology.systems import DOOR_REASON

_T = TypeVar("_T")
_SUMMARY = frozenset({"identifier", "profile"})
_RECEIVED = frozenset({"id"})
_REVIEW = frozenset({"outcome", "comment"})
_DECLARE = frozenset({"identifier", "reason", "code"})


async def _input(
    service: Service, request: Request, allowed: frozenset[str], *, several: frozenset[str] = frozenset()
) -> Input:
    if request.method == "GET":
        return parameters.from_pairs(request.query_pairs(), allowed=allowed)
    raw = await request.resource_body()
    if not raw.strip():
        return Input({})
    plain = pull.read(raw) if allowed is _SUMMARY else None
    if plain is not None:
        return plain
    content = admitted(raw, expect="Parameters", limit=service.settings.max_body_bytes)
    return parameters.from_resource(content.resource, allowed=allowed, several=several)


def _target(request: Request, given: Input) -> tuple[str | None, tuple[str, str] | None]:
    """Return (id, identifier): from the address at instance level, from the parameters at type level."""
    id_ = request.path[1] if len(request.path) == 3 else None  # noqa: PLR2004  # Patient/[id]/$operation
    identifier = given.identifier()
    if (id_ is None) == (identifier is None):
        text = "name the citizen once: by `identifier` at type level, or by the address at instance level"
        path = "Parameters.parameter.where(name='identifier')"
        raise InvalidContentError(text, faults=(Fault(path, "required", text),))
    return id_, identifier


async def summary(service: Service, call: Call, request: Request) -> Answer:
    """Answer `Patient/$summary` and `Patient/[id]/$summary`: an IPS 2.0 document for this reader, now."""
    given = await _input(service, request, _SUMMARY)
    id_, identifier = _target(request, given)
    known_tag = request.header(b"if-none-match") if request.method == "GET" else None
    made = await sharing.summary(
        service,
        call,
        id=id_,
        identifier=identifier,
        profile=given.text("profile"),
        unchanged=lambda tag: tag_matches(known_tag, tag),
    )
    headers = ((b"etag", made.tag),)
    return Answer(304, b"", headers) if made.body is None else Answer(200, made.body, headers)


async def validate(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$validate`: 200 with an OperationOutcome that names every fault; nothing is stored or looked up."""
    await sharing.recognise(service, call)
    raw = await request.resource_body()
    limit = service.settings.max_body_bytes
    result = admit(raw, expect=None, max_bytes=limit)
    if isinstance(result, Admitted) and result.resource["resourceType"] == "Parameters":
        inner = [part["resource"] for part in result.resource.get("parameter", []) if "resource" in part]
        if len(inner) == 1:
            result = admit(to_json(inner[0]), expect=None, max_bytes=limit)
    if not isinstance(result, Admitted):
        return Answer(200, to_json(outcome_of_faults(result.faults)))
    if result.resource["resourceType"] != request.path[0]:
        fault = Fault(result.resource["resourceType"], "invalid", "the resource is of another type than the address")
        return Answer(200, to_json(outcome_of_faults([fault])))
    return Answer(200, to_json(success("no fault was found")))


async def process_message(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$process-message` with an acknowledgement message, whatever came in."""
    acknowledgement = await sharing.receive_message(service, call, raw=await request.resource_body())
    return Answer(acknowledgement.status, acknowledgement.body, waits=acknowledgement.rests_on_records)


async def submit_report(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$submit-report`: the KL gateway's DeliveryReport, unchanged, becomes shared state."""
    content = admitted(await request.resource_body(), expect="Bundle", limit=service.settings.max_body_bytes)
    return Answer(200, await sharing.submit_report(service, call, content=content))


async def notices(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$notices`: what the caller's organisation was told, ids only, each decided again now."""
    return Answer(200, await sharing.notices(service, call, pairs=request.query_pairs()))


async def explain_access(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$explain-access`: what would somebody see of this citizen, and why; no record is opened."""
    in_address = request.method == "GET"
    allowed = explaining.IN_AN_ADDRESS if in_address else explaining.IN_A_BODY | {"identifier"}
    given = await _input(service, request, allowed)
    id_, identifier = _target(request, given)
    question = explaining.question_of(given)
    return Answer(200, await sharing.explain_access(service, call, id=id_, identifier=identifier, question=question))


async def disclose(service: Service, call: Call, request: Request) -> Answer:
    """Answer `Patient/$disclose`: a holder hands records on to a named recipient, where the engine permits it."""
    given = await _input(service, request, disclosing.IN_A_BODY, several=disclosing.SEVERAL)
    return Answer(200, await sharing.disclose_to(service, call, disclosing.asked_of(given)))


async def received(service: Service, call: Call, request: Request) -> Answer:
    """Answer `Patient/[id]/$received`: the versions that were disclosed to the caller, decided again now."""
    given = await _input(service, request, _RECEIVED)
    return Answer(200, await sharing.received(service, call, patient=request.path[1], id=given.text("id") or ""))


async def unusual_access(service: Service, call: Call, request: Request) -> Answer:
    """Answer `$unusual-access`: counts by person for a data protection officer, of no citizen."""
    return Answer(200, await sharing.unusual_access(service, call, pairs=request.query_pairs()))


async def review(service: Service, call: Call, request: Request) -> Answer:
    """Answer `Task/[id]/$review`: an officer says what a review came to."""
    given = await _input(service, request, _REVIEW)
    done = await sharing.complete_review(
        service,
        call,
        id=request.path[1],
        outcome=given.text("outcome") or "",
        comment=(given.text("comment") or "").strip(),
    )
    return Answer(
        200, done.body, ((b"etag", version_tag(done.version)), (b"last-modified", http_date(done.updated_us)))
    )


async def treating_now(service: Service, call: Call, request: Request) -> Answer:
    """Open the first door (Danish: aktuel behandling)."""
    return await _declare(service, call, request, DeclarationKind.TREATING_NOW)


async def consent_now(service: Service, call: Call, request: Request) -> Answer:
    """Open the second door (Danish: samtykke nu)."""
    return await _declare(service, call, request, DeclarationKind.CONSENT_NOW)


async def emergency_access(service: Service, call: Call, request: Request) -> Answer:
    """Open the third door (Danish: værdispring)."""
    return await _declare(service, call, request, DeclarationKind.EMERGENCY)


async def _declare(service: Service, call: Call, request: Request, kind: DeclarationKind) -> Answer:
    given = await _input(service, request, _DECLARE)
    identifier = given.identifier()
    faults = []
    if identifier is None:
        faults.append(Fault("Parameters.parameter.where(name='identifier')", "required", "name the citizen"))
    reason = given.text("reason")
    if not reason or not reason.strip():
        faults.append(Fault("Parameters.parameter.where(name='reason')", "required", "say why, in words"))
    code = _code(given, "code", DOOR_REASON, {reason.value: reason for reason in DoorReason})
    if faults or identifier is None or reason is None:
        raise InvalidContentError("the declaration is incomplete", faults=tuple(faults))
    body = await sharing.declare(service, call, kind=kind, identifier=identifier, code=code, reason=reason.strip())
    return Answer(201, body)


def _code(given: Input, name: str, system: str, known: Mapping[str, _T]) -> _T | None:
    """Return a code that was given as text or as a Coding of `system`.

    Raises:
        InvalidContentError: it is no code of ours.
    """
    value = given.values.get(name)
    if value is None:
        return None
    code = value.get("code") if isinstance(value, Mapping) and value.get("system", system) == system else value
    if isinstance(code, str) and code in known:
        return known[code]
    text = "the codes are " + ", ".join(f"`{one}`" for one in known)
    raise InvalidContentError(text, faults=(Fault(f"Parameters.parameter.where(name='{name}')", "code-invalid", text),))
