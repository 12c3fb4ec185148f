"""Search on both databases."""

import contextlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from searching import (
    EVERYTHING,
    HIDDEN,
    MEASUREMENTS,
    NOW_US,
    PID,
    Shelf,
    concept,
    observation,
)
from sqlalchemy.dialects import sqlite as sqlite_dialect

from app.errors import InvalidSearchError
from app.search.cursor import Position
from app.search.parse import parse
from app.search.statement import page_of
from app.store.database import Database
from app.store.query import compile_statement
from app.store.tables import DIRECTORY
from schemas.search_table import search_parameters

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


async def test_a_code_is_found_by_code_by_system_and_code_by_system_and_without_system(shelf: Shelf) -> None:
    loinc, other, bare, text = await shelf.put_all(
        [
            observation(code=concept("85354-9")),
            observation(code=concept("85354-9", "urn:oid:1.2.208")),
            observation(code=concept("85354-9", None)),
            observation(code={"text": "blood pressure"}),
        ]
    )
    assert await shelf.found("Observation", ("code", "85354-9")) == {loinc, other, bare}
    assert await shelf.found("Observation", ("code", "http://loinc.org|85354-9")) == {loinc}
    assert await shelf.found("Observation", ("code", "http://loinc.org|")) == {loinc}
    assert await shelf.found("Observation", ("code", "|85354-9")) == {bare}
    assert await shelf.found("Observation", ("code", "85354-9,nothing")) == {loinc, other, bare}
    assert await shelf.found("Observation", ("code", "http://snomed.info/sct|85354-9")) == set()
    assert await shelf.found("Observation") == {loinc, other, bare, text}


async def test_the_case_of_a_code_does_not_matter(shelf: Shelf) -> None:
    n = await shelf.put(observation(code=concept("NPU01685", "urn:oid:1.2.208.176.2.1")))
    assert await shelf.found("Observation", ("code", "npu01685")) == {n}
    assert await shelf.found("Observation", ("code", "URN:OID:1.2.208.176.2.1|NPU01685")) == set()


async def test_the_system_of_a_plain_code_is_the_one_of_its_definition(shelf: Shelf) -> None:
    n = await shelf.put(observation())
    system = "http://hl7.org/fhir/observation-status"
    assert await shelf.found("Observation", ("status", f"{system}|final")) == {n}
    assert await shelf.found("Observation", ("status", "final")) == {n}
    assert await shelf.found("Observation", ("status", "http://loinc.org|final")) == set()


async def test_not_means_that_no_value_matches_and_absence_is_no_match(shelf: Shelf) -> None:
    both = {"coding": [{"system": "http://loinc.org", "code": "a"}, {"system": "http://loinc.org", "code": "b"}]}
    a, ab, c, none = await shelf.put_all(
        [
            observation(method=concept("a")),
            observation(method=both),
            observation(method=concept("c")),
            observation(),
        ]
    )
    assert await shelf.found("Observation", ("method:not", "a")) == {c, none}
    assert await shelf.found("Observation", ("method:not", "b")) == {a, c, none}
    assert await shelf.found("Observation", ("method:not", "a,c")) == {none}
    assert await shelf.found("Observation", ("method", "a"), ("method:not", "b")) == {a}
    assert ab


async def test_not_and_missing_look_at_permitted_resources_alone(shelf: Shelf) -> None:
    seen = await shelf.put(observation())
    await shelf.put(observation(), sig=HIDDEN)
    assert await shelf.found("Observation", ("method:not", "a"), by=MEASUREMENTS) == {seen}
    assert await shelf.found("Observation", ("method:missing", "true"), by=MEASUREMENTS) == {seen}


MISSING = {
    "method": {"method": {"text": "by hand"}},
    "performer": {"performer": [{"display": "the nurse"}]},
    "date": {"effectivePeriod": {"start": "2026"}},
    "value-quantity": {"valueQuantity": {"value": 1}},
    "value-string": {"valueString": "!"},
    "_profile": {"meta": {"profile": ["http://hl7.dk/fhir/core/StructureDefinition/dk-core-observation"]}},
}


