"""FHIR Parameters as operations take them, from a body or a query string, with every fault named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidContentError
from schemas.fault import Fault

_VALUE_KEYS = (
    "valueString",
    "valueIdentifier",
    "valueCanonical",
    "valueUri",
    "valueCode",
    "valueId",
    "valueReference",
    "valueDateTime",
    "valueInstant",
    "valueDate",
    "valueBoolean",
    "valueCoding",
)


@dataclass(frozen=True, slots=True)
class Input:
    """The parameters of one call, by name; one value each, or a list of those that may be given several times."""

    values: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """Return a parameter as text, or None."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def identifier(self, name: str = "identifier") -> tuple[str, str] | None:
        """Return `system|value` or an Identifier as (system, value), or None when it is not given.

        Raises:
            InvalidContentError: it is there but has no system or no value.
        """
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, Mapping):
            system, code = value.get("system"), value.get("value")
        else:
            system, _, code = str(value).partition("|")
        if not (isinstance(system, str) and isinstance(code, str) and system and code):
            raise _fault(name, "value", "give the identifier with its system, as `system|value` or as an Identifier")
        return system, code


def _fault(name: str, code: str, text: str) -> InvalidContentError:
    path = f"Parameters.parameter.where(name='{name}')"
    return InvalidContentError(text, faults=(Fault(path, code, text),))


def from_resource(
    resource: Mapping[str, Any], *, allowed: frozenset[str], several: frozenset[str] = frozenset()
) -> Input:
    """Read a validated Parameters resource; the values of `several` are lists.

    Raises:
        InvalidContentError: another resource, an unknown or a repeated parameter, one without a value.
    """
    if resource.get("resourceType") != "Parameters":
        text = "the body must be a Parameters resource"
        raise InvalidContentError(text, faults=(Fault("Resource", "structure", text),))
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for index, part in enumerate(resource.get("parameter", [])):
        name, path = part["name"], f"Parameters.parameter[{index}]"
        if name not in allowed:
            faults.append(Fault(f"{path}.name", "not-supported", "this operation has no such parameter"))
        elif name in values and name not in several:
            faults.append(Fault(path, "invalid", "this parameter may be given once"))
        else:
            value = next((part[key] for key in _VALUE_KEYS if key in part), part.get("resource"))
            if value is None:
                faults.append(Fault(path, "required", "this parameter needs a value"))
            values[name] = [*values.get(name, ()), value] if name in several else value
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    return Input(values)


def from_pairs(pairs: list[tuple[str, str]], *, allowed: frozenset[str]) -> Input:
    """Read the parameters of a GET.

    Raises:
        InvalidContentError: an unknown or a repeated parameter.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in pairs:
        if name == "_format":
            continue
        if name not in allowed:
            faults.append(Fault("", "not-supported", "this operation has no such parameter"))
        elif name in values:
            faults.append(Fault("", "invalid", f"`{name}` may be given once"))
        else:
            values[name] = value
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))
    return Input(values)
