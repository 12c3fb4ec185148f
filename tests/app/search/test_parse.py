from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSearchError
from app.search.clauses import MOST_ALTERNATIVES, unescape, unescaped_split
from app.search.parse import DEFAULT_COUNT, LONGEST_VALUE, MOST_COUNT, MOST_PAIRS, parse
from app.search.query import (
    ById,
    ByIdentifier,
    Codes,
    Dates,
    Ids,
    Missing,
    Range,
    References,
    SearchQuery,
    Sort,
    Texts,
    Updated,
)
from app.search.registry import PARAMETERS
from app.search.values import hash_code, hash_reference, hash_system, hash_system_code

BASE = "https://overgang.example/fhir"
CPR_SYSTEM = "urn:oid:1.2.208.176.1.2"
CPR = "2512489996"
CODE = PARAMETERS["Observation"]["code"].numbers
ENCOUNTER = PARAMETERS["Observation"]["encounter"].numbers


def query(type_: str, *pairs: tuple[str, str]) -> SearchQuery:
    return parse(type_, pairs, base_url=BASE)


def clause(name: str, value: str, type_: str = "Observation") -> object:
    (only,) = query(type_, (name, value)).clauses
    return only


def refusals(type_: str, *pairs: tuple[str, str], lenient: bool = False) -> list[str]:
    with pytest.raises(InvalidSearchError) as caught:
        parse(type_, pairs, lenient=lenient, base_url=BASE)
    assert caught.value.status == 400
    return [fault.path for fault in caught.value.faults]


def test_nothing_asked_for_is_everything_newest_first() -> None:
    found = query("Observation")
    assert (found.patient, found.clauses, found.sort) == (None, (), Sort(None, descending=True))
    assert (found.count, found.total, found.cursor) == (DEFAULT_COUNT, "none", None)


TOKENS = {
    "a": [hash_code("a")],
    "A,b": [hash_code("a"), hash_code("b")],
    "s|a": [hash_system_code("s", "a")],
    "|a": [hash_system_code("", "a")],
    "s|": [hash_system("s")],
    r"a\,b": [hash_code("a,b")],
    r"s\|t|a\\\$": [hash_system_code("s|t", "a\\$")],
    r"a\b": [hash_code(r"a\b")],
    "a,a": [hash_code("a")],
    "a\\": [hash_code("a\\")],
}


@pytest.mark.parametrize("value", TOKENS)
def test_tokens_are_split_at_commas_and_bars_that_are_not_escaped(value: str) -> None:
    assert clause("code", value) == Codes(CODE, tuple(TOKENS[value]))


@given(st.lists(st.text(), min_size=1))
def test_escaped_values_come_back_as_they_were(values: list[str]) -> None:
    def escape(text: str) -> str:
        return "".join("\\" + char if char in "\\,$|" else char for char in text)

    assert [unescape(part) for part in unescaped_split(",".join(map(escape, values)), ",")] == values


DATE_CASES: list[tuple[str, str, str, str]] = [
    (prefix, text, first, last)
    for prefix in ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")
    for text, first, last in [
        ("2024", "2023-12-31T23:00:00Z", "2024-12-31T22:59:59Z"),
        ("2024-05", "2024-04-30T22:00:00Z", "2024-05-31T21:59:59Z"),
        ("2024-05-14", "2024-05-13T22:00:00Z", "2024-05-14T21:59:59Z"),
        ("2024-05-14T10:00", "2024-05-14T08:00:00Z", "2024-05-14T08:00:59Z"),
        ("2024-05-14T10:00Z", "2024-05-14T10:00:00Z", "2024-05-14T10:00:59Z"),
        ("2024-05-14T10:00:00+02:00", "2024-05-14T08:00:00Z", "2024-05-14T08:00:00Z"),
        ("2024-05-14T10:00:00-05:00", "2024-05-14T15:00:00Z", "2024-05-14T15:00:00Z"),
    ]
]


@pytest.mark.parametrize(("prefix", "text", "first", "last"), DATE_CASES)
def test_a_date_keeps_its_prefix_precision_and_zone(prefix: str, text: str, first: str, last: str) -> None:
    found = clause("date", prefix + text)
    assert isinstance(found, Dates)
    (one,) = found.ranges
    ends = [clause("date", moment) for moment in (first, last)]
    assert isinstance(ends[0], Dates)
    assert isinstance(ends[1], Dates)
    assert one == Range(prefix or "eq", ends[0].ranges[0].low, ends[1].ranges[0].high)  # type: ignore[arg-type]