@pytest.mark.parametrize("name", MISSING)
async def test_missing_tells_whether_the_element_is_there_however_little_it_says(shelf: Shelf, name: str) -> None:
    there, absent = await shelf.put_all([observation(**MISSING[name]), observation()])
    assert await shelf.found("Observation", (f"{name}:missing", "false")) == {there}
    assert await shelf.found("Observation", (f"{name}:missing", "true")) == {absent}


async def test_a_union_parameter_finds_what_its_parts_find(shelf: Shelf) -> None:
    panel, single = await shelf.put_all(
        [
            observation(component=[{"code": concept("8480-6"), "valueQuantity": {"value": 120}}]),
            observation(code=concept("8480-6"), valueQuantity={"value": 110}),
        ]
    )
    assert await shelf.found("Observation", ("combo-code", "8480-6")) == {panel, single}
    assert await shelf.found("Observation", ("component-code", "8480-6")) == {panel}
    assert await shelf.found("Observation", ("combo-value-quantity", "gt115")) == {panel}
    assert await shelf.found("Observation", ("combo-code:missing", "true")) == set()


async def test_a_reference_is_found_in_every_form_and_by_identifier(shelf: Shelf) -> None:
    local, foreign, logical = await shelf.put_all(
        [
            observation(performer=[{"reference": "Organization/k3v/_history/2"}]),
            observation(performer=[{"reference": "https://other.example/fhir/Organization/k3v"}]),
            observation(performer=[{"identifier": {"system": "urn:oid:1.2.208.176.1.1", "value": "6071000016008"}}]),
        ]
    )
    assert await shelf.found("Observation", ("performer", "Organization/k3v")) == {local}
    assert await shelf.found("Observation", ("performer", "k3v")) == {local}
    assert await shelf.found("Observation", ("performer:Organization", "k3v")) == {local}
    assert await shelf.found("Observation", ("performer:Practitioner", "k3v")) == set()
    assert await shelf.found("Observation", ("performer", "https://other.example/fhir/Organization/k3v")) == {foreign}
    by_sor = ("performer:identifier", "urn:oid:1.2.208.176.1.1|6071000016008")
    assert await shelf.found("Observation", by_sor) == {logical}


async def test_a_reference_parameter_for_one_type_ignores_the_others(shelf: Shelf) -> None:
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}}
    doctor, relative = await shelf.put_all(
        [
            {**visit, "participant": [{"individual": {"reference": "Practitioner/a"}}]},
            {**visit, "participant": [{"individual": {"reference": "RelatedPerson/a"}}]},
        ]
    )
    assert await shelf.found("Encounter", ("practitioner", "a")) == {doctor}
    assert await shelf.found("Encounter", ("participant", "a")) == {doctor, relative}
    assert await shelf.found("Encounter", ("practitioner:missing", "true")) == {relative}


async def test_texts_are_found_by_their_beginning_without_case_accents_and_punctuation(shelf: Shelf) -> None:
    names = ["Jørgen Ångstrøm", "José-María", "JOSEPH", "Sørensen"]
    jorgen, jose, joseph, sorensen = await shelf.put_all([observation(valueString=name) for name in names])
    assert await shelf.found("Observation", ("value-string", "jose")) == {jose, joseph}
    assert await shelf.found("Observation", ("value-string", "JOSÉMARIA")) == {jose}
    assert await shelf.found("Observation", ("value-string:exact", "José-María")) == {jose}
    assert await shelf.found("Observation", ("value-string:exact", "jose-maria")) == set()
    assert await shelf.found("Observation", ("value-string:contains", "angstr")) == {jorgen}
    assert await shelf.found("Observation", ("value-string", "angstr")) == set()
    assert await shelf.found("Observation", ("value-string", "sø")) == {sorensen}
    assert await shelf.found("Observation", ("value-string", "so")) == set()


