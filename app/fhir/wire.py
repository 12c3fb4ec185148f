"""HTTP as FHIR uses it: requests in, answers out, media types, versions and dates in headers. Plain ASGI."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from app.errors import (
    InvalidSearchError,
    MalformedContentError,
    NotAcceptableError,
    TooCostlyError,
    UnsupportedMediaTypeError,
)
from app.runtime import from_us

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FHIR_JSON = b"application/fhir+json; charset=utf-8"
_JSON_TYPES = frozenset({"application/fhir+json", "application/json", "text/json", "application/json+fhir"})
_ACCEPTED = _JSON_TYPES | {"*/*", "application/*"}
_FORMATS = _JSON_TYPES | {"json"}
LONGEST_QUERY = 8192
_FORM = "application/x-www-form-urlencoded"
_encoder = msgspec.json.Encoder(decimal_format="number")


def to_json(value: Any) -> bytes:
    """Encode a resource of our own making."""
    return _encoder.encode(value)


_LISTS = frozenset({b"accept", b"prefer", b"if-none-match"})
"""Headers that may be sent in several lines, which together are one list. Source: RFC 9110 § 5.3."""
_SINGLE = (b"authorization", b"content-type", b"if-match", b"if-none-exist")
REPEATED = b"\n"
"""Stands between the values of a header that was sent twice; no header can hold it."""


def headers_of(received: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the headers by name, those that were sent twice joined."""
    found = dict(received)
    if len(found) == len(received):
        return found
    found = {}
    for name, value in received:
        between = b", " if name in _LISTS else REPEATED
        found[name] = found[name] + between + value if name in found else value
    return found


def check_single(request: "Request") -> None:
    """Check that no header which means one thing was sent twice: two readers could take different ones.

    Raises:
        MalformedContentError: one was.
    """
    for name in _SINGLE if request.repeats_headers else ():
        if REPEATED in request.headers.get(name, b""):
            raise MalformedContentError("a header that can have one value was sent twice")