QUANTITIES = {
    "5.4": ("eq", 5_350_000, 5_449_999),
    "5.40": ("eq", 5_395_000, 5_404_999),
    "100": ("eq", 99_500_000, 100_499_999),
    "1e2": ("eq", 50_000_000, 149_999_999),
    "-5": ("eq", -5_500_000, -4_500_001),
    "ne0": ("ne", -500_000, 499_999),
    "gt5.4": ("gt", 5_400_000, 5_400_000),
    "ap10": ("ap", 9_000_000, 11_000_000),
    "ap-10": ("ap", -11_000_000, -9_000_000),
    "0.00000001": ("eq", 0, 0),
}


@pytest.mark.parametrize("value", QUANTITIES)
def test_a_number_stands_for_its_precision_only_where_it_is_compared_for_equality(value: str) -> None:
    (one,) = clause("value-quantity", value).ranges  # type: ignore[attr-defined]
    assert (one.prefix, one.low, one.high, one.unit) == (*QUANTITIES[value], 0)


def test_a_reference_may_be_written_in_every_form() -> None:
    local = References(ENCOUNTER, (hash_reference("Encounter/k3v"), hash_reference(f"{BASE}/Encounter/k3v")))
    for value in ("Encounter/k3v", f"{BASE}/Encounter/k3v", "Encounter/k3v/_history/2"):
        assert clause("encounter", value) == local
    assert clause("encounter:Encounter", "k3v") == local
    bare = clause("encounter", "k3v")  # HL7 has the parameter point to episodes, too
    assert isinstance(bare, References)
    assert set(local.values) < set(bare.values)
    foreign = "https://other.example/Encounter/k3v"
    assert clause("encounter", foreign) == References(ENCOUNTER, (hash_reference(foreign),))
    assert clause("encounter:identifier", "s|v") == References(ENCOUNTER, (hash_system_code("s", "v"),))


SELECTORS = {
    ("patient", "k3v"): ById("k3v"),
    ("patient", "Patient/k3v"): ById("k3v"),
    ("subject", f"{BASE}/Patient/k3v"): ById("k3v"),
    ("subject:Patient", "k3v"): ById("k3v"),
    ("patient.identifier", f"{CPR_SYSTEM}|{CPR}"): ByIdentifier(CPR_SYSTEM, CPR),
    ("subject.identifier", f"{CPR_SYSTEM}|{CPR}"): ByIdentifier(CPR_SYSTEM, CPR),
    ("subject:Patient.identifier", f"{CPR_SYSTEM}|{CPR}"): ByIdentifier(CPR_SYSTEM, CPR),
    ("patient:identifier", f"{CPR_SYSTEM}|{CPR}"): ByIdentifier(CPR_SYSTEM, CPR),
}


@pytest.mark.parametrize("pair", SELECTORS)
def test_patient_and_subject_select_the_citizen(pair: tuple[str, str]) -> None:
    found = query("Observation", pair)
    assert found.patient == SELECTORS[pair]
    assert found.clauses == ()
    assert found.pairs == (pair,)
    assert found.names_person == isinstance(found.patient, ByIdentifier)


def test_a_patient_is_selected_by_identifier_which_stays_a_condition() -> None:
    found = query("Patient", ("identifier", f"{CPR_SYSTEM}|{CPR}"), ("active", "true"))
    assert found.patient == ByIdentifier(CPR_SYSTEM, CPR)
    assert found.clauses[0] == Codes(PARAMETERS["Patient"]["identifier"].numbers, (hash_system_code(CPR_SYSTEM, CPR),))
    assert len(found.clauses) == 2
    assert found.names_person


@pytest.mark.parametrize("value", [CPR, f"{CPR_SYSTEM}|", f"|{CPR}", f"{CPR_SYSTEM}|{CPR},{CPR_SYSTEM}|1"])
def test_an_identifier_that_could_be_several_selects_nobody(value: str) -> None:
    assert query("Patient", ("identifier", value)).patient is None
    assert refusals("Observation", ("patient.identifier", value)) == ["patient.identifier"]


def test_directory_types_have_subjects_of_their_own() -> None:
    assert refusals("Organization", ("patient", "k3v")) == ["patient"]
    assert clause("identifier", "s|v", "Organization") == Codes(
        PARAMETERS["Organization"]["identifier"].numbers, (hash_system_code("s", "v"),)
    )


