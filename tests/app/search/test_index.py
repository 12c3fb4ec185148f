import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from searching import Shelf, observation

from app.search.dates import date_range
from app.search.index import IndexRows, index
from app.search.parse import parse
from app.search.query import Clause, Codes, Dates, Quantities, References, Texts
from app.search.registry import PARAMETERS, Parameter
from app.search.values import (
    LEAST,
    MOST,
    NO_UNIT,
    PRESENT,
    hash_code,
    hash_exact,
    hash_reference,
    hash_system,
    hash_system_code,
    hash_unit,
    hash_uri,
)
from app.store.database import Database
from schemas.homes import HOME_OF
from schemas.search_table import search_parameters

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
NAME_OF = {(row.type, row.number): row.name for row in search_parameters() if row.number is not None}

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published examples is not here")


def named(resource: dict[str, Any]) -> dict[str, set[object]]:
    """Index rows by the name of the parameter."""
    found: dict[str, set[object]] = {}
    rows = index(resource)
    type_ = resource["resourceType"]
    for table in (rows.tokens, rows.references, rows.dates, rows.strings, rows.quantities):
        for number, *values in table:
            name = NAME_OF.get((type_, number)) or NAME_OF["Resource", number]
            found.setdefault(name, set()).add(values[0] if len(values) == 1 else tuple(values))
    return found


def coding(system: str, code: str) -> set[int]:
    return {hash_code(code), hash_system_code(system, code), hash_system(system)}


def corpus(pattern: str) -> dict[str, Any]:
    return json.loads(next(CORPUS.glob(pattern)).read_bytes(), parse_float=Decimal)


@needs_corpus
def test_an_inr_is_found_by_these_values_and_no_others() -> None:
    assert named(corpus("dk-core/Observation-ElseINR.json")) == {
        "_profile": {hash_uri("http://hl7.dk/fhir/core/StructureDefinition/dk-core-observation")},
        "status": {hash_code("final")},
        "code": coding("http://npu-terminology.org", "NPU01685"),
        "date": {date_range("2023-09-15T09:15:00.000Z")},
        "value-quantity": {
            (unit, 1_000_000, 1_000_000)
            for unit in (NO_UNIT, hash_unit("http://unitsofmeasure.org", "1"), hash_unit("", "1"))
        },
    }


@needs_corpus
def test_a_diagnosis_is_found_by_these_values_and_no_others() -> None:
    doctor = {hash_reference("Practitioner/AbrahamLaege")}
    assert named(corpus("dk-core/Condition-JohnDiabetes.json")) == {
        "_profile": {hash_uri("http://hl7.dk/fhir/core/StructureDefinition/dk-core-condition")},
        "clinical-status": coding("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verification-status": coding("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "category": coding("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis"),
        "code": coding("urn:oid:1.2.208.176.2.4.12", "DE11"),
        "onset-date": {date_range("2020-02-20")},
        "recorded-date": {date_range("2020-03-15")},
        "asserter": doctor,
    }


@needs_corpus
def test_a_stay_is_found_by_these_values_and_no_others() -> None:
    assert named(corpus("dk-core/Encounter-0c5e4905*.json")) == {
        "_profile": {hash_uri("http://hl7.dk/fhir/core/StructureDefinition/dk-core-encounter")},
        "status": {hash_code("in-progress")},
        "class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP"),
        "date": {((date_range("2025-11-14T08:50:00+01:00") or (0, 0))[0], MOST)},
        "service-provider": {hash_reference("Organization/8510eec9-180b-4e9c-95b6-02fad9f853d3")},
    }


@needs_corpus
def test_a_citizen_is_found_by_these_values_and_no_others() -> None:
    assert named(corpus("dk-core/Patient-37628912*.json")) == {
        "_profile": {hash_uri("http://hl7.dk/fhir/core/StructureDefinition/dk-core-patient")},
        "identifier": coding("urn:oid:1.2.208.176.1.2", "0201919990"),
        "name": {"lauridsen", "else", "test", hash_exact("Lauridsen"), hash_exact("Else"), hash_exact("Test")},
        "family": {"lauridsen", hash_exact("Lauridsen")},
        "given": {"else", "test", hash_exact("Else"), hash_exact("Test")},
        "gender": {hash_code("female")},
        "birthdate": {date_range("1991-01-02")},
        "deceased": {hash_code("false")},
    }


DECEASED = [({}, "false"), ({"deceasedBoolean": True}, "true"), ({"deceasedBoolean": False}, "false"),
            ({"deceasedDateTime": "2024-05-14"}, "true")]  # fmt: skip


@pytest.mark.parametrize(("elements", "expected"), DECEASED)
def test_whoever_has_a_time_of_death_is_deceased_and_nobody_else(elements: dict[str, Any], expected: str) -> None:
    assert named({"resourceType": "Patient", **elements})["deceased"] == {hash_code(expected)}


def test_a_phone_number_is_not_a_mail_address() -> None:
    found = named(
        {
            "resourceType": "Patient",
            "telecom": [{"system": "phone", "value": "70 10 20 30"}, {"system": "email", "value": "a@b.dk"}],
        }
    )
    assert found["phone"] == {hash_code("70 10 20 30")}
    assert found["email"] == {hash_code("A@b.dk")}
    assert found["telecom"] == found["phone"] | found["email"]


TIMES: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
    ({"effectivePeriod": {"start": "2024-01", "end": "2024-03"}}, ("2024-01", "2024-03")),
    ({"effectivePeriod": {"end": "2024-03"}}, (None, "2024-03")),
    ({"effectiveTiming": {"event": ["2024-03-01", "2024-01-01", "2024-02-01"]}}, ("2024-01-01", "2024-03-01")),
    ({"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2024-01-01"}, "frequency": 1}}}, ("2024-01-01", None)),
    ({"effectiveTiming": {"code": {"text": "daily"}}}, (None, None)),
]


