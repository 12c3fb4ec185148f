"""What a client asks to have written, before anything is decided: one entry a resource."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import msgspec

from app.translate.homes import HomeRef, home_of
from app.translate.survey import Survey, survey
from schemas.admit import Admitted
from schemas.fault import Fault
from schemas.homes import HOMES
from schemas.splice import entry_slices

Method = Literal["POST", "PUT", "DELETE", "GET"]
_WRITABLE = frozenset(row.type for row in HOMES if row.writable)
_URL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)(?:/(?P<id>[A-Za-z0-9.-]{1,64}))?")
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{16})?"')


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One write. `path` is the FHIRPath of the resource in what the client sent.

    `yields`: when the source keeps a Patient of this citizen already, that one stands. What can be told of the resource
    by itself is found when first asked for, and once, however often the submission is tried.
    """

    path: str
    method: Method
    type: str
    raw: bytes
    resource: dict[str, Any]
    full_url: str = ""
    id: str | None = None
    if_match: int | None = None
    if_none_exist: str | None = None
    url: str = ""
    yields: bool = False

    @cached_property
    def home(self) -> HomeRef:
        """Where the resource lives."""
        return home_of(self.resource)

    @cached_property
    def survey(self) -> Survey:
        """What one walk over the resource finds."""
        return survey(self.resource)


def single(
    content: Admitted,
    *,
    method: Method,
    type: str,
    id: str | None = None,
    if_match: int | None = None,
    if_none_exist: str | None = None,
) -> Entry:
    """Return the entry of a create or update of its own."""
    return Entry(
        path=type,
        method=method,
        type=type,
        raw=content.raw,
        resource=content.resource,
        id=id,
        if_match=if_match,
        if_none_exist=if_none_exist,
    )


def each_of_bundle(content: Admitted) -> list[Entry | tuple[Fault, ...]]:
    """Return the entries of a transaction or batch in order, or what is wrong with their requests, by FHIRPath."""
    slices = entry_slices(content.raw)
    found: list[Entry | tuple[Fault, ...]] = []
    for index, part in enumerate(content.resource.get("entry", [])):
        faults: list[Fault] = []
        entry = _entry(index, part, slices[index], faults)
        found.append(tuple(faults) if entry is None else entry)
    return found


def at(item: Entry | tuple[Fault, ...], index: int) -> Entry | tuple[Fault, ...]:
    """Return the entry of a batch of one, or its faults, as it stands at `index` of the batch that it came in."""

    def moved_to(path: str) -> str:
        return path.replace("Bundle.entry[0]", f"Bundle.entry[{index}]", 1)

    if isinstance(item, Entry):
        return msgspec.structs.replace(item, path=moved_to(item.path))
    return tuple(replace(fault, path=moved_to(fault.path)) for fault in item)


def _entry(index: int, part: Mapping[str, Any], raw: bytes | None, faults: list[Fault]) -> Entry | None:
    """Return one entry, or add why not to `faults`."""
    path = f"Bundle.entry[{index}]"
    request = part.get("request")
    if not isinstance(request, Mapping):
        faults.append(Fault(f"{path}.request", "required", "every entry of a transaction or batch needs a request"))
        return None
    method, url = request["method"], request["url"]
    matched = _URL.fullmatch(url.partition("?")[0].strip("/"))
    if method == "GET":
        type_ = matched["type"] if matched else ""
        return Entry(path=path, method="GET", type=type_, raw=b"", resource={}, url=url)
    found = _request_faults(path, method, url, matched)
    resource = part.get("resource") or {}
    if matched is not None and not found and method != "DELETE":
        found = _resource_faults(path, method, matched, resource, has_bytes=raw is not None)
    if_match = request.get("ifMatch")
    tag = _TAG.fullmatch(if_match.strip()) if isinstance(if_match, str) else None
    if if_match is not None and tag is None:
        found.append(Fault(f"{path}.request.ifMatch", "value", "give the version as an entity tag"))
    faults += found
    if found or matched is None:
        return None
    return Entry(
        path=f"{path}.resource",
        method=method,
        type=matched["type"],
        raw=raw or b"",
        resource=resource,
        full_url=part.get("fullUrl", ""),
        id=matched["id"],
        if_match=int(tag[1]) if tag else None,
        if_none_exist=request.get("ifNoneExist"),
        url=url,
    )


def _request_faults(path: str, method: str, url: str, matched: re.Match[str] | None) -> list[Fault]:
    if method not in {"POST", "PUT", "DELETE"}:
        return [Fault(f"{path}.request.method", "not-supported", "use POST, PUT, DELETE or GET")]
    if matched is None or matched["type"] not in _WRITABLE or "?" in url:
        text = "name a type that is kept and can be written here, without conditions"
        return [Fault(f"{path}.request.url", "not-supported", text)]
    if (method == "POST") == (matched["id"] is not None):
        text = "POST goes to a type; PUT and DELETE go to a resource"
        return [Fault(f"{path}.request.url", "invalid", text)]
    return []


def _resource_faults(
    path: str, method: str, matched: re.Match[str], resource: Mapping[str, Any], *, has_bytes: bool
) -> list[Fault]:
    if not resource or not has_bytes:
        return [Fault(f"{path}.resource", "required", "POST and PUT need a resource")]
    if resource.get("resourceType") != matched["type"]:
        return [Fault(f"{path}.resource", "invalid", "the resource is of another type than the request")]
    if method == "PUT" and resource.get("id") != matched["id"]:
        return [Fault(f"{path}.resource.id", "invalid", "the id must be the one of the request")]
    return []


def moved(fault: Fault, entry: Entry) -> Fault:
    """Put a fault's path where the resource stands in what the client sent."""
    head, _, tail = fault.path.partition(".")
    inner = tail if head == entry.type else fault.path
    return Fault(f"{entry.path}.{inner}" if inner else entry.path, fault.code, fault.text, fault.severity)
