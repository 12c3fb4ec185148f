"""One walk over a received resource that finds what the write path asks of its every object.

References, codings and whatever may name a citizen are found together and once; `resolved` then puts our names in
place of the client's without walking again. Works without recursion: depth is the sender's choice.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.translate.elements import JSON, Trail, objects, type_of, values
from schemas.splice import OURS, URI_KEYS

_LINKS: Final = frozenset({"reference", *URI_KEYS})
_ADDRESSES: Final = frozenset({"reference", "url"})
_UNREAD: Final = frozenset({"meta", "contained", "text"})
_UNREAD_OF: Final = {
    "Consent": _UNREAD | {"provision"},  # a consent about psychiatry is not itself psychiatric
    "Bundle": _UNREAD | {"entry"},
}


class Part:
    """A resource, or one within it (contained, or an entry of a document).

    `codings` are its own objects that state a code: not those in its meta, its narrative, or resources within it.
    """

    __slots__ = ("codings", "resource", "unread")

    def __init__(self, resource: Mapping[str, Any]) -> None:
        self.resource = resource
        self.codings: list[JSON] = []
        self.unread = _UNREAD_OF.get(type_of(resource), _UNREAD)


class Content(msgspec.Struct, frozen=True, gc=False):
    """A resource with its references resolved. `references` are all literal ones, and where attachments may lie.

    `naming` are the objects that may name a citizen. `replaced` counts how often each reference of the client's was
    replaced; None when one was replaced where nothing is kept as it came.
    """

    resource: JSON
    references: list[str]
    naming: list[JSON]
    replaced: Mapping[str, int] | None


class Survey(msgspec.Struct, frozen=True, gc=False):
    """What one walk found: links as (way to the object, key, text), objects that may name a citizen, parts."""

    resource: JSON
    parts: list[Part]
    links: list[tuple[Trail, str, str]] = msgspec.field(default_factory=list)
    naming: list[tuple[Trail, JSON]] = msgspec.field(default_factory=list)

    def references(self) -> list[str]:
        """Return every literal reference, and every address at which an attachment may lie, as they stand."""
        return [text for _, key, text in self.links if key in _ADDRESSES]

    def resolved(self, references: Mapping[str, str]) -> Content:
        """Return the content with references replaced, as `schemas.splice` replaces them in the bytes.

        What is changed is copied; the rest is shared with what was received.
        """
        copies: dict[int, Any] = {}
        found: list[str] = []
        replaced: dict[str, int] = {}
        is_dropped = False
        for trail, key, text in self.links:
            new = references.get(text)
            if new is None or (key != "reference" and not text.startswith("urn:")):
                new = text
            else:
                _copied(self.resource, trail, copies)[key] = new
                replaced[text] = replaced.get(text, 0) + 1
                is_dropped = is_dropped or _top(trail) in OURS
            if key in _ADDRESSES:
                found.append(new)
        return Content(
            copies.get(id(()), self.resource),
            found,
            [copies.get(id(trail), value) for trail, value in self.naming] if copies else [v for _, v in self.naming],
            None if is_dropped else replaced,
        )


def survey(resource: Mapping[str, Any]) -> Survey:  # noqa: C901, PLR0912  # the hot loop is one piece
    """Walk a resource once. Total on any JSON object."""
    whole = Part(resource)
    found = Survey(resource if isinstance(resource, dict) else dict(resource), [whole])
    links, naming = found.links, found.naming
    inner_parts: dict[int, Part] = {id(found.resource): whole}
    pending: list[tuple[Trail, Any, Part | None]] = [((), found.resource, None)]
    while pending:
        trail, item, part = pending.pop()
        if type(item) is list:
            pending.extend(((trail, index), one, part) for index, one in enumerate(item) if type(one) in _NESTED)
            continue
        if id(item) in inner_parts:
            part = inner_parts[id(item)]
            for one in _inner_resources(part):
                inner_parts[id(one)] = Part(one)
                found.parts.append(inner_parts[id(one)])
        if "resourceType" in item:
            if item["resourceType"] == "Patient":
                naming.append((trail, item))
        elif "reference" in item or "identifier" in item:
            naming.append((trail, item))
        unread = _UNREAD
        if part is not None:
            unread = part.unread
            if "code" in item and type(item["code"]) is str and item["code"]:
                part.codings.append(item)
        for key, value in item.items():
            kind = type(value)
            if kind is str:
                if key in _LINKS:
                    links.append((trail, key, value))
            elif kind is dict:
                pending.append(((trail, key), value, None if key in unread else part))
            elif kind is list:
                way, below = (trail, key), None if key in unread else part
                for index, one in enumerate(value):
                    if type(one) in _NESTED:
                        pending.append(((way, index), one, below))
    return found


_NESTED: Final = frozenset({dict, list})


def _inner_resources(part: Part) -> list[JSON]:
    inner = objects(part.resource.get("contained"))
    if type_of(part.resource) == "Bundle":
        inner += [one for one in values(part.resource, "entry.resource") if isinstance(one, dict)]
    return inner


def _top(trail: Trail) -> str | int:
    """Return the first step of a way."""
    step: str | int = ""
    while trail:
        trail, step = trail
    return step


def _copied(root: JSON, trail: Trail, copies: dict[int, Any]) -> Any:
    """Return the copy of the object or list at a way, which lies in the copy of what holds it."""
    missing: list[Trail] = []
    while id(trail) not in copies and trail:
        missing.append(trail)
        trail = trail[0]
    held = copies.get(id(trail))
    if held is None:
        held = copies[id(trail)] = root.copy()
    for way in reversed(missing):
        step: Any = way[1]  # type: ignore[misc]  # an empty way is never missing
        copy = held[step].copy()
        held[step] = copies[id(way)] = copy
        held = copy
    return held
