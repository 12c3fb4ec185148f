"""The one walk over a resource by the tables of `structure`: finds every fault, with its FHIRPath, in document order.

Nothing is built while all is well: a part returns `None`, and paths are put together from the inside out only where a
fault was found. What an object lacks, and the rules between its elements, come after what is wrong inside it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from schemas import complaint
from schemas.fault import Fault
from schemas.narrative import narrative_faults
from schemas.profiles import identifier_fault, profile_faults
from schemas.references import Scope, local_references, reference_faults
from schemas.structure import (
    ARRAY,
    OBJECT,
    OBJECTS,
    OTHER,
    RESOURCE,
    SHADOW,
    TEXT,
    TYPE,
    XHTML,
    Element,
    Node,
    resource_node,
    resource_types,
)

JSON = dict[str, Any]
Found = list[Fault]

MAX_DEPTH: Final = 64  # objects within objects; the deepest published example that we know has 22
MAX_FAULTS: Final = 500
_NAME = re.compile(r"_?[a-z](?!\w*\d{4})[A-Za-z0-9]{0,63}", re.ASCII)
"""How elements are called: not like people, and not by numbers."""
_ID_ALONE: Final = "must have a value or children besides its id (ele-1)"


class TooDeepError(Exception):
    """Objects nest deeper than `MAX_DEPTH`."""


class Walk:
    """One walk.

    `keys` counts the members of all objects visited; `repeated` names keys that the text gave twice, by id of the
    object.
    """

    __slots__ = ("count", "keys", "repeated", "scope")

    def __init__(self, repeated: Mapping[int, tuple[JSON, list[str]]] | None = None) -> None:
        self.keys = 0
        self.count = 0
        self.repeated = repeated
        self.scope = Scope({}, None)

    # Collecting.

    def add(self, found: Found | None, path: str, code: str, text: str, severity: str = "error") -> Found:
        """Note one fault; past the cap it is only counted, and whoever loops stops soon."""
        self.count += 1
        found = [] if found is None else found
        if self.count <= MAX_FAULTS:
            found.append(Fault(path, code, text, severity))
        return found

    def faults(self, resource: JSON, path: str) -> Found:
        """Walk `resource`, whose own place is `path`."""
        found = self.resource(resource, 0, contained=False) or []
        listed = [Fault(path + fault.path, fault.code, fault.text, fault.severity) for fault in found]
        if self.count > MAX_FAULTS:
            note = f"there are more faults than these {MAX_FAULTS}; the rest was not looked for"
            listed.append(Fault(path, "informational", note, "information"))
        return listed

    # Resources.

    def resource(self, value: Any, depth: int, *, contained: bool) -> Found | None:
        """Walk a resource: the root, an entry, a parameter, or a contained one, which shares its container's scope."""
        if type(value) is not dict:
            return self.add(None, "", "structure", "must be a resource, a JSON object")
        name = value.get("resourceType")
        if type(name) is not str:
            return self.add(None, "", "structure", "must be a resource: `resourceType` is missing or no string")
        node = resource_node(name)
        if node is None:
            known = name in resource_types()
            return self.add(
                None,
                "",
                "not-supported",
                "this resource type is not supported" if known else "there is no such resource type in FHIR R4",
            )
        outer = self.scope
        if not contained:
            self.scope = Scope(value, outer if outer.resource.get("resourceType") == "Bundle" else None)
        found = self.object(value, node, depth)
        if "contained" in value:
            found = self.containment(value, found, nested=contained)
        meta = value.get("meta")
        if type(meta) is dict and "profile" in meta:
            for fault in profile_faults(value, meta["profile"]):
                found = self.add(found, fault.path, fault.code, fault.text, fault.severity)
        self.scope = outer
        return found

    def containment(self, value: JSON, found: Found | None, *, nested: bool) -> Found | None:
        """Check what holds for contained resources only (dom-2 to dom-5)."""
        if nested:
            return self.add(found, ".contained", "invariant", "a contained resource must not contain others (dom-2)")
        items = value["contained"] if type(value["contained"]) is list else []
        used = local_references(value)
        seen: set[str] = set()
        for index, item in enumerate(items):
            if type(item) is not dict:
                continue
            place = f".contained[{index}]"
            id_ = item.get("id")
            if type(id_) is not str:
                found = self.add(found, place + ".id", "required", "a contained resource must have an id")
            else:
                if id_ in seen:
                    found = self.add(found, place + ".id", "invariant", "two contained resources have this id")
                seen.add(id_)
                if "#" + id_ not in used and "#" not in local_references(item):
                    found = self.add(
                        found,
                        place,
                        "invariant",
                        "a contained resource must be referred to, or refer to its container (dom-3)",
                    )
            meta = item.get("meta")
            if type(meta) is dict:
                for name, key in (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5")):
                    if name in meta:
                        found = self.add(
                            found,
                            f"{place}.meta.{name}",
                            "invariant",
                            f"a contained resource must not have this ({key})",
                        )
        return found

    # Objects.

    def object(self, value: JSON, node: Node, depth: int) -> Found | None:  # noqa: C901, PLR0912 - the hot loop is one piece
        """Walk one JSON object by the table of its type; paths in the result start at the object."""
        if depth > MAX_DEPTH:
            raise TooDeepError
        found: Found | None = None
        elements = node.elements
        self.keys += len(value)
        if self.repeated is not None and id(value) in self.repeated:
            for key in self.repeated[id(value)][1]:
                found = self.add(found, _step(key, elements), "structure", "the object has this key more than once")
        for key, item in value.items():
            if found is not None and self.count > MAX_FAULTS:
                return found
            if key not in elements:
                found = self.unknown(found, key, node)
                continue
            element = elements[key]
            kind = element.kind
            if kind == TEXT:
                if type(item) is not str or not element.check(item):
                    found = self.add(found, "." + element.name, *complaint.of_primitive(element, item))
            elif kind == OBJECTS and type(item) is list and item:
                for index, one in enumerate(item):
                    inner = self.member(one, element, depth)
                    if inner is not None:
                        found = _below(found, inner, f".{element.name}[{index}]")
                        if self.count > MAX_FAULTS:
                            break
            elif kind == OBJECT:
                inner = self.member(item, element, depth)
                if inner is not None:
                    found = _below(found, inner, "." + element.name)
            elif kind == OTHER:
                if not element.check(item):
                    found = self.add(found, "." + element.name, *complaint.of_primitive(element, item))
            elif kind >= ARRAY:
                found = self.array(value, key, item, element, found, depth)
            elif kind != TYPE:
                found = self.rare(value, key, element, found, depth)
        if "id" in value and len(value) == 1 and node.name != "Element":
            found = self.add(found, "", "invariant", _ID_ALONE)
        return found if node.is_plain else self.whole(value, node, found)

    def whole(self, value: JSON, node: Node, found: Found | None) -> Found | None:
        """Check what an object lacks, and what holds between its elements."""
        keys = node.keys
        if keys is None or not keys <= value.keys():
            found = self.missing(value, node, found)
        if node.choices and len(value.keys() & node.choices.keys()) > 1:
            found = self.chosen(value, node, found)
        for rule in node.rules:
            broken = rule.check(value)
            if broken:
                found = self.broken(node, rule.key, broken, found)
        if node.name == "Identifier":
            found = self.number(value, found)
        return found

    def member(self, value: Any, element: Element, depth: int) -> Found | None:
        """Walk one object in an element, with what the element says about it: reference targets and codes."""
        if type(value) is not dict or not value:
            return self.add(None, "", "structure", complaint.of_object(value))
        found = self.object(value, element.node, depth + 1)
        if element.refers:
            for step, code, text in reference_faults(value, element.targets, self.scope):
                found = self.add(found, step, code, text)
        if element.codes is not None:
            found = self.binding(value, element.type, element.codes, found)
        return found

    def unknown(self, found: Found | None, key: str, node: Node) -> Found:
        """Report a key that the type does not have; its name is repeated only if it looks like a name."""
        if not _NAME.fullmatch(key):
            return self.add(found, "", "structure", "has a key that is no element name")
        choice = next((name for name in set(node.choices.values()) if key.removeprefix("_").startswith(name)), None)
        if choice:
            return self.add(
                found, "." + key.removeprefix("_"), "structure", f"`{choice}[x]` does not take this type here"
            )
        if key.startswith("_") and key[1:] in node.elements:
            return self.add(found, "." + key[1:], "structure", "only primitive elements have an underscore property")
        return self.add(found, "." + key.removeprefix("_"), "structure", "there is no such element here")

    def rare(self, value: JSON, key: str, element: Element, found: Found | None, depth: int) -> Found | None:
        """Walk the kinds that are seldom met: nested resources, narrative, underscore properties."""
        item = value[key]
        place = "." + element.name
        if element.kind == RESOURCE:
            inner = self.resource(item, depth + 1, contained=False)
            return _below(found, inner, place) if inner is not None else found
        if element.kind == XHTML:
            if type(item) is not str:
                return self.add(found, place, "structure", "must be a JSON string of XHTML")
            for text in narrative_faults(item):
                found = self.add(found, place, "security" if "well-formed" not in text else "value", text)
            return found
        if type(item) is not dict or not item:  # SHADOW
            return self.add(found, place, "structure", complaint.of_object(item))
        inner = self.object(item, element.node, depth + 1)
        if inner is not None:
            found = _below(found, inner, place)
        if len(item) == 1 and "id" in item and key[1:] not in value:
            found = self.add(found, place, "invariant", _ID_ALONE)
        return found

    def array(
        self, value: JSON, key: str, items: Any, element: Element, found: Found | None, depth: int
    ) -> Found | None:
        """Walk the items of a repeating element."""
        place = "." + element.name
        if type(items) is not list:
            return self.add(found, place, "structure", "must be a JSON array: the element repeats")
        if not items:
            return self.add(found, place, "structure", "must not be an empty array")
        kind = element.kind - ARRAY
        if kind in {TEXT, OTHER}:
            return self.values(value, key, items, element, found)
        if kind == SHADOW:
            return self.shadows(value, key, items, element, found, depth)
        for index, item in enumerate(items):
            inner = self.resource(item, depth + 1, contained=True)
            if inner is not None:
                found = _below(found, inner, f"{place}[{index}]")
                if self.count > MAX_FAULTS:
                    break
        return found

    def values(self, value: JSON, key: str, items: list[Any], element: Element, found: Found | None) -> Found | None:
        """Check the items of a repeating primitive."""
        for index, item in enumerate(items):
            if item is None:
                if not _has_twin(value, "_" + key, index):
                    text = "null stands for a value only where the underscore property has an extension"
                    found = self.add(found, f".{element.name}[{index}]", "structure", text)
            elif (element.kind == ARRAY + TEXT and type(item) is not str) or not element.check(item):
                found = self.add(found, f".{element.name}[{index}]", *complaint.of_primitive(element, item))
            if found is not None and self.count > MAX_FAULTS:
                break
        return found

    def shadows(
        self, value: JSON, key: str, items: list[Any], element: Element, found: Found | None, depth: int
    ) -> Found | None:
        """Walk the underscore array of a repeating primitive."""
        place = "." + element.name
        values = value.get(key[1:])
        if type(values) is list and len(values) != len(items):
            found = self.add(
                found, place, "structure", "the values and their underscore property must be arrays of one length"
            )
        for index, item in enumerate(items):
            if found is not None and self.count > MAX_FAULTS:
                break
            if item is None:
                if type(values) is not list or index >= len(values):
                    found = self.add(found, f"{place}[{index}]", "structure", "has neither a value nor an extension")
            elif type(item) is not dict or not item:
                found = self.add(found, f"{place}[{index}]", "structure", complaint.of_object(item))
            else:
                inner = self.object(item, element.node, depth + 1)
                if inner is not None:
                    found = _below(found, inner, f"{place}[{index}]")
                has_value = type(values) is list and index < len(values) and values[index] is not None
                if len(item) == 1 and "id" in item and not has_value:
                    found = self.add(found, f"{place}[{index}]", "invariant", _ID_ALONE)
        return found

    def missing(self, value: JSON, node: Node, found: Found | None) -> Found | None:
        """Report required elements that are absent, where not even an extension says why."""
        for name in node.required:
            keys = (
                [key for key, choice in node.choices.items() if choice == name]
                if name not in node.elements
                else [name, "_" + name]
            )
            if not any(key in value for key in keys):
                found = self.add(found, "." + name, "required", "this element is required")
        return found

    def chosen(self, value: JSON, node: Node, found: Found | None) -> Found | None:
        """Report choices that were made twice."""
        taken: dict[str, str] = {}
        for key in value:
            choice = node.choices.get(key)
            if choice is not None and taken.setdefault(choice, key.removeprefix("_")) != key.removeprefix("_"):
                found = self.add(found, "." + choice, "structure", f"`{choice}[x]` may be given in one type only")
        return found

    def broken(self, node: Node, key: str, places: tuple[str, ...], found: Found | None) -> Found | None:
        """Report where a rule between elements is broken."""
        severity, words = complaint.of_constraint(node.name, key)
        for place in places:
            found = self.add(found, place, "invariant", f"{words} ({key})", severity)
        return found

    def number(self, value: JSON, found: Found | None) -> Found | None:
        """Check the form of a number that names a citizen; the number itself is never repeated."""
        system, number = value.get("system"), value.get("value")
        text = identifier_fault(system, number) if type(system) is str and type(number) is str else None
        return self.add(found, ".value", "value", text) if text else found

    def binding(
        self, value: JSON, type_: str, codes: Mapping[str, frozenset[str]], found: Found | None
    ) -> Found | None:
        """Check a required binding: one coding of the concept, or the coding itself, must come from the value set."""
        if type_ == "CodeableConcept":
            listed = value.get("coding")
            codings = [coding for coding in (listed if type(listed) is list else ()) if type(coding) is dict]
        else:
            codings = [value]
        for coding in codings:
            system, code = coding.get("system"), coding.get("code")
            if type(system) is str and type(code) is str and code in codes.get(system, ()):
                return found
        if type_ != "CodeableConcept" and "code" not in value and ("extension" in value or "_code" in value):
            return found
        if type_ == "CodeableConcept" and not codings and "extension" in value:
            return found
        return self.add(
            found,
            "",
            "code-invalid",
            "needs a code from " + "; ".join(f"{s}: {complaint.listing(c)}" for s, c in codes.items()),
        )


def _below(found: Found | None, inner: Found, step: str) -> Found:
    moved = [Fault(step + fault.path, fault.code, fault.text, fault.severity) for fault in inner]
    if found is None:
        return moved
    found += moved
    return found


def _step(key: str, elements: Mapping[str, Element]) -> str:
    if key in elements:
        return "." + elements[key].name
    return "." + key.removeprefix("_") if _NAME.fullmatch(key) else ""


def _has_twin(value: JSON, key: str, index: int) -> bool:
    twins = value.get(key)
    return type(twins) is list and index < len(twins) and twins[index] is not None
