"""The compiled tables: what they hold, and that compiling is a function of its input."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import compile_structure
from schemas.compile_structure import BESIDE, NOTICE
from schemas.homes import HOMES
from schemas.structure import codes_of, constraints_of, node_of, resource_node, resource_types, type_names

PROFILE = "http://hl7.org/fhir/StructureDefinition/"
DEFINITIONS = Path(compile_structure.__file__).parent / "definitions"


@pytest.mark.parametrize(
    "name", sorted({row.type for row in HOMES} | set(BESIDE) | {"Bundle", "MessageHeader", "Subscription"})
)
def test_every_type_that_we_store_or_read_has_a_table(name: str) -> None:
    assert resource_node(name) is not None


def test_all_types_of_r4_are_known_by_name_and_no_others() -> None:
    assert len(resource_types()) == 146
    assert "SubscriptionStatus" not in resource_types()
    assert {"Resource", "DomainResource", "MetadataResource"} & resource_types() == set()


def test_datatypes_are_no_resources() -> None:
    assert resource_node("HumanName") is None
    assert node_of("HumanName") is not None
    assert node_of("NoSuch") is None


def test_what_the_package_changed_is_as_the_standard_says() -> None:
    def element(path: str) -> Any:
        owner, _, name = path.rpartition(".")
        node = node_of(owner)
        return node.elements.get(name) if node else None

    ours = {"PractitionerRole", "Practitioner", "Organization", "Device", "Patient", "RelatedPerson"}
    app_4 = [expression for _, key, _, _, expression in constraints_of("Appointment") if key == "app-4"]
    assert element("AuditEvent.source.observer").targets == ours
    assert element("Bundle.entry.response.outcome").type == "Resource"
    assert element("Binary.url") is None
    assert "'no-show'" in app_4[0]


def test_no_target_lies_outside_r4() -> None:
    for name in type_names():
        node = node_of(name)
        assert node is not None
        for element in node.elements.values():
            assert (element.targets or frozenset()) <= resource_types()


def test_required_code_lists_are_complete() -> None:
    assert codes_of("http://hl7.org/fhir/ValueSet/administrative-gender") == {"male", "female", "other", "unknown"}
    assert len(codes_of("http://hl7.org/fhir/ValueSet/observation-status")) == 8
    assert len(codes_of("http://hl7.org/fhir/ValueSet/event-timing")) == 26
    assert codes_of("http://hl7.org/fhir/ValueSet/units-of-time") == {"s", "min", "h", "d", "wk", "mo", "a"}
    assert {"saved", "proposal"} & codes_of("http://hl7.org/fhir/ValueSet/care-plan-intent") == {"proposal"}


@pytest.mark.parametrize("name", ["structure.json", "codes.json"])
def test_the_tables_say_whose_they_are(name: str) -> None:
    table = json.loads((DEFINITIONS / name).read_bytes())

    assert table["notice"] == NOTICE
    assert "CC0-1.0" in NOTICE


# A folder of definitions in small.


def _definition(id_: str, kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource": {
            "resourceType": "StructureDefinition",
            "id": id_,
            "type": id_,
            "kind": kind,
            "snapshot": {"element": [{"path": id_, "min": 0, "max": "*"}, *elements]},
        }
    }


def _element(path: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    return {"path": path, "min": 0, "max": "1", "type": [{"code": type_}]} | more


def _concepts(*concepts: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "CodeSystem", "url": "http://s", "content": "complete", "concept": list(concepts)}


def _folder(path: Path, monkeypatch: pytest.MonkeyPatch, *, value_set: dict[str, Any], reverse: bool = False) -> Path:
    monkeypatch.setattr(compile_structure, "HOMES", ())
    monkeypatch.setattr(compile_structure, "BESIDE", ("Thing",))
    observer = _element("AuditEvent.source.observer", "Reference")
    bound = {"strength": "required", "valueSet": "http://v|4.0.1"}
    resources = [
        _definition(
            "Thing",
            "resource",
            _element("Thing.id", base={"path": "Resource.id"}),
            _element("Thing.code", "code", binding=bound, min=1),
            _element(
                "Thing.value[x]",
                type=[{"code": "string"}, {"code": "Quantity", "profile": [PROFILE + "SimpleQuantity"]}],
            ),
            _element("Thing.part", "BackboneElement", max="*"),
            _element("Thing.part.more", contentReference="#Thing.part"),
            _element("Thing.part.gone", max="0"),
        ),
        _definition("Appointment", "resource"),
        _definition("AuditEvent", "resource", observer),
        _definition("Bundle", "resource"),
        _definition("Binary", "resource"),
    ]
    resources[1]["resource"]["snapshot"]["element"][0]["constraint"] = [
        {"key": "app-4", "expression": "status = 'noshow'"}
    ]
    types = [_definition("Element", "complex-type"), _definition("SimpleQuantity", "complex-type"), _definition("string", "primitive-type"),
             _definition("code", "primitive-type"), _definition("id", "primitive-type")]  # fmt: skip
    systems = _concepts(
        {
            "code": "a",
            "concept": [{"code": "b"}, {"code": "c", "property": [{"code": "notSelectable", "valueBoolean": True}]}],
        },
        {"code": "d", "property": [{"code": "subsumedBy", "valueCode": "b"}]},
    )
    files = {
        "profiles-resources.json": resources,
        "profiles-types.json": types,
        "valuesets.json": [
            {"resource": value_set | {"resourceType": "ValueSet", "url": "http://v"}},
            {"resource": systems},
        ],
        "v3-codesystems.json": [],
        "v2-tables.json": [],
    }
    path.mkdir()
    for name, entries in files.items():
        (path / name).write_text(json.dumps({"entry": entries[::-1] if reverse else entries}))
    return path


def _compiled(folder: Path) -> tuple[Any, Any]:
    structure, codes = compile_structure.compile_structure(folder)
    return json.loads(structure)["types"], json.loads(codes)["codes"]


def test_compiling_is_a_function_of_the_definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value_set = {"compose": {"include": [{"system": "http://s"}]}}
    one = _folder(tmp_path / "one", monkeypatch, value_set=value_set)
    other = _folder(tmp_path / "other", monkeypatch, value_set=value_set, reverse=True)

    assert compile_structure.compile_structure(one) == compile_structure.compile_structure(other)


def test_elements_become_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder(tmp_path / "x", monkeypatch, value_set={"compose": {"include": [{"system": "http://s"}]}})

    types, codes = _compiled(folder)

    assert types["Thing"]["elements"] == {
        "id": {"types": ["id"]},
        "code": {"min": 1, "types": ["code"], "codes": "http://v"},
        "value": {"types": ["string", "SimpleQuantity"], "choice": True},
        "part": {"many": True, "types": ["Thing.part"]},
    }
    assert types["Thing.part"] == {"elements": {"more": {"types": ["Thing.part"]}}}
    assert codes == {"http://v": {"http://s": ["a", "b", "d"]}}


@pytest.mark.parametrize(
    ("compose", "expected"),
    [
        ({"include": [{"system": "http://s", "concept": [{"code": "z"}]}]}, {"http://s": ["z"]}),
        ({"include": [{"system": "http://s", "filter": [{"property": "concept", "op": "is-a", "value": "b"}]}]}, {"http://s": ["b", "d"]}),
        ({"include": [{"system": "http://s"}], "exclude": [{"system": "http://s", "concept": [{"code": "a"}]}]}, {"http://s": ["b", "d"]}),
        ({"include": [{"system": "http://s", "filter": [{"property": "x", "op": "regex", "value": "b"}]}]}, None),
        ({"include": [{"system": "urn:ietf:bcp:13"}]}, None),
        ({"include": [{"system": "http://s"}], "exclude": [{"system": "urn:x"}]}, None),
        ({"include": [{"valueSet": ["http://nowhere"]}]}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_value_sets_are_expanded_only_where_they_are_closed(
    compose: dict[str, Any], expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = _compiled(_folder(tmp_path / "x", monkeypatch, value_set={"compose": compose}))

    assert codes.get("http://v") == expected


def test_the_command_writes_both_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder(tmp_path / "in", monkeypatch, value_set={"compose": {"include": [{"system": "http://s"}]}})
    monkeypatch.setattr(compile_structure, "TARGET", tmp_path / "out")
    monkeypatch.setattr("sys.argv", ["compile_structure", str(folder)])

    compile_structure.main()

    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["codes.json", "structure.json"]


def test_the_command_asks_for_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["compile_structure"])

    with pytest.raises(SystemExit, match="usage"):
        compile_structure.main()