@pytest.mark.parametrize(("elements", "ends"), TIMES)
def test_periods_and_timings_are_found_between_their_outer_limits(
    elements: dict[str, Any], ends: tuple[str | None, str | None]
) -> None:
    first, last = ends
    low = date_range(first or "")
    high = date_range(last or "")
    assert named(observation(**elements))["date"] == {(low[0] if low else LEAST, high[1] if high else MOST)}


def test_an_empty_period_is_no_date() -> None:
    assert "date" not in named(observation(effectivePeriod={"extension": []}))


AMOUNTS: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({"value": Decimal("1.10")}, (1_100_000, 1_100_000)),
    ({"value": 5, "comparator": "<"}, (LEAST, 4_999_999)),
    ({"value": 5, "comparator": "<="}, (LEAST, 5_000_000)),
    ({"value": 5, "comparator": ">"}, (5_000_001, MOST)),
    ({"value": 5, "comparator": ">="}, (5_000_000, MOST)),
]


@pytest.mark.parametrize(("quantity", "limits"), AMOUNTS)
def test_a_quantity_may_be_open_to_one_side(quantity: dict[str, Any], limits: tuple[int, int]) -> None:
    assert named(observation(valueQuantity=quantity))["value-quantity"] == {(NO_UNIT, *limits)}


def test_an_age_may_be_a_range() -> None:
    years = {"system": "http://unitsofmeasure.org", "code": "a"}
    found = named({"resourceType": "Condition", "onsetRange": {"low": {"value": 40, **years}}})
    units = (NO_UNIT, hash_unit("http://unitsofmeasure.org", "a"), hash_unit("", "a"))
    assert found["onset-age"] == {(unit, 40_000_000, MOST) for unit in units}


def test_what_cannot_be_found_by_a_value_is_still_there() -> None:
    found = named(
        observation(
            method={"text": "by hand"}, performer=[{"display": "the nurse"}], specimen={"reference": "#contained"}
        )
    )
    assert (found["method"], found["performer"], found["specimen"]) == ({PRESENT}, {PRESENT}, {PRESENT})


def test_the_citizen_is_not_indexed_for_she_is_the_key() -> None:
    assert index(observation(subject={"reference": "Patient/a"})) == index(observation())


def test_a_type_that_is_not_searched_has_no_rows() -> None:
    assert index({"resourceType": "Basic", "code": {"coding": [{"code": "a"}]}}) == IndexRows()


# Whatever is indexed is found by what it says: values invented by Hypothesis, through parsing, without a database.

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
LETTERS = st.text("abcæøåéÜß -,|$\\%_'", min_size=1, max_size=40).filter(lambda text: any(map(str.isalpha, text)))


def escape(text: str) -> str:
    return "".join("\\" + char if char in "\\,$|" else char for char in text)


def holds(clause: Clause, rows: IndexRows) -> bool:
    match clause:
        case Codes(numbers, values, negated):
            return negated != any((number, value) in rows.tokens for number in numbers for value in values)
        case References(numbers, values):
            return any((number, value) in rows.references for number in numbers for value in values)
        case Texts(numbers, values, inside):
            return any(
                number in numbers and (value in text if inside else text.startswith(value))
                for number, text in rows.strings
                for value in values
            )
        case Dates(numbers, ranges):
            return any(
                number in numbers and one.low <= low and high <= one.high
                for number, low, high in rows.dates
                for one in ranges
            )
        case Quantities(numbers, ranges):
            return any(
                number in numbers and unit == one.unit and one.low <= low and high <= one.high
                for number, unit, low, high in rows.quantities
                for one in ranges
            )
    return False


def is_found(resource: dict[str, Any], name: str, value: str) -> bool:
    query = parse(resource["resourceType"], [(name, value)])
    return all(holds(clause, index(resource)) for clause in query.clauses)


