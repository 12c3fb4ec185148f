import json
import os
from pathlib import Path

import pytest

from app.search.index import _EXTRACTS
from app.search.registry import PARAMETERS, capability_rows
from schemas.compile_search import FIRST, TARGET, CompiledPath, compile_search, members
from schemas.homes import HOMES
from schemas.search_table import search_parameters

DEFINITIONS = Path(os.environ.get("OVERGANG_DEFINITIONS", Path(__file__).parents[4] / "shared" / "definitions"))
ROWS = search_parameters()


def test_every_stored_type_can_be_searched_by_id_and_time_and_tag() -> None:
    assert list(PARAMETERS) == [home.type for home in HOMES]
    for rows in PARAMETERS.values():
        assert {"_id", "_lastUpdated", "_tag", "_profile", "_source"} <= rows.keys()


def test_every_type_about_a_citizen_can_be_searched_by_citizen_where_hl7_says_how() -> None:
    selected = {type_ for type_, rows in PARAMETERS.items() if any(row.selects for row in rows.values())}
    assert selected == {home.type for home in HOMES if home.home != "directory"} - {
        "Patient",  # selected by its identifier
        "Medication",
        "Binary",
        "Bundle",
    }


def test_numbers_are_unique_and_none_is_reused() -> None:
    numbers = [row.number for row in ROWS if row.number is not None]
    retired = json.loads(TARGET.read_bytes())["retired"].values()
    assert len({*numbers, *retired}) == len(numbers) + len(retired)
    assert min(numbers) >= FIRST


NUMBERS_IN_DATABASES = {
    ("Resource", "_profile"): 16,
    ("Patient", "identifier"): 34,
    ("Observation", "code"): 92,
    ("Observation", "date"): 98,
    ("Observation", "value-quantity"): 112,
}


@pytest.mark.parametrize("key", NUMBERS_IN_DATABASES)
def test_a_number_never_changes_because_databases_hold_it(key: tuple[str, str]) -> None:
    assert {(row.type, row.name): row.number for row in ROWS}[key] == NUMBERS_IN_DATABASES[key]


def test_whatever_is_indexed_knows_how() -> None:
    for row in ROWS:
        for path in row.paths if row.number is not None else ():
            assert path.condition == "exists" or (row.kind, path.type) in _EXTRACTS, row


def test_every_parameter_either_is_indexed_reads_others_or_selects() -> None:
    names = {(row.type, row.name) for row in ROWS if row.number is not None}
    for row in ROWS:
        assert (row.number is not None) + bool(row.reads) + row.selects == 1, row
        assert all((row.type, name) in names for name in row.reads)


def test_unions_are_not_indexed_twice() -> None:
    combined = PARAMETERS["Observation"]["combo-code"]
    parts = [PARAMETERS["Observation"][name].numbers for name in ("code", "component-code")]
    assert combined.numbers == (*parts[0], *parts[1])
    assert not combined.sortable


# What the summary and the three journeys ask for.
NEEDED = {
    "CarePlan": {"patient", "subject", "category", "status", "date", "identifier"},
    "DocumentReference": {"patient", "category", "type", "status", "date", "period", "identifier"},
    "Observation": {"patient", "code", "category", "date", "status", "value-quantity", "performer", "encounter"},
    "Condition": {"patient", "clinical-status", "category", "code", "onset-date", "recorded-date"},
    "MedicationRequest": {"patient", "status", "intent", "code", "authoredon"},
    "Encounter": {"patient", "status", "class", "date", "service-provider"},
    "Appointment": {"patient", "status", "date", "actor"},
    "Patient": {"identifier", "name", "family", "given", "birthdate", "gender"},
    "Organization": {"identifier", "name", "type", "partof"},
}


@pytest.mark.parametrize("type_", NEEDED)
def test_what_clients_ask_for_is_there(type_: str) -> None:
    assert NEEDED[type_] <= PARAMETERS[type_].keys()


def test_nothing_is_promised_that_would_need_more_than_a_walk() -> None:
    for rows in PARAMETERS.values():
        assert not rows.keys() & {"near", "phonetic", "_text", "_content", "_query", "_security", "code-value-quantity"}


def test_sorting_is_for_parameters_with_one_date_at_most() -> None:
    assert PARAMETERS["Observation"]["date"].sortable
    assert PARAMETERS["Condition"]["onset-date"].sortable
    assert not PARAMETERS["CarePlan"]["activity-date"].sortable
    assert not PARAMETERS["Observation"]["code"].sortable


def test_the_capability_statement_promises_each_parameter_with_its_definition() -> None:
    for type_, rows in PARAMETERS.items():
        told = capability_rows(type_)
        assert [row["name"] for row in told] == sorted(rows)
        for row in told:
            assert row["definition"].startswith("http://hl7.org/fhir/SearchParameter/")
            assert row["type"] in {"token", "reference", "date", "string", "quantity", "uri"}
            assert row["documentation"]