async def test_wildcards_of_the_database_are_no_wildcards_here(shelf: Shelf) -> None:
    await shelf.put_all([observation(valueString="abc"), observation(valueString="100%")])
    assert await shelf.found("Observation", ("value-string:contains", "a_c")) == set()
    assert await shelf.found("Observation", ("value-string", "1%1")) == set()


async def test_quantities_are_found_by_value_precision_and_unit(shelf: Shelf) -> None:
    ucum = {"system": "http://unitsofmeasure.org", "code": "mg", "unit": "milligram"}
    exact, near, grams, less = await shelf.put_all(
        [
            observation(valueQuantity={"value": 5.4, **ucum}),
            observation(valueQuantity={"value": 5.44, **ucum}),
            observation(valueQuantity={"value": 5.4, "unit": "g"}),
            observation(valueQuantity={"value": 5, "comparator": "<", **ucum}),
        ]
    )
    assert await shelf.found("Observation", ("value-quantity", "5.4")) == {exact, near, grams}
    assert await shelf.found("Observation", ("value-quantity", "5.40")) == {exact, grams}
    assert await shelf.found("Observation", ("value-quantity", "5.4|http://unitsofmeasure.org|mg")) == {exact, near}
    assert await shelf.found("Observation", ("value-quantity", "5.4||mg")) == {exact, near}
    assert await shelf.found("Observation", ("value-quantity", "5.4||milligram")) == {exact, near}
    assert await shelf.found("Observation", ("value-quantity", "5.4||g")) == {grams}
    assert await shelf.found("Observation", ("value-quantity", "gt5.4")) == {near}
    assert await shelf.found("Observation", ("value-quantity", "lt5.4")) == {less}
    assert await shelf.found("Observation", ("value-quantity", "ge5.4"), ("value-quantity", "le5.4")) == {exact, grams}
    assert await shelf.found("Observation", ("value-quantity", "ne5.40")) == {near, less}
    assert await shelf.found("Observation", ("value-quantity", "ap5.0")) == {exact, near, grams, less}
    assert await shelf.found("Observation", ("value-quantity", "sa5.4,eb5.4")) == {near, less}


@pytest.mark.parametrize("value", ["9999999999999", "-9999999999999", "ap9999999999999", "gt1e12", "0.000000000001"])
async def test_no_number_is_beyond_the_database(shelf: Shelf, value: str) -> None:
    await shelf.put(observation(valueQuantity={"value": 5}))
    assert await shelf.found("Observation", ("value-quantity", value)) == set()


# Dates: an evaluator of its own, by calendar and the system's time zones, against every prefix, precision and zone.

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FOREVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
TICK = timedelta(microseconds=1)


def covered(text: str) -> tuple[datetime, datetime]:
    """First and last microsecond of a date as FHIR writes it."""
    day = 10
    if len(text) <= day:
        year, month = int(text[:4]), int(text[5:7] or 1)
        first = datetime(year, month, int(text[8:] or 1), tzinfo=COPENHAGEN)
        if len(text) == day:
            after = first + timedelta(days=1)
        elif len(text) == 4:
            after = first.replace(year=year + 1)
        else:
            after = first.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        first = datetime.fromisoformat(text)
        first = first if first.tzinfo else first.replace(tzinfo=COPENHAGEN)
        clock = re.match(r"[\d:.]+", text[11:])[0]
        digits = len(clock.partition(".")[2])
        width = 60_000_000 if len(clock) == 5 else 10 ** (6 - digits) if digits else 1_000_000
        after = first.astimezone(UTC) + timedelta(microseconds=width)
    return first.astimezone(UTC), after.astimezone(UTC) - TICK


