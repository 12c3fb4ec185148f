"""Reading a parsed resource without trusting its shape: every function is total, whatever JSON it is given."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas.terminology.systems import canonical

JSON = dict[str, Any]


class Coding(NamedTuple):
    """A code in its canonical system; `display` is what the sender called it."""

    system: str
    code: str
    display: str = ""

    @property
    def key(self) -> str:
        """Return 'system|code'."""
        return f"{self.system}|{self.code}"


Trail = tuple[()] | tuple["Trail", str | int]
"""The way to a JSON value as linked steps, so that going deep costs no more than the depth."""


class Place(NamedTuple):
    """A JSON object and the way to it."""

    trail: Trail
    value: JSON

    def path(self, root: str) -> str:
        """Return the FHIRPath from a resource of type `root`."""
        return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self._steps())

    def element(self) -> str:
        """Return the dotted element path without indexes."""
        return ".".join(step for step in self._steps() if isinstance(step, str))

    def _steps(self) -> list[str | int]:
        steps: list[str | int] = []
        trail = self.trail
        while trail:
            trail, step = trail
            steps.append(step)
        return steps[::-1]


OBJECT = (dict, Mapping)
"""A dict is found out at once; asking the abstract class alone costs ten times as much, thousands of times a Bundle."""


def text(value: object) -> str:
    """Return the value when it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def objects(value: object) -> list[JSON]:
    """Return the objects of a value that may be one, a list of them, or anything else."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return []


def values(resource: Mapping[str, Any], path: str) -> list[Any]:
    """Return what stands at a dotted path; lists on the way and at the end are opened."""
    if not isinstance(resource, OBJECT):
        return []
    if "." not in path:
        value = resource.get(path)
        return [] if value is None else value.copy() if isinstance(value, list) else [value]
    name, _, rest = path.partition(".")
    value = resource.get(name)
    if value is None:
        return []
    if isinstance(value, list):
        return [found for item in value if isinstance(item, dict) for found in values(item, rest)]
    return values(value, rest)


def first_text(resource: Mapping[str, Any], path: str) -> str:
    """Return the first non-empty string at a dotted path, or the empty string."""
    return next((value for value in values(resource, path) if isinstance(value, str) and value), "")


def codings_at(resource: Mapping[str, Any], path: str) -> list[Coding]:
    """Return the codings of the CodeableConcepts, CodeableReferences or Codings at a dotted path."""
    found: list[Coding] = []
    for value in values(resource, path):
        if isinstance(value, dict):
            for inner in objects(value["coding"]) or (value,) if "coding" in value else (value,):
                code = inner.get("code")
                if code and isinstance(code, str):
                    found.append(Coding(canonical(text(inner.get("system"))), code, text(inner.get("display"))))
    return found


def every_object(value: object, *, skip: frozenset[str] = frozenset()) -> Iterator[JSON]:
    """Yield every object in `value`, in no order, without following elements named in `skip`.

    Works without recursion: depth is the sender's choice.
    """
    pending: list[object] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            yield item
            for name, inner in item.items():
                if isinstance(inner, (dict, list)) and name not in skip:
                    pending.append(inner)
        elif isinstance(item, list):
            pending.extend(inner for inner in item if isinstance(inner, (dict, list)))


def walk(value: object) -> Iterator[Place]:
    """Yield every object in `value` with the way to it, outermost first, in document order."""
    pending: list[tuple[Trail, object]] = [((), value)]
    while pending:
        trail, item = pending.pop()
        if isinstance(item, dict):
            yield Place(trail, item)
            pending.extend(((trail, name), inner) for name, inner in reversed(item.items()))
        elif isinstance(item, list):
            pending.extend(((trail, index), item[index]) for index in reversed(range(len(item))))


def contained(resource: Mapping[str, Any]) -> dict[str, JSON]:
    """Return the contained resources by '#id'."""
    return {f"#{text(inner.get('id'))}": inner for inner in objects(resource.get("contained"))}


def profiles(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the profiles that the resource claims, without versions."""
    stated = values(resource, "meta.profile") if "meta" in resource else ()
    return frozenset([text(value).split("|")[0] for value in stated]) if stated else _NONE


_NONE: frozenset[str] = frozenset()


def type_of(resource: Mapping[str, Any]) -> str:
    """Return the resource type, or the empty string."""
    kind = resource.get("resourceType")
    return kind if isinstance(kind, str) else ""


def boolean_extension(element: Mapping[str, Any], url: str) -> bool | None:
    """Return the boolean of an extension, or None when it is absent or no boolean."""
    for extension in objects(element.get("extension")):
        if extension.get("url") == url:
            value = extension.get("valueBoolean")
            return value if isinstance(value, bool) else None
    return None
