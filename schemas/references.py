"""What references point to, as far as it can be told from the content itself."""

import re
from functools import cache
from typing import Any, Final

from schemas.structure import resource_types

JSON = dict[str, Any]
Complaint = tuple[str, str, str]  # step below the Reference, issue code, words

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:", re.ASCII)
_REST = re.compile(r"[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)
_NONE: Final[tuple[Complaint, ...]] = ()


class Scope:
    """What references may point to from within one resource: contained resources and, in a Bundle, neighbours."""

    __slots__ = ("_contained", "_neighbours", "bundle", "resource")

    def __init__(self, resource: JSON, bundle: "Scope | None") -> None:
        self.resource = resource
        self.bundle = bundle
        self._contained: dict[str, str] | None = None
        self._neighbours: dict[str, str] | None = None

    @property
    def contained(self) -> dict[str, str]:
        """Contained id -> type."""
        if self._contained is None:
            items = self.resource.get("contained")
            self._contained = {
                item["id"]: item["resourceType"]
                for item in (items if type(items) is list else ())
                if type(item) is dict and type(item.get("id")) is str and type(item.get("resourceType")) is str
            }
        return self._contained

    @property
    def neighbours(self) -> dict[str, str]:
        """Entry fullUrl -> type, when this resource is a Bundle."""
        if self._neighbours is None:
            entries = self.resource.get("entry")
            self._neighbours = {
                entry["fullUrl"]: entry["resource"]["resourceType"]
                for entry in (entries if type(entries) is list else ())
                if type(entry) is dict
                and type(entry.get("fullUrl")) is str
                and type(entry.get("resource")) is dict
                and type(entry["resource"].get("resourceType")) is str
            }
        return self._neighbours


def local_references(value: Any) -> set[str]:
    """Return every string that starts with `#`, anywhere below `value`, narrative apart."""
    local: set[str] = set()
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            todo.extend(item.values())
        elif type(item) is list:
            todo.extend(item)
        elif type(item) is str and item.startswith("#"):
            local.add(item)
    return local


def reference_faults(value: JSON, targets: frozenset[str] | None, scope: Scope) -> tuple[Complaint, ...]:
    """Return what is wrong with a Reference: its form, what it names, and whether its element takes that type.

    `targets` is `None` where any type is taken. Source: https://hl7.org/fhir/R4/references.html
    """
    text = value.get("reference")
    if type(text) is not str:
        return _mistyped(value.get("type"), ".type", targets)
    head, slash, rest = text.partition("/")
    if slash and head in resource_types():
        wrong = _mistyped(head, ".reference", targets)
        if _REST.fullmatch(rest):
            return wrong
        return ((".reference", "value", "a relative reference is `Type/id`, with `/_history/version` at most"), *wrong)
    if text.startswith("#"):
        target = scope.contained.get(text[1:]) if text != "#" else scope.resource.get("resourceType")
        if target is None:
            return ((".reference", "invariant", "there is no contained resource with this id (ref-1)"),)
        return _mistyped(target, ".reference", targets)
    target, words = _elsewhere(text, scope.bundle)
    return ((".reference", "value", words),) if words else _mistyped(target, ".reference", targets)


def _elsewhere(text: str, bundle: Scope | None) -> tuple[str | None, str | None]:
    """Return type and complaint of a reference that is neither `Type/id` nor local, each if there is one."""
    type_, _, query = text.partition("?")
    if bundle is not None and text in bundle.neighbours:
        return bundle.neighbours[text], None
    if bundle is not None and text.startswith("urn:uuid:") and bundle.resource.get("type") == "transaction":
        return None, "there is no entry with this fullUrl, and nothing else can have it"
    if query and type_ in resource_types():
        return type_, None  # conditional, resolved when the transaction is
    if not _ABSOLUTE.match(text):
        return None, "must be `Type/id`, `#id`, or an absolute address"
    if text.startswith(("http://", "https://")):
        return text.split("/_history/", maxsplit=1)[0].split("/")[-2], None
    return None, None


def _mistyped(target: Any, step: str, targets: frozenset[str] | None) -> tuple[Complaint, ...]:
    if targets is None or type(target) is not str or target in targets or target not in resource_types():
        return _NONE
    return ((step, "value", _wanted(targets)),)


@cache
def _wanted(targets: frozenset[str]) -> str:
    return "must refer to " + " or ".join(sorted(targets))