HOLDS: dict[str, Callable[[datetime, datetime, datetime, datetime], bool]] = {
    "eq": lambda a, b, low, high: a <= low and high <= b,
    "ne": lambda a, b, low, high: not (a <= low and high <= b),
    "gt": lambda _a, b, _low, high: high > b,
    "lt": lambda a, _b, low, _high: low < a,
    "ge": lambda a, b, low, high: high > b or (a <= low and high <= b) or a <= high <= b,
    "le": lambda a, b, low, high: low < a or (a <= low and high <= b) or a <= low <= b,
    "sa": lambda _a, b, low, _high: low > b,
    "eb": lambda a, _b, _low, high: high < a,
}
STORED = (
    {"effectiveDateTime": "2023"},
    {"effectiveDateTime": "2024-05"},
    {"effectiveDateTime": "2024-05-11"},
    {"effectiveDateTime": "2024-05-11T16:32:15Z"},
    {"effectiveDateTime": "2024-05-11T16:32:15.500Z"},
    {"effectiveDateTime": "2024-05-11T18:32:15+02:00"},
    {"effectiveDateTime": "2024-05-11T00:30:00+02:00"},
    {"effectiveDateTime": "2024-05-11T23:30:00-02:00"},
    {"effectiveInstant": "2024-12-31T23:59:59.999Z"},
    {"effectivePeriod": {"start": "2024-05-10", "end": "2024-05-12"}},
    {"effectivePeriod": {"start": "2024-05-11T16:00:00Z"}},
    {"effectivePeriod": {"end": "2024-05-11"}},
    {"effectiveTiming": {"event": ["2024-03-31", "2024-10-27"]}},
    {},
)
ASKED = (
    *("2023", "2024", "2024-04", "2024-05", "2024-10", "2024-12", "2025", "2024-05-10", "2024-05-11", "2024-05-12"),
    *("2024-03-31", "2024-10-27", "2024-05-11T16:32Z", "2024-05-11T18:32+02:00", "2024-05-11T18:32"),
    *("2024-05-11T16:32:15Z", "2024-05-11T18:32:15+02:00", "2024-05-11T16:32:15.5Z", "2024-05-11T16:32:15.500Z"),
    *("2024-05-11T16:32:15.500000Z", "2024-05-11T00:30:00+02:00", "2024-05-12T01:30:00Z", "2024-05-11T16:32:15"),
)


def is_match(prefix: str, text: str, elements: dict[str, object]) -> bool:
    if not elements:
        return False
    a, b = covered(text)
    match elements:
        case {"effectivePeriod": {**period}}:
            low = covered(period["start"])[0] if "start" in period else FOREVER[0]
            high = covered(period["end"])[1] if "end" in period else FOREVER[1]
        case {"effectiveTiming": {"event": [first, *_, last]}}:
            low, high = covered(first)[0], covered(last)[1]
        case _:
            low, high = covered(str(next(iter(elements.values()))))
    return HOLDS[prefix](a, b, low, high)


async def test_dates_are_compared_as_the_standard_says_in_every_prefix_precision_and_zone(shelf: Shelf) -> None:
    numbers = await shelf.put_all([observation(**elements) for elements in STORED])
    for prefix, text in product(PREFIXES, ASKED):
        expected = {n for n, elements in zip(numbers, STORED, strict=True) if is_match(prefix, text, elements)}
        assert await shelf.found("Observation", ("date", prefix + text)) == expected, (prefix, text)
    for text in ASKED:
        assert await shelf.found("Observation", ("date", text)) == await shelf.found(
            "Observation", ("date", f"eq{text}")
        )


async def test_approximately_reaches_a_little_to_both_sides(shelf: Shelf) -> None:
    days = await shelf.put_all([observation(effectiveDateTime=f"2024-05-{day:02}") for day in range(8, 15)])
    assert await shelf.found("Observation", ("date", "ap2024-05-11")) == set(days[2:5])
    assert await shelf.found("Observation", ("date", "ap2024-04")) == set(days)
    assert await shelf.found("Observation", ("date", "ap2024-02")) == set()


