"""The FHIR face as one plain ASGI application, driven by one table of interactions.

A request is reduced to a shape, `("{type}", "{id}", "_history")`, and looked up; there is no router to walk through
(docs/adr/0009-plain-asgi.md). Every row of `INTERACTIONS` stands in the leak matrix.
"""

import logging
import re
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import unquote

from app import sharing
from app.context import Call, Service
from app.errors import (
    ContentionError,
    InvalidSearchError,
    MethodNotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    OvergangError,
    UnavailableError,
    UnsupportedError,
)
from app.fhir import capability, operations, outcome, pace, read, search, wire, write
from app.fhir.wire import Answer, Receive, Request, Scope, Send
from app.runtime import monotonic, now_us, random_id
from app.web import authenticate
from schemas.homes import HOME_OF, HOMES

_log = logging.getLogger("overgang.fhir")
_LITERALS = frozenset({"metadata", "_search", "_history"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_PERSONS_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{6}[-.]?[0-9A-Za-z]{4}(?![0-9A-Za-z])")
_LONGEST_SEGMENT = 256

Interaction = Callable[[Service, Call, Request], Awaitable[Answer]]
Shape = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One interaction: method, shape of the path, what answers, and the types it is for (None: all).

    `takes_late`: a login of this shift that has expired is enough while its issuer is down.
    """

    method: str
    shape: Shape
    interaction: Interaction
    types: frozenset[str] | None = None
    takes_late: bool = False


_T, _I = "{type}", "{id}"
_PATIENT = frozenset({"Patient"})
_WRITABLE = frozenset(row.type for row in HOMES if row.writable)

INTERACTIONS: tuple[Row, ...] = (
    Row("POST", (), write.bundle),
    Row("GET", (_T,), search.by_get),
    Row("POST", (_T, "_search"), search.by_post),
    Row("POST", (_T,), write.create, _WRITABLE),
    Row("GET", (_T, _I), read.read),
    Row("PUT", (_T, _I), write.update, _WRITABLE),
    Row("DELETE", (_T, _I), write.delete, _WRITABLE),
    Row("GET", (_T, _I, "_history"), read.history),
    Row("GET", (_T, _I, "_history", _I), read.vread),
    Row("GET", (_T, _I, _T), search.in_compartment, _PATIENT),
    Row("POST", (_T, _I, _T, "_search"), search.in_compartment, _PATIENT),
    Row("POST", ("$process-message",), operations.process_message),
    Row("POST", ("$submit-report",), operations.submit_report),
    Row("GET", ("$notices",), operations.notices),
    Row("GET", ("$unusual-access",), operations.unusual_access),
    Row("POST", (_T, "$validate"), operations.validate),
    Row("POST", (_T, _I, "$validate"), operations.validate),
    Row("POST", (_T, "$summary"), operations.summary, _PATIENT),
    Row("GET", (_T, "$summary"), operations.summary, _PATIENT),
    Row("POST", (_T, _I, "$summary"), operations.summary, _PATIENT),
    Row("GET", (_T, _I, "$summary"), operations.summary, _PATIENT),
    Row("POST", (_T, "$explain-access"), operations.explain_access, _PATIENT),
    Row("POST", (_T, _I, "$explain-access"), operations.explain_access, _PATIENT),
    Row("GET", (_T, _I, "$explain-access"), operations.explain_access, _PATIENT),
    Row("POST", (_T, "$disclose"), operations.disclose, _PATIENT),
    Row("GET", (_T, _I, "$received"), operations.received, _PATIENT),
    Row("POST", (_T, _I, "$review"), operations.review, frozenset({"Task"})),
    Row("POST", (_T, "$treating-now"), operations.treating_now, _PATIENT),
    Row("POST", (_T, "$consent-now"), operations.consent_now, _PATIENT),
    Row("POST", (_T, "$emergency-access"), operations.emergency_access, _PATIENT, takes_late=True),
)

_TABLE: dict[tuple[str, Shape], Row] = {(row.method, row.shape): row for row in INTERACTIONS}
_ANSWERED = {"GET": ("GET", "HEAD"), "POST": ("POST",), "PUT": ("PUT",), "DELETE": ("DELETE",)}


def shape_of(path: tuple[str, ...]) -> Shape:
    """Reduce the segments of a path to their kinds."""
    return tuple(
        [_T if part in HOME_OF else part if part in _LITERALS or part.startswith("$") else _I for part in path]
    )


def _find(method: str, path: tuple[str, ...]) -> Row:
    shape = shape_of(path)
    row = _TABLE.get((method, shape))
    if row is None or not _is_for(row, path):
        methods = _methods(shape, path)
        if methods:
            raise MethodNotAllowedError("this address does not take this method", allow=methods)
        if path and path[0][:1].isupper() and path[0] not in HOME_OF:
            raise NotFoundError("the service does not keep this type of resource")
        raise NotFoundError("there is no such interaction")
    return row


def _is_for(row: Row, path: tuple[str, ...]) -> bool:
    return row.types is None or path[0] in row.types


def _methods(shape: Shape, path: tuple[str, ...]) -> tuple[str, ...]:
    rows = [row for row in INTERACTIONS if row.shape == shape and _is_for(row, path)]
    return tuple(sorted({method for row in rows for method in _ANSWERED[row.method]}))


def _segments(scope: Scope, path: str) -> tuple[str, ...]:
    raw = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        # INVARIANT: an encoded slash is part of a segment (RFC 3986 § 2.2), as whoever guards addresses in front of us
        # reads it too. No segment here has a slash, so nothing is found there.
        return tuple(unquote(segment) for segment in raw.decode("latin-1").split("/"))
    return tuple(path.removeprefix("/").removesuffix("/").split("/")) if path.strip("/") else ()


def _may_be_written_down(request_id: str) -> bool:
    """Tell whether a caller's id of the request may stand in log and record: none that reads like a person's number."""
    return bool(_REQUEST_ID.fullmatch(request_id)) and not _PERSONS_NUMBER.search(request_id)


def _request(scope: Scope, receive: Receive, *, max_body_bytes: int) -> Request:
    headers = wire.headers_of(scope["headers"])
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    path = scope["path"][len(scope.get("root_path", "")) :]
    return Request(
        method="GET" if scope["method"] == "HEAD" else scope["method"],
        path=_segments(scope, path),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        receive=receive,
        max_body_bytes=max_body_bytes,
        request_id=given if given and _may_be_written_down(given) else random_id(),
        repeats_headers=len(headers) != len(scope["headers"]),
    )


class FhirApp:
    """The ASGI application below the FHIR base."""

    def __init__(self, service: Service) -> None:
        """Serve `service`."""
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens, the answer is FHIR."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})  # nothing here speaks anything else
            return
        came = monotonic()
        request = _request(scope, receive, max_body_bytes=self._service.settings.max_body_bytes)
        database = self._service.database
        database.in_flight += 1
        try:
            answer = await self._answer(request)
        except OvergangError as error:
            if error.status >= UnavailableError.status and not isinstance(error, ContentionError | UnsupportedError):
                _log.error("unavailable: %s [%s]", error.text, request.request_id)
            answer = outcome.answer(error)
        except Exception as error:  # noqa: BLE001  # no input gives a bare 500; the type is enough to find the place
            # INVARIANT: the message of an unexpected exception may quote input; only its type and place are logged.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("defect: %s [%s]\n%s", type(error).__name__, request.request_id, place)
            answer = outcome.answer(OvergangError("the service failed; the request id finds the record of it"))
        finally:
            database.in_flight -= 1
        await pace.until_tick(answer, since=came, tick_ms=self._service.settings.pace_ms)
        await wire.send(answer, request.request_id, send, head=scope["method"] == "HEAD")

    async def _answer(self, request: Request) -> Answer:
        _check_lengths(request)
        wire.check_single(request)
        wire.check_accept(request.header(b"accept"), _format(request))
        if request.path == ("metadata",):
            if request.method != "GET":
                raise MethodNotAllowedError("read the CapabilityStatement with GET", allow=_ANSWERED["GET"])
            return capability.answer(self._service)
        row = _find(request.method, request.path)
        at_us = now_us()
        authorization = request.header(b"authorization")
        caller = authenticate(self._service, authorization, at_us=at_us, takes_late=row.takes_late)
        call = Call(caller=caller, request_id=request.request_id, at_us=at_us)
        try:
            return await row.interaction(self._service, call, request)
        except NotAuthenticatedError:
            raise
        except OvergangError:
            # Whoever is revoked is told nothing else, however early the request failed.
            await sharing.recognise(self._service, call)
            raise


def _check_lengths(request: Request) -> None:
    if len(request.query) > wire.LONGEST_QUERY or max(map(len, request.path), default=0) > _LONGEST_SEGMENT:
        raise InvalidSearchError("the address is too long; use POST")


def _format(request: Request) -> str | None:
    if "_format" not in request.query:
        return None
    return next((value for name, value in request.query_pairs() if name == "_format"), None)