def test_a_shared_definition_is_told_in_the_words_of_the_type() -> None:
    told = {row["name"]: row for row in capability_rows("Flag")}
    assert told["date"]["documentation"] == "Time period when flag is active. Modifiers: :missing."
    assert "Selects the citizen" in told["patient"]["documentation"]


def test_members_of_an_expression_are_those_of_the_type() -> None:
    expression = "Condition.code | (Observation.value as CodeableConcept).text | Observation.code | ObservationX.code"
    assert members(expression, "Observation") == ["Observation.value.as(CodeableConcept).text", "Observation.code"]


# The compile script, on definitions small enough to read, and on HL7's own.


def element(path: str, *types: str, most: str = "1") -> dict[str, object]:
    return {"path": path, "max": most, "type": [{"code": type_} for type_ in types]}


def parameter(name: str, kind: str, expression: str) -> dict[str, object]:
    return {
        "resourceType": "SearchParameter", "id": f"x-{name}", "code": name, "base": ["Observation"], "type": kind,
        "expression": expression, "url": f"http://hl7.org/fhir/SearchParameter/x-{name}", "description": f"By {name}",
    }  # fmt: skip


PARTS = (
    parameter("patient", "reference", "Observation.subject.where(resolve() is Patient)"),
    parameter("code", "token", "Observation.code"),
    parameter("part", "token", "Observation.component.code"),
    parameter("every", "token", "Observation.code | Observation.component.code"),
    parameter("amount", "quantity", "(Observation.component.value as Quantity) | (Observation.value as SampledData)"),
    parameter("first", "token", "Observation.component[0].code"),
    parameter("near", "special", "Observation.code"),
    parameter("doctor", "reference", "Observation.performer.where(resolve() is Practitioner)"),
)


def folder(path: Path, *parameters: dict[str, object]) -> Path:
    structure = {
        "resourceType": "StructureDefinition",
        "snapshot": {
            "element": [
                element("Observation.subject", "Reference"),
                element("Observation.code", "CodeableConcept"),
                element("Observation.performer", "Reference", most="*"),
                element("Observation.component", "BackboneElement", most="*"),
                element("Observation.component.code", "CodeableConcept"),
                element("Observation.component.value[x]", "Quantity", "string"),
                element("Observation.value[x]", "Quantity", "SampledData"),
            ]
        },
    }
    content = {"profiles-types.json": [], "profiles-resources.json": [structure], "valuesets.json": []}
    for name, resources in {**content, "search-parameters.json": list(parameters)}.items():
        (path / name).write_text(json.dumps({"entry": [{"resource": one} for one in resources]}))
    return path


def compiled(path: Path, *parameters: dict[str, object], before: bytes | None = None) -> bytes:
    return compile_search(folder(path, *parameters), json.loads(before) if before else None)


def rows_of(content: bytes) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(content)["parameters"]}


def test_expressions_become_paths_with_types_and_conditions(tmp_path: Path) -> None:
    rows = rows_of(compiled(tmp_path, *PARTS))
    assert rows["code"]["paths"] == [["code", "CodeableConcept"]]
    assert rows["amount"]["paths"] == [["component.valueQuantity", "Quantity"]]
    assert rows["doctor"]["paths"] == [["performer", "Reference", "resolve=Practitioner"]]
    assert rows["every"]["reads"] == ["code", "part"]
    assert rows["patient"]["selects"]
    assert not rows.keys() & {"first", "near"}
    assert (rows["part"].get("repeats"), rows["code"].get("repeats")) == (True, None)


def test_numbers_are_kept_and_those_of_removed_parameters_stay_reserved(tmp_path: Path) -> None:
    first = compiled(tmp_path, *PARTS)
    without = compiled(tmp_path, *(part for part in PARTS if part["code"] not in {"code", "every"}), before=first)
    again = compiled(tmp_path, *PARTS, parameter("alpha", "token", "Observation.code.text"), before=without)
    assert json.loads(without)["retired"] == {"Observation.code": rows_of(first)["code"]["number"]}
    assert rows_of(without)["part"]["number"] == rows_of(first)["part"]["number"]
    assert rows_of(again)["code"]["number"] == rows_of(first)["code"]["number"]


def test_compiling_again_changes_nothing(tmp_path: Path) -> None:
    first = compiled(tmp_path, *PARTS)
    assert compiled(tmp_path, *PARTS, before=first) == first
    assert compiled(tmp_path, *reversed(PARTS)) == first


@pytest.mark.skipif(not DEFINITIONS.is_dir(), reason="HL7's definitions are not here; set OVERGANG_DEFINITIONS")
def test_the_committed_table_is_what_hl7s_definitions_give() -> None:
    committed = TARGET.read_bytes()
    assert compile_search(DEFINITIONS, json.loads(committed)) == committed
    assert CompiledPath(("a", "b"), "code", "system=x").as_list() == ["a.b", "code", "system=x"]