async def test_the_time_of_storing_is_searched_with_the_precision_that_it_is_served_in(shelf: Shelf) -> None:
    n = await shelf.put(observation(), updated_us=NOW_US + 123_456)
    assert await shelf.found("Observation", ("_lastUpdated", "2026-11-22T12:00:00.123Z")) == {n}
    assert await shelf.found("Observation", ("_lastUpdated", "gt2026-11-22T12:00:00.123Z")) == set()
    assert await shelf.found("Observation", ("_lastUpdated", "ge2026-11-22"), ("_lastUpdated", "lt2026-11-23")) == {n}


async def test_ids_are_found_and_those_of_others_are_not(shelf: Shelf, database: Database) -> None:
    a, b = await shelf.put_all([observation(), observation()])
    mine, theirs = database.ids.encode(PID, b), database.ids.encode(PID + 1, a)
    assert await shelf.found("Observation", ("_id", mine)) == {b}
    assert await shelf.found("Observation", ("_id", f"{theirs},{mine},nobody")) == {b}
    assert await shelf.found("Observation", ("_id", theirs)) == set()
    assert await shelf.found("Observation", ("_id", mine.upper())) == set()


async def test_all_parameters_must_hold_and_one_value_of_each_list(shelf: Shelf) -> None:
    codes = ["a", "b", "c"]
    numbers = await shelf.put_all(
        [
            observation(code=concept(code), effectiveDateTime=day)
            for code in codes
            for day in ("2024-01-01", "2025-01-01")
        ]
    )
    assert await shelf.found("Observation", ("code", "a,b"), ("date", "2024,2026")) == {numbers[0], numbers[2]}


async def test_another_citizen_and_another_type_are_never_found(shelf: Shelf, database: Database) -> None:
    n = await shelf.put(observation(code=concept("a")))
    other = Shelf(database, pid=PID + 1)
    await other.put(observation(code=concept("a")))
    await shelf.put({"resourceType": "Procedure", "status": "completed", "code": concept("a")})
    assert await shelf.found("Observation", ("code", "a")) == {n}


async def test_the_directory_is_searched_without_a_permit_and_holds_no_citizens(
    shelf: Shelf, database: Database
) -> None:
    await shelf.put({"resourceType": "Organization", "name": "not in the directory"})
    directory = Shelf(database, pid=DIRECTORY)
    n = await directory.put(
        {"resourceType": "Organization", "name": "Aarhus Universitetshospital", "alias": ["Skejby"]}
    )
    assert await shelf.found("Organization", ("name", "skejby"), by=None) == {n}
    assert await shelf.found("Organization", by=None) == {n}


async def test_what_is_hidden_is_in_no_page_and_no_total(shelf: Shelf) -> None:
    for i in range(20):
        await shelf.put(observation(effectiveDateTime=f"2024-01-{i + 1:02}"), sig=HIDDEN if i % 2 else 1)
    page = await shelf.search(
        "Observation", ("_count", "4"), ("_total", "accurate"), ("_sort", "date"), by=MEASUREMENTS
    )
    assert (page.total, len(page.rows)) == (10, 4)
    assert {row.n % 2 for row in page.rows} == {1}
    control = await shelf.search("Observation", ("_count", "4"), ("_total", "accurate"))
    assert control.total == 20


async def test_the_total_is_asked_for_alone_by_count_zero_or_by_summary(shelf: Shelf) -> None:
    await shelf.put_all([observation() for _ in range(7)])
    for pair in (("_count", "0"), ("_summary", "count")):
        page = await shelf.search("Observation", pair)
        assert (page.rows, page.total, page.next) == ((), 7, None)


async def test_a_total_that_is_known_anyway_is_told(shelf: Shelf) -> None:
    await shelf.put_all([observation() for _ in range(3)])
    assert (await shelf.search("Observation")).total == 3
    assert (await shelf.search("Observation", ("_count", "2"))).total is None