REFUSED: Sequence[tuple[str, tuple[str, str]]] = [
    ("Observation", ("foo", "x")),
    ("Observation", ("Code", "x")),
    ("Observation", ("code:in", "x")),
    ("Observation", ("code:not:missing", "x")),
    ("Observation", ("code:text", "x")),
    ("Observation", ("code:", "x")),
    ("Observation", ("code", "")),
    ("Observation", ("code", "a,")),
    ("Observation", ("code", "a|b|c")),
    ("Observation", ("code", "|")),
    ("Observation", ("code", ",".join(["a"] * (MOST_ALTERNATIVES + 1)))),
    ("Observation", ("code", "a" * (LONGEST_VALUE + 1))),
    ("Observation", ("code", "a\0b")),
    ("Observation", ("code", "a\ud800")),
    ("Observation", ("code:missing", "maybe")),
    ("Observation", ("code:missing", "true,false")),
    ("Observation", ("date", "yesterday")),
    ("Observation", ("date", "2024-02-30")),
    ("Observation", ("date", "xx2024")),
    ("Observation", ("date:exact", "2024")),
    ("Observation", ("value-quantity", "five")),
    ("Observation", ("value-quantity", "5|mg")),
    ("Observation", ("value-quantity", "5|http://unitsofmeasure.org|")),
    ("Observation", ("value-quantity", "1e99")),
    ("Observation", ("value-quantity", "9" * 40)),
    ("Observation", ("value-string", "...")),
    ("Observation", ("value-string", "a" * 300)),
    ("Observation", ("value-string:in", "a")),
    ("Observation", ("encounter", "not an id")),
    ("Observation", ("encounter", "")),
    ("Observation", ("encounter:Foo", "a")),
    ("Observation", ("encounter.status", "finished")),
    ("Observation", ("encounter:Encounter.status", "finished")),
    ("Observation", ("_has:Provenance:target:agent", "x")),
    ("Observation", ("_include", "Observation:encounter")),
    ("Observation", ("_elements", "code")),
    ("Observation", ("_filter", "code eq x")),
    ("Observation", ("_text", "x")),
    ("Observation", ("_security", "R")),
    ("Observation", ("code-value-quantity", "a$5")),
    ("Observation", ("_id", "not an id")),
    ("Observation", ("_id:not", "a")),
    ("Observation", ("_lastUpdated", "now")),
    ("Observation", ("_sort", "code")),
    ("Observation", ("_sort", "date,code")),
    ("Observation", ("_sort", "--date")),
    ("Observation", ("_sort", "")),
    ("Observation", ("_count", "-1")),
    ("Observation", ("_count", "1e3")),
    ("Observation", ("_count", "٣")),
    ("Observation", ("_total", "maybe")),
    ("Observation", ("_summary", "true")),
    ("Observation", ("patient:missing", "true")),
    ("Observation", ("patient.name", "x")),
    ("Observation", ("patient:Group", "a")),
    ("Observation", ("patient:Group.identifier", "s|v")),
    ("Observation", ("patient", "a,b")),
    ("Observation", ("patient", "")),
    ("Observation", ("patient", "Group/1")),
    ("Observation", ("patient", "https://other.example/Patient/1")),
    ("CarePlan", ("activity-date", "")),
    ("Patient", ("active", "yes")),
    ("Patient", ("phonetic", "x")),
    ("Location", ("near", "55|12")),
    ("Bundle", ("composition", "x")),
]


@pytest.mark.parametrize(("type_", "pair"), REFUSED)
def test_what_is_not_understood_is_refused_by_name(type_: str, pair: tuple[str, str]) -> None:
    assert refusals(type_, pair) == [pair[0]]


def test_every_fault_is_told_at_once() -> None:
    pairs = [("foo", "x"), ("code:in", "x"), ("date", "x"), ("_count", "x"), ("_sort", "x"), ("patient.name", "x")]
    assert refusals("Observation", *pairs) == [name for name, _ in pairs]


@pytest.mark.parametrize("name", ["_count", "_sort", "_total", "_id", "patient"])
def test_what_can_be_said_once_is_refused_twice(name: str) -> None:
    value = {"_count": "5", "_sort": "date", "_total": "none"}.get(name, "k3v")
    assert refusals("Observation", (name, value), (name, value)) == [name]


def test_patient_and_subject_together_are_refused() -> None:
    assert refusals("Observation", ("patient", "a"), ("subject", "a")) == ["subject"]


def test_too_many_parameters_are_refused() -> None:
    assert len(refusals("Observation", *[("code", "a")] * (MOST_PAIRS + 1))) == 1


@pytest.mark.parametrize("type_", ["Foo", "", "observation", "Group", "\ud800"])
def test_a_type_that_is_not_stored_cannot_be_searched(type_: str) -> None:
    with pytest.raises(InvalidSearchError):
        query(type_)


def test_lenient_leaves_out_unknown_parameters_and_names_them() -> None:
    found = parse("Observation", [("foo", "x"), ("code", "a"), ("_include", "*"), (CPR, "x")], lenient=True)
    assert found.ignored == ("foo", "_include", "unreadable")
    assert found.pairs == (("code", "a"),)
    assert len(found.clauses) == 1