@dataclass(slots=True)
class Request:
    """One request. `path` are the segments below the FHIR base; header names are lower case."""

    method: str
    path: tuple[str, ...]
    query: str
    headers: Mapping[bytes, bytes]
    receive: Receive
    max_body_bytes: int
    request_id: str
    repeats_headers: bool = False
    _body: bytes | None = field(default=None)

    def header(self, name: bytes) -> str | None:
        """Return a header's value, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self) -> bytes:
        """Read the body once.

        Raises:
            TooCostlyError: longer than the service takes.
            MalformedContentError: the client went away.
        """
        if self._body is not None:
            return self._body
        declared = self.header(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > self.max_body_bytes:
            raise TooCostlyError(f"the body is larger than {self.max_body_bytes} bytes")
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise MalformedContentError("the body is incomplete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.max_body_bytes:
                raise TooCostlyError(f"the body is larger than {self.max_body_bytes} bytes")
            chunks.append(chunk)
            if not message.get("more_body", False):
                break
        self._body = b"".join(chunks)
        return self._body

    async def resource_body(self) -> bytes:
        """Read a body that must be FHIR JSON.

        Raises:
            UnsupportedMediaTypeError: another media type, or another FHIR version.
        """
        content_type = self.header(b"content-type")
        media, parameters = _media_type(content_type or "application/fhir+json")
        if media not in _JSON_TYPES:
            raise UnsupportedMediaTypeError("send `application/fhir+json` or `application/json`")
        if parameters.get("fhirversion", "4.0") not in {"4.0", "4.0.1"}:
            raise UnsupportedMediaTypeError("this service speaks FHIR 4.0 only")
        if parameters.get("charset", "utf-8") != "utf-8":
            raise UnsupportedMediaTypeError("send UTF-8")
        return await self.body()

    def query_pairs(self) -> list[tuple[str, str]]:
        """Return the pairs of the query string.

        Raises:
            InvalidSearchError: not decodable.
        """
        return _pairs(self.query) if self.query else []

    async def form_pairs(self) -> list[tuple[str, str]]:
        """Return the pairs of the query string and of a form body, in this order.

        Raises:
            UnsupportedMediaTypeError: the body is not a form.
            InvalidSearchError: not decodable.
        """
        pairs = self.query_pairs()
        body = await self.body()
        if not body:
            return pairs
        if _media_type(self.header(b"content-type") or _FORM)[0] != _FORM:
            raise UnsupportedMediaTypeError(f"send `{_FORM}`")
        try:
            return pairs + _pairs(body.decode("utf-8"))
        except UnicodeDecodeError:
            raise InvalidSearchError("the form is not UTF-8") from None

    def preference(self, name: str) -> str | None:
        """Return the value of a `Prefer` preference, or None; unknown ones are ignored."""
        for part in (self.header(b"prefer") or "").replace(";", ",").split(","):
            key, _, value = part.strip().partition("=")
            if key.strip().lower() == name:
                return value.strip().strip('"')
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `headers` are added to the standing ones; `waits`: its time could tell what it does not say."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = FHIR_JSON
    waits: bool = False


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(_read(text))


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[tuple[str, str], ...]:
    try:
        found = parse_qsl(text, keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=200)
    except (UnicodeDecodeError, ValueError):
        raise InvalidSearchError("the parameters cannot be decoded") from None
    return tuple(found)


@lru_cache(maxsize=256)
def _media_type(header: str) -> tuple[str, dict[str, str]]:
    media, *rest = header.split(";")
    parameters = {}
    for part in rest:
        key, _, value = part.partition("=")
        parameters[key.strip().lower()] = value.strip().strip('"').lower()
    return media.strip().lower(), parameters


@lru_cache(maxsize=256)
def check_accept(header: str | None, format_parameter: str | None) -> None:
    """Check that the caller takes FHIR JSON.

    Raises:
        NotAcceptableError: it takes only what the service does not speak.
    """
    if format_parameter is not None:
        if _media_type(format_parameter.replace(" ", "+"))[0] not in _FORMATS:
            raise NotAcceptableError("this service answers in JSON only")
        return
    if header is None or not header.strip():
        return
    for part in header.split(","):
        media, parameters = _media_type(part)
        if (
            media in _ACCEPTED
            and parameters.get("fhirversion", "4.0") in {"4.0", "4.0.1"}
            and parameters.get("q") != "0"
        ):
            return
    raise NotAcceptableError("this service answers in `application/fhir+json` only")


def http_date(us: int) -> bytes:
    """Render microseconds as an HTTP date."""
    return _http_date(us // 1_000_000)


@lru_cache(maxsize=1024)
def _http_date(seconds: int) -> bytes:
    return format_datetime(from_us(seconds * 1_000_000), usegmt=True).encode()


def instant(us: int) -> str:
    """Render microseconds as a FHIR instant with milliseconds, UTC."""
    return from_us(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def version_tag(version: int) -> bytes:
    """Render a version as a weak entity tag: what was written, and what If-Match names."""
    return b'W/"%d"' % version


def form_tag(version: int, body: bytes, *, key: bytes) -> bytes:
    """Render a version as it is shown: one reader may be shown it without what it names of withheld records, or later.

    INVARIANT: every read has such a tag, so that none tells that something is left out.
    """
    return b'W/"%d-%s"' % (version, hashlib.blake2b(body, key=key, digest_size=8).hexdigest().encode())


_VERSION = re.compile(r'(?:W/)?(?P<quote>"?)(?P<version>[0-9]{1,9})(?:-[0-9a-f]{16})?(?P=quote)')


def version_of_tag(header: str) -> int | None:
    """Read `W/"3"`, or `W/"3-…"` as a read gives it (or `"3"`, or `3`); None when it is no version."""
    found = _VERSION.fullmatch(header.strip())
    return None if found is None else int(found["version"])


def tag_matches(header: str | None, tag: bytes) -> bool:
    """Tell whether If-None-Match names `tag`; weak comparison. Source: RFC 9110 § 13.1.2."""
    if header is None:
        return False
    wanted = tag.decode("latin-1").removeprefix("W/")
    return header.strip() == "*" or any(part.strip().removeprefix("W/") == wanted for part in header.split(","))


_STANDING = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Authorization, Accept, Prefer"),
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=63072000"),
)


_WITHOUT_LENGTH = frozenset({204, 304})
"""A 204 must not have a length, that of a 304 would have to be that of the 200. Source: RFC 9110 § 8.6."""


async def send(answer: Answer, request_id: str, sender: Send, *, head: bool = False) -> None:
    """Send an answer; HEAD gets the headers alone."""
    body = answer.body
    headers = [
        *_STANDING,
        *answer.headers,
        (b"x-request-id", request_id.encode()),
    ]
    if answer.status not in _WITHOUT_LENGTH:
        headers.append((b"content-length", b"%d" % len(body)))
    if body:
        headers.append((b"content-type", answer.media_type))
    await sender({"type": "http.response.start", "status": answer.status, "headers": headers})
    await sender({"type": "http.response.body", "body": b"" if head else body})