async def test_the_stored_bytes_and_the_record_come_back(shelf: Shelf) -> None:
    n = await shelf.put(observation(code=concept("a")))
    (row,) = (await shelf.search("Observation", ("code", "a"))).rows
    assert json.loads(row.body) == shelf.bodies[n]
    assert (row.type, row.n, row.version, row.updated_us) == ("Observation", n, 1, NOW_US)
    assert row.item.signature.category == "measurement"


async def test_the_newest_comes_first_unless_asked_otherwise(shelf: Shelf) -> None:
    numbers = await shelf.put_all([observation() for _ in range(5)], updated_us=lambda n: NOW_US + n)
    assert [row.n for row in (await shelf.search("Observation")).rows] == numbers[::-1]
    by_age = await shelf.search("Observation", ("_sort", "_lastUpdated"))
    assert [row.n for row in by_age.rows] == numbers


async def test_results_are_sorted_by_date_and_those_without_come_last(shelf: Shelf) -> None:
    none, late, early, middle = await shelf.put_all(
        [
            observation(),
            observation(effectiveDateTime="2024-03-01T10:00:00Z"),
            observation(effectivePeriod={"start": "2024-01-01", "end": "2025-01-01"}),
            observation(effectiveDateTime="2024-02"),
        ]
    )
    ascending = await shelf.search("Observation", ("_sort", "date"))
    assert [row.n for row in ascending.rows] == [early, middle, late, none]
    descending = await shelf.search("Observation", ("_sort", "-date"))
    assert [row.n for row in descending.rows] == [late, middle, early, none]


async def pages(shelf: Shelf, *pairs: tuple[str, str]) -> AsyncIterator[list[int]]:
    after: Position | None = None
    while True:
        page = await shelf.search("Observation", *pairs, after=after)
        yield [row.n for row in page.rows]
        after = page.next
        if after is None:
            return