@pytest.mark.parametrize("pair", [("code:in", "x"), ("date", "x"), ("patient.name", "x"), ("patient:missing", "true")])
def test_lenient_forgives_no_modifier_no_value_and_nothing_about_the_citizen(pair: tuple[str, str]) -> None:
    assert refusals("Observation", pair, lenient=True) == [pair[0]]


def test_results_are_asked_for() -> None:
    found = query("Observation", ("_count", "7"), ("_sort", "-date"), ("_total", "estimate"), ("_format", "json"))
    assert (found.count, found.total) == (7, "accurate")
    assert found.sort == Sort(PARAMETERS["Observation"]["date"].numbers[0], descending=True)
    assert found.pairs == (("_count", "7"), ("_sort", "-date"), ("_total", "estimate"))
    assert query("Observation", ("_sort", "_lastUpdated")).sort == Sort(None, descending=False)
    assert query("Observation", ("_count", "999999999")).count == MOST_COUNT


@pytest.mark.parametrize(
    "pairs", [[("_count", "0")], [("_summary", "count")], [("_count", "0"), ("_totalMethod", "count")]]
)
def test_a_count_is_asked_for(pairs: list[tuple[str, str]]) -> None:
    found = query("Observation", *pairs)
    assert (found.count, found.total) == (0, "accurate")


def test_the_rest_is_read_into_its_own_kind() -> None:
    assert clause("_id", "a,b") == Ids(("a", "b"))
    assert query("Observation", ("_id", "a,b")).ids == ("a", "b")
    assert isinstance(clause("_lastUpdated", "ge2024"), Updated)
    assert clause("code:not", "a") == Codes(CODE, (hash_code("a"),), negated=True)
    assert clause("code:missing", "true") == Missing("token", CODE, missing=True)
    assert clause("value-string:contains", "ÆB,x") == Texts(
        PARAMETERS["Observation"]["value-string"].numbers, ("æb", "x"), inside=True
    )


def test_two_searches_of_one_shape_share_a_statement() -> None:
    one = query("Observation", ("code", "a,b,c"), ("date", "ge2024"), ("patient", "x"))
    other = query("Observation", ("code", "d,e,f,g"), ("date", "ge2020"), ("patient", "y"))
    assert one.key == other.key
    assert one.key != query("Observation", ("code", "a,b,c"), ("date", "le2024")).key
    assert one.key != query("Observation", ("code:not", "a,b,c"), ("date", "ge2024")).key


def test_nothing_personal_is_shown_of_a_search() -> None:
    pairs = [("patient.identifier", f"{CPR_SYSTEM}|{CPR}"), ("value-string", CPR), ("performer:identifier", CPR)]
    assert CPR not in repr(query("Observation", *pairs))


NAMES = st.sampled_from(
    [
        *PARAMETERS["Observation"],
        *PARAMETERS["Patient"],
        "_count",
        "_sort",
        "_total",
        "_summary",
        "_cursor",
        "_has",
        CPR,
    ]
)
MODIFIERS = st.sampled_from(
    ["", ":not", ":missing", ":exact", ":identifier", ":Patient", ".identifier", ":Patient.identifier", ":x"]
)
VALUES = st.one_of(
    st.text(),
    st.text("0123456789-:T.Z|,\\$egltn+ ", max_size=40),
    st.sampled_from(["ge", "|", ",", "\\", "true", "1e9999"]),
)


def refusal(type_: str, pairs: list[tuple[str, str]], *, lenient: bool = False) -> InvalidSearchError | SearchQuery:
    try:
        return parse(type_, pairs, lenient=lenient, base_url=BASE)
    except InvalidSearchError as error:
        return error


PAIRS = st.lists(st.tuples(st.builds(str.__add__, NAMES, MODIFIERS) | st.text(), VALUES))


@given(st.sampled_from(sorted(PARAMETERS)), PAIRS, st.booleans())
def test_no_input_raises_anything_else(type_: str, pairs: list[tuple[str, str]], lenient: bool) -> None:
    found = refusal(type_, pairs, lenient=lenient)
    assert found.faults if isinstance(found, InvalidSearchError) else hash(found.key) is not None


HIDING = ["{}", "x{}", "|{}|", "{},", "\\{}", "{}|", "ge{}", "Patient/{}/x"]


@given(st.sampled_from(sorted(PARAMETERS)), NAMES, MODIFIERS, st.sampled_from(HIDING))
def test_no_text_repeats_a_value(type_: str, name: str, modifier: str, hiding: str) -> None:
    value = hiding.format(CPR)
    found = refusal(type_, [(name + modifier, value), (value, name), (name, value)])
    assert isinstance(found, InvalidSearchError)
    assert CPR not in str(found)
    assert all(CPR not in fault.text + fault.path for fault in found.faults)
