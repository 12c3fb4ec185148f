"""The search parameters that we support, one row a type and name; all else in search follows from it.

Everything that has no row is refused: composites, `near`, phonetic search, chains, `_has`, `_include`, `_elements` and
so on. The rows come from HL7's definitions (`schemas/search_table.py`); what a kind can do is said here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from schemas.homes import HOMES
from schemas.search_table import SearchParameter, search_parameters

Kind = Literal["token", "reference", "date", "string", "quantity", "uri", "id", "updated"]
"""HL7's kinds, and two for which columns of the resource itself are searched."""

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "token": ("not", "missing"),
        "reference": ("identifier", "missing"),  # and the name of a type
        "date": ("missing",),
        "string": ("exact", "contains", "missing"),
        "quantity": ("missing",),
        "uri": ("missing",),
        "id": (),
        "updated": (),
    }
)
_RANGED: frozenset[Kind] = frozenset({"date", "quantity", "updated"})
_PLAIN_TYPES = frozenset({"code", "boolean", "string", "id", "uri", "oid", "canonical", "ContactPoint", "dateTime"})
_TOLD_KIND: Mapping[Kind, str] = MappingProxyType({"id": "token", "updated": "date"})
_CANONICAL = frozenset({"canonical", "uri"})
_SELECTING = "Selects the citizen; accepts `:identifier` and `.identifier` with system|value."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of one type.

    `numbers`: under which it stands in the index, several when it is the union of others; none for what is no index.
    `is_plain`: its tokens have no system of their own; `systems` are those that its codes belong to by definition.
    `is_identifier`: its tokens are identifiers. `sortable`: a resource holds at most one value, so that results can be
    put in its order.
    """

    type: str
    name: str
    kind: Kind
    numbers: tuple[int, ...] = ()
    selects: bool = False
    sortable: bool = False
    is_plain: bool = False
    is_boolean: bool = False
    is_identifier: bool = False
    is_canonical: bool = False
    systems: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    url: str = ""
    text: str = ""

    @property
    def modifiers(self) -> tuple[str, ...]:
        """Return the modifiers that it takes, besides type names on references."""
        return MODIFIERS[self.kind]

    @property
    def comparators(self) -> tuple[str, ...]:
        """Return the prefixes that it takes."""
        return PREFIXES if self.kind in _RANGED else ()


def _parameter(type_: str, row: SearchParameter, numbers: tuple[int, ...]) -> Parameter:
    types = {path.type for path in row.paths}
    return Parameter(
        type=type_,
        name=row.name,
        kind=row.kind,
        numbers=numbers,
        selects=row.selects,
        sortable=row.kind == "date" and not row.repeats and len(numbers) == 1,
        is_plain=bool(types) and types <= _PLAIN_TYPES,
        is_boolean=types == {"boolean"},
        is_identifier="Identifier" in types,
        is_canonical=row.kind == "reference" and bool(types) and types <= _CANONICAL,
        systems=frozenset(row.systems),
        targets=row.targets,
        url=row.url,
        text=row.text,
    )


def _common(type_: str) -> tuple[Parameter, Parameter]:
    base = "http://hl7.org/fhir/SearchParameter/Resource-"
    by_id = Parameter(type=type_, name="_id", kind="id", url=base + "id", text="Logical id of this artifact")
    updated = Parameter(
        type=type_,
        name="_lastUpdated",
        kind="updated",
        sortable=True,
        url=base + "lastUpdated",
        text="When the resource version last changed",
    )
    return by_id, updated


def _build() -> Mapping[str, Mapping[str, Parameter]]:
    rows = search_parameters()
    numbers = {(row.type, row.name): row.number for row in rows if row.number is not None}
    found: dict[str, dict[str, Parameter]] = {}
    for home in HOMES:
        here = found[home.type] = {row.name: row for row in _common(home.type)}
        for row in rows:
            if row.type in {home.type, "Resource"}:
                names = row.reads or ((row.name,) if row.number is not None else ())
                here[row.name] = _parameter(home.type, row, tuple(numbers[row.type, name] for name in names))
    return MappingProxyType({type_: MappingProxyType(here) for type_, here in found.items()})


PARAMETERS: Mapping[str, Mapping[str, Parameter]] = _build()


def capability_rows(type_: str) -> list[dict[str, Any]]:
    """Return `CapabilityStatement.rest.resource.searchParam` of a type, in the order of the names."""
    return [_told(row) for _, row in sorted(PARAMETERS[type_].items())]


def _told(row: Parameter) -> dict[str, Any]:
    said = [row.text.rstrip(". ") + "."] if row.text else []
    if row.selects:
        said.append(_SELECTING)
    elif row.modifiers:
        said.append("Modifiers: " + ", ".join(f":{name}" for name in row.modifiers) + ".")
    return {
        "name": row.name,
        "definition": row.url,
        "type": _TOLD_KIND.get(row.kind, row.kind),
        "documentation": " ".join(said),
    }