@pytest.mark.parametrize("sort", ["_lastUpdated", "-_lastUpdated", "date", "-date"])
async def test_every_result_is_on_exactly_one_page_in_order(shelf: Shelf, sort: str) -> None:
    days = [("2024-01-01", "2024-01-02", None)[i % 3] for i in range(23)]
    bodies = [observation(**({"effectiveDateTime": day} if day else {})) for day in days]
    await shelf.put_all(bodies, updated_us=lambda n: NOW_US + n // 4)
    whole = [row.n for row in (await shelf.search("Observation", ("_sort", sort))).rows]
    parts = [part async for part in pages(shelf, ("_sort", sort), ("_count", "4"))]
    assert [len(part) for part in parts] == [4, 4, 4, 4, 4, 3]
    assert [n for part in parts for n in part] == whole
    assert len(set(whole)) == 23


@pytest.mark.parametrize("sort", ["_lastUpdated", "-_lastUpdated", "date", "-date"])
async def test_what_does_not_change_during_paging_appears_exactly_once(shelf: Shelf, sort: str) -> None:
    unchanged = await shelf.put_all(
        [observation(effectiveDateTime=f"2024-01-{i % 9 + 1:02}") for i in range(12)],
        updated_us=lambda n: NOW_US + n % 5,
    )
    changing = await shelf.put_all(
        [observation(effectiveDateTime="2024-01-05") for _ in range(6)], updated_us=lambda _: NOW_US
    )
    seen: list[int] = []
    clock = NOW_US + 1_000
    async for part in pages(shelf, ("_sort", sort), ("_count", "3")):
        seen += part
        clock += 1
        await shelf.put(observation(effectiveDateTime=f"2024-01-{clock % 20 + 1:02}"), updated_us=clock)
        n = changing[clock % len(changing)]
        moved = observation(effectiveDateTime=f"2024-02-{clock % 20 + 1:02}")
        await shelf.change(n, moved, version=2, updated_us=clock)
        if len(seen) > 60:
            break
    assert sorted(n for n in seen if n in unchanged) == unchanged


async def test_a_position_in_another_citizens_results_finds_nothing(shelf: Shelf) -> None:
    await shelf.put_all([observation(), observation()])
    page = await shelf.search("Observation", after=Position(PID + 1, NOW_US + 1, 100))
    assert (page.rows, page.next) == ((), None)


async def test_many_values_and_parameters_are_one_statement(shelf: Shelf) -> None:
    n = await shelf.put(observation(code=concept("c63"), effectiveDateTime="2024-05-11"))
    codes = ",".join(f"c{i}" for i in range(64))
    dates = ",".join(f"eq{year}" for year in range(1970, 2030))
    many = [("code", codes)] * 10 + [("date", dates)] * 10 + [("value-string:contains", "x"), ("code:not", codes)]
    assert await shelf.found("Observation", *many[:20]) == {n}
    assert await shelf.found("Observation", *many) == set()
    assert EVERYTHING.request.citizen == PID


async def test_ids_and_codes_and_references_and_texts_hold_together(shelf: Shelf, database: Database) -> None:
    elements = {"code": concept("a"), "device": {"reference": "Device/x"}, "valueString": "abc"}
    n = await shelf.put(observation(**elements))
    await shelf.put_all([observation(**{**elements, left_out: None}) for left_out in elements])
    asked = [("_id", database.ids.encode(PID, n)), ("code", "a"), ("device", "x"), ("value-string", "ab")]
    for i in range(len(asked)):
        assert n in await shelf.found("Observation", *asked[i:], *asked[:i])
    assert await shelf.found("Observation", *asked[1:]) == {n}
    assert await shelf.found("Observation", *asked, ("code:not", "a")) == set()


@pytest.mark.parametrize("pair", [("identifier", "s|v"), ("partof", "x"), ("name", "x"), ("_id", "x")])
def test_a_search_of_the_directory_begins_with_the_few_and_not_with_all_of_the_type(
    sqlite_template: Path, pair: tuple[str, str]
) -> None:
    compiled = compile_statement(page_of(parse("Organization", [pair]), None, rest=False), sqlite_dialect.dialect())
    with contextlib.closing(sqlite3.connect(sqlite_template)) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN " + compiled.sql, [1] * len(compiled.names)).fetchall()
    steps = [row[-1] for row in plan]
    assert any("resource USING INTEGER PRIMARY KEY" in step for step in steps)
    assert not any("resource_by_type" in step or step.startswith("SCAN resource") for step in steps)


def test_no_search_reads_a_whole_table_and_every_index_serves_one(sqlite_template: Path) -> None:
    values = {
        "token": "a|b",
        "reference": "Observation/x",
        "date": "ge2025-01-01",
        "string": "ab",
        "quantity": "5",
        "uri": "http://x",
    }
    steps: set[str] = set()
    with contextlib.closing(sqlite3.connect(sqlite_template)) as connection:
        for row in search_parameters():
            if row.type not in {"Observation", "Patient"} or row.selects:
                continue
            for pair in ((row.name, values[row.kind]), (f"{row.name}:missing", "true")):
                with contextlib.suppress(InvalidSearchError):  # codes of one list, what is not indexed itself
                    beside = [("code", "a|b"), ("_sort", "-date")] if row.type == "Observation" else []
                    query = parse(row.type, [pair, *beside])
                    compiled = compile_statement(page_of(query, None, rest=False), sqlite_dialect.dialect())
                    marks = [1] * len(compiled.names)
                    steps |= {step[-1] for step in connection.execute("EXPLAIN QUERY PLAN " + compiled.sql, marks)}
        indexes = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'idx_%_by_n'").fetchall()
    assert {step for step in steps if step.startswith("SCAN")} == {"SCAN page"}
    for (name,) in indexes:
        assert any(name in step for step in steps), name