@given(TEXT, TEXT)
def test_a_coding_is_found_by_what_it_says(system: str, code: str) -> None:
    found = observation(method={"coding": [{"code": "other"}, {"system": system, "code": code}]})
    for value in (escape(code), f"{escape(system)}|{escape(code)}", f"{escape(system)}|"):
        assert is_found(found, "method", value)
        assert not is_found(found, "method:not", value)
        assert not is_found(observation(), "method", value)


@given(LETTERS)
def test_a_text_is_found_by_itself_and_by_any_part_of_it(text: str) -> None:
    found = observation(valueString=text)
    assert is_found(found, "value-string", escape(text))
    assert is_found(found, "value-string:exact", escape(text))
    middle = text[len(text) // 3 :]
    if any(map(str.isalpha, middle)):
        assert is_found(found, "value-string:contains", escape(middle))


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=3), TEXT)
def test_a_quantity_is_found_by_its_value_as_it_is_written(value: Decimal, unit: str) -> None:
    found = observation(valueQuantity={"value": value, "system": "urn:x", "code": unit})
    for asked in (f"{value}", f"{value}|urn:x|{escape(unit)}", f"{value}||{escape(unit)}"):
        assert is_found(found, "value-quantity", asked)


@given(
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "+01:00"),
    st.sampled_from([4, 7, 10, 29]),
)
def test_a_moment_is_found_by_any_precision_of_itself(moment: str, precision: int) -> None:
    low, high = date_range(moment) or (0, 0)
    year = date_range(moment[:precision])
    assert year is not None
    # A moment in another zone than Denmark's may be on the next Danish day.
    assert is_found(observation(effectiveDateTime=moment), "date", moment[:precision]) == (
        year[0] <= low and high <= year[1]
    )


@given(st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True))
def test_a_reference_is_found_by_its_id(id_: str) -> None:
    found = observation(device={"reference": f"Device/{id_}"})
    assert is_found(found, "device", id_)
    assert is_found(found, "device", f"Device/{id_}")
    assert not is_found(found, "device", f"DeviceMetric/{id_}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["coding", "system", "code", "value", "start", "end", "reference", "identifier", "event", "repeat", "boundsPeriod",
         "low", "high", "family", "given", "line", "unit", "comparator", "text", "component", "type"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
KEYS = sorted({path.keys[0] for row in search_parameters() for path in row.paths})


@given(st.sampled_from([*PARAMETERS, None, 5, "Foo"]), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_nothing_is_too_odd_to_be_indexed(type_: object, elements: dict[str, Any]) -> None:
    rows = index({"resourceType": type_, **elements})
    for table in (rows.tokens, rows.references, rows.dates, rows.strings, rows.quantities):
        assert list(table) == sorted(set(table))


# The same with real resources, through the database.


def leaves(value: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    for one in value if isinstance(value, list) else [value]:
        if not keys:
            yield one
        elif isinstance(one, dict) and keys[0] in one:
            yield from leaves(one[keys[0]], keys[1:])


def askable(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:  # one form a case
    """Return searches that must find a resource with this value."""
    name = parameter.name
    match value:
        case {"coding": [*codings]}:
            for one in codings:
                yield from askable(parameter, one)
        case {"reference": str(reference)} if not reference.startswith("#"):
            yield name, escape(reference)
        case {"system": str(system), "code": str(code)} if parameter.kind == "token":
            yield name, f"{escape(system)}|{escape(code)}"
            yield name, escape(code)
        case {"system": str(system), "value": str(text)} if parameter.is_identifier:
            yield name, f"{escape(system)}|{escape(text)}"
        case {"value": Decimal() | int() as amount, "code": str(code)} if parameter.kind == "quantity":
            yield name, f"{amount}||{escape(code)}"
        case {"start": str(start)}:
            yield name, f"ge{start}"
            yield name, f"sa{int(start[:4]) - 1}"
        case {"family": str(family)}:
            yield name, escape(family)
        case {"city": str(city)}:
            yield name, escape(city)
        case bool():
            yield name, "true" if value else "false"
        case str() if parameter.kind in {"token", "string", "date", "uri", "reference"}:
            yield name, escape(value[:150])


def resources() -> Iterator[dict[str, Any]]:
    for path in sorted(CORPUS.glob("dk-core/*.json")):
        found = json.loads(path.read_bytes(), parse_float=Decimal)
        if found["resourceType"] in HOME_OF:
            yield found


@needs_corpus
async def test_every_value_of_every_real_resource_finds_it(database: Database) -> None:
    shelf = Shelf(database)
    found = list(resources())
    numbers = await shelf.put_all(found)
    paths = {(row.type, row.name): row.paths for row in search_parameters()}
    asked = 0
    for n, one in zip(numbers, found, strict=True):
        type_ = one["resourceType"]
        for name, parameter in PARAMETERS[type_].items():
            for path in paths.get((type_, name), ()) if parameter.numbers else ():
                if path.condition:
                    continue
                for value in leaves(one, path.keys):
                    for pair in askable(parameter, value):
                        asked += 1
                        assert n in await shelf.found(type_, pair), (type_, pair)
    assert asked > 1_000
