"""FHIR R4 structure as flat look-up tables, one `Node` a type or backbone element, built when first asked for.

A node maps every JSON key that may stand in its objects to an `Element`: choice types under each of their names
(`valueQuantity`), primitives also under the underscore key that carries their id and extensions (`_birthDate`).
"""

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from schemas.invariants import RULES, Rule
from schemas.primitives import OTHERS, TEXTS, Check

_FOLDER = Path(__file__).parent / "definitions"

# What a JSON key holds, in the order in which the walker meets them most often. Those from ARRAY on repeat.
TEXT: Final = 0  # primitive written as a JSON string
OBJECT: Final = 1
OTHER: Final = 2  # primitive written as number or boolean, and base64
TYPE: Final = 3  # `resourceType`
RESOURCE: Final = 4
XHTML: Final = 5
SHADOW: Final = 6  # `_name`: id and extensions of a primitive
ARRAY: Final = 10
OBJECTS: Final = ARRAY + OBJECT


class Element:
    """What one JSON key may hold.

    `name` is the step in FHIRPath; `node` is set for objects, `targets` for limited references. `codes` maps system
    to codes for a required binding on Coding, CodeableConcept and Quantity; for `code`, `allowed` has the codes.
    """

    __slots__ = ("allowed", "check", "codes", "kind", "many", "name", "node", "refers", "targets", "type")

    def __init__(self, name: str, type_: str, kind: int, *, many: bool, check: Check | None = None) -> None:
        self.name = name
        self.type = type_
        self.kind = kind + ARRAY * many
        self.many = many
        self.check: Check = check or _never
        self.node: Node = NOTHING
        self.refers = type_ == "Reference"
        self.targets: frozenset[str] | None = None
        self.codes: dict[str, frozenset[str]] | None = None
        self.allowed: frozenset[str] = frozenset()


def _never(_value: Any) -> bool:
    return False


class Node:
    """The table of one type.

    `elements` by JSON key; `required` names (a choice by its FHIRPath name); `choices` key -> name. `keys` are the
    required names if all of them are JSON keys themselves; `None` when a choice is among them. `is_plain`: nothing is
    required and nothing holds between the elements.
    """

    __slots__ = ("choices", "elements", "is_plain", "keys", "name", "required", "rules")

    def __init__(self, name: str) -> None:
        self.name = name
        self.elements: dict[str, Element] = {}
        self.keys: frozenset[str] | None = frozenset()
        self.required: tuple[str, ...] = ()
        self.rules: tuple[Rule, ...] = RULES.get(name, ())
        self.choices: dict[str, str] = {}
        self.is_plain = False


NOTHING: Final = Node("")


class _Tables(msgspec.Struct):
    resources: list[str]
    types: dict[str, msgspec.Raw]


class _Codes(msgspec.Struct):
    codes: dict[str, msgspec.Raw]


@cache
def _tables() -> _Tables:
    return msgspec.json.decode((_FOLDER / "structure.json").read_bytes(), type=_Tables)


@cache
def _code_lists() -> _Codes:
    return msgspec.json.decode((_FOLDER / "codes.json").read_bytes(), type=_Codes)


@cache
def _codes(url: str) -> dict[str, frozenset[str]]:
    lists = msgspec.json.decode(_code_lists().codes[url], type=dict[str, list[str]])
    return {system: frozenset(codes) for system, codes in lists.items()}


@cache
def codes_of(url: str) -> frozenset[str]:
    """Return every code of the value set `url`, whatever its system."""
    return frozenset[str]().union(*_codes(url).values())


@cache
def resource_types() -> frozenset[str]:
    """Return the names of all resource types of FHIR R4, supported here or not."""
    return frozenset(_tables().resources)


def constraints_of(name: str) -> list[tuple[str, str, str, str, str]]:
    """Return (path, key, severity, words, FHIRPath) of every constraint that the standard puts on the type `name`."""
    table = msgspec.json.decode(_tables().types[name])
    return [(c[0], c[1], c[2], c[3], c[4]) for c in table.get("constraints", [])]


def type_names() -> list[str]:
    """Return the names of all types with a table: datatypes, resources, and backbone elements by their path."""
    return list(_tables().types)


_nodes: dict[str, Node] = {}


def node_of(name: str) -> Node | None:
    """Return the table of a type, or `None` when there is none; builds it, and what it refers to, when first asked."""
    return _nodes.get(name) or (_build(name) if name in _tables().types else None)


def resource_node(name: str) -> Node | None:
    """Return the table of a resource type that may be stored or sent, else `None`."""
    return node_of(name) if name in resource_types() else None


def _build(name: str) -> Node:
    node = _nodes[name] = Node(name)
    table = msgspec.json.decode(_tables().types[name])
    if name in resource_types():
        node.elements["resourceType"] = Element("resourceType", "code", TYPE, many=False)
    required = []
    for element_name, row in table["elements"].items():
        choice = row.get("choice", False)
        if row.get("min"):
            required.append(element_name)
        for type_ in row["types"]:
            key = element_name
            if choice:
                suffix = "Quantity" if type_ in _QUANTITIES else type_
                key += suffix[0].upper() + suffix[1:]
                node.choices[key] = element_name
            node.elements[key] = element = _element(element_name, type_, row)
            if element.kind % ARRAY in {TEXT, OTHER}:
                node.elements["_" + key] = shadow = Element(element_name, type_, SHADOW, many=element.many)
                shadow.node = _named("Element")
                if choice:
                    node.choices["_" + key] = element_name
    node.required = tuple(required)
    node.keys = frozenset(required) if all(name in node.elements for name in required) else None
    node.is_plain = not (required or node.choices or node.rules or name == "Identifier")
    return node


_QUANTITIES = {"SimpleQuantity", "MoneyQuantity"}


def _named(name: str) -> Node:
    node = node_of(name)
    if node is None:
        raise KeyError(name)
    return node


def _element(name: str, type_: str, row: dict[str, Any]) -> Element:
    many = row.get("many", False)
    url = row.get("codes")
    if type_ in TEXTS:
        text = Element(name, type_, TEXT, many=many, check=TEXTS[type_])
        if url and type_ == "code":
            text.allowed = codes_of(url)
            text.check = text.allowed.__contains__
        return text
    if type_ in OTHERS:
        return Element(name, type_, OTHER, many=many, check=OTHERS[type_])
    if type_ == "xhtml":
        return Element(name, type_, XHTML, many=many)
    if type_ == "Resource":
        return Element(name, type_, RESOURCE, many=many)
    element = Element(name, type_, OBJECT, many=many)
    element.node = _named(type_)
    if "targets" in row:
        element.targets = frozenset(row["targets"])
    if url:
        element.codes = _codes(url)
    return element


PRIMITIVES: Final = MappingProxyType(TEXTS | OTHERS)
