"""The write gate: bytes in, an admitted resource or every fault out.

`admit` is the only way by which received content becomes a resource. What it admits is valid FHIR R4 by structure,
bindings, reference targets, formats, narrative safety, invariants and the profiles that we check; the bytes stay what
they were.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from schemas.fault import Fault
from schemas.structure import resource_types
from schemas.syntax import Malformed, count_of_values, diagnose, may_repeat_keys, read
from schemas.walker import MAX_DEPTH, TooDeepError, Walk

JSON = dict[str, Any]

MAX_BYTES: Final = 16 * 2**20
MAX_VALUES: Final = 300_000
"""Objects, arrays, members and texts that another value follows, together: half as many again as in the largest
transaction of ordinary resources. Each costs microseconds on its way into the index; 16 MiB hold millions of them."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A valid resource, with exact decimals (`Decimal`; whole numbers are `int`); `raw` is what was received."""

    resource: JSON
    raw: bytes
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why not.

    `malformed`: no JSON, or no resource. `too-large`: too big, or too deep. `invalid`: breaks rules of FHIR or ours.
    """

    kind: Literal["malformed", "too-large", "invalid"]
    faults: tuple[Fault, ...]


def admit(raw: bytes, *, expect: str | None = None, max_bytes: int = MAX_BYTES) -> Admitted | Rejected:
    """Read and check one received resource, Bundles with all that they hold; never raises, whatever the bytes.

    `expect` is the resource type that the address or operation asks for.
    """
    too_large = _too_large(raw, max_bytes)
    if too_large is not None:
        return too_large
    try:
        value = read(raw)
    except ValueError:
        return _diagnosed(raw, expect)
    refusal = _not_a_resource(value, expect)
    if refusal is not None:
        return refusal
    walk = Walk()
    try:
        faults = walk.faults(value, value["resourceType"])
    except (TooDeepError, RecursionError):
        return _too_deep()
    errors = _errors(faults)
    if not errors and not may_repeat_keys(raw, keys=walk.keys):
        return Admitted(value, raw, tuple(faults))
    return _diagnosed(raw, expect)


def _too_large(raw: bytes, max_bytes: int) -> Rejected | None:
    if len(raw) > max_bytes:
        return _rejected("too-large", f"the content is larger than {max_bytes} bytes", code="too-long")
    if len(raw) > MAX_VALUES and count_of_values(raw) > MAX_VALUES:
        return _rejected("too-large", f"the content has more than {MAX_VALUES} values", code="too-costly")
    return None


def _diagnosed(raw: bytes, expect: str | None) -> Admitted | Rejected:
    """Read and walk once more, slowly, with duplicate keys in their places."""
    read_again = diagnose(raw)
    if isinstance(read_again, Malformed):
        return _too_deep() if read_again.too_deep else _rejected("malformed", read_again.text)
    value = read_again.value
    refusal = _not_a_resource(value, expect)
    if refusal is not None:
        return refusal
    try:
        faults = Walk(read_again.repeated).faults(value, value["resourceType"])
    except (TooDeepError, RecursionError):
        return _too_deep()
    return Rejected("invalid", tuple(faults)) if _errors(faults) else Admitted(value, raw, tuple(faults))


def _not_a_resource(value: Any, expect: str | None) -> Rejected | None:
    if type(value) is not dict:
        return _rejected("malformed", "must be a resource, a JSON object")
    name = value.get("resourceType")
    if type(name) is not str:
        return _rejected("malformed", "must be a resource: `resourceType` is missing or no string")
    if name not in resource_types():
        return _rejected("malformed", "there is no such resource type in FHIR R4")
    if expect is not None and name != expect:
        return _rejected("invalid", f"must be of type {expect}", path=name, code="invalid")
    return None


def _rejected(
    kind: Literal["malformed", "too-large", "invalid"], text: str, *, path: str = "", code: str = "structure"
) -> Rejected:
    return Rejected(kind, (Fault(path, code, text),))


def _too_deep() -> Rejected:
    return _rejected("too-large", f"objects nest deeper than {MAX_DEPTH}", code="too-costly")


def _errors(faults: list[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.severity == "error"]


def review(resource: JSON, *, path: str | None = None) -> list[Fault]:
    """Return every fault of a parsed resource, warnings included, in document order.

    `path` is where the resource stands; by default its type.
    """
    name = resource.get("resourceType")
    place = path if path is not None else name if type(name) is str and name in resource_types() else ""
    try:
        return Walk().faults(resource, place)
    except (TooDeepError, RecursionError):
        return list(_too_deep().faults)


def faults_of(resource: JSON, *, path: str | None = None) -> list[Fault]:
    """Return what makes a parsed resource invalid, contained resources and Bundle entries included, in document order.

    Each fault has its FHIRPath, below `path` if given. Past 500 the rest is counted in a closing note of severity
    `information`.
    """
    faults = review(resource, path=path)
    return [fault for fault in faults if fault.severity != "warning"]
