"""Lines: made once, never fail, read back without the body, and safe as they stand in XHTML and JSON."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple, replace
from summary_builders import (
    AT,
    CORPUS,
    JSON,
    NAMES,
    allergy,
    composition,
    document,
    entry,
    patient,
    sections,
    told,
    words,
)

from app.summary import lines, markup, times
from app.summary.lines import DISTILLERS, line_of, origin_of, read
from app.summary.model import LINE_VERSION, Entry, Line, Stamp, age_of
from app.translate import classify
from app.translate.source import Source
from consent.vocabulary import Category
from schemas.admit import Admitted, admit
from schemas.homes import TYPE_NUMBER

ALLERGY = allergy()
BODY = json.dumps(ALLERGY).encode()
STAMP = Stamp(7, 3, times.to_us(AT))
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def corpus() -> Iterator[JSON]:
    for path in sorted(CORPUS.glob("*/*.json")):
        found = json.loads(path.read_bytes())
        yield found
        yield from (each["resource"] for each in found.get("entry", ()) if "resource" in each)


def category_of(resource: JSON) -> Category:
    return classify(resource, Source(controller="1", received_us=0)).signature.category


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["active", "final", "2026-03-01", "2026-02-31", "B3", "IMP", "http://loinc.org", "Patient/x"])
)  # fmt: skip
names = st.sampled_from(
    [
        "id", "status", "code", "coding", "system", "text", "display", "category", "period", "start", "end", "class",
        "clinicalStatus", "severity", "value", "unit", "valueQuantity", "valueRange", "low", "high", "component",
        "valueString", "valueCodeableConcept", "effectiveDateTime", "effectivePeriod", "dosage", "medicationReference",
        "medicationCodeableConcept", "reference", "contained", "extension", "url", "valueDateTime", "participant",
        "actor", "name", "given", "family", "reaction", "manifestation", "performer", "author", "note", "payload",
        "contentString", "communication", "contact", "telecom", "activity", "detail", "target", "interpretation",
        "referenceRange", "title", "content", "attachment", "context", "type", "entry", "resource", "meta", "security",
        "recordedDate", "ingredient", "strength", "numerator", "doseAndRate", "timing", "repeat", "deviceName", "scope",
    ]
)  # fmt: skip
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=25
)


@settings(max_examples=300, deadline=None)
@given(
    type_=st.sampled_from([*DISTILLERS, "Binary", "Nonsense"]),
    content=st.dictionaries(names, trees, max_size=12),
    category=st.sampled_from(Category),
)
def test_no_content_makes_a_line_fail(type_: str, content: dict[str, Any], category: Category):
    made = line_of({**content, "resourceType": type_}, category=category)
    if made:
        assert msgspec.msgpack.decode(made, type=Line).version == LINE_VERSION


@settings(max_examples=200, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(st.sampled_from([*DISTILLERS]), st.dictionaries(names, trees, max_size=9), st.sampled_from(Category)),
        max_size=6,
    ),
    view=st.sampled_from(["ips", "admission-context", "discharge"]),
)
def test_no_content_makes_a_document_fail_or_leave_json_and_xhtml(
    drawn: list[tuple[str, dict[str, Any], Category]], view: str
):
    given_ = [
        entry({**content, "resourceType": type_, "id": f"r{n}"}, category, body=b"{}")
        for n, (type_, content, category) in enumerate(drawn)
    ]
    made = document(*given_, view=view)
    for section in composition(made)["section"]:
        ET.fromstring(section["text"]["div"])  # noqa: S314 - our own output


@needs_corpus
def test_everything_that_others_published_is_distilled_and_composed():
    found: list[Entry] = []
    for number, resource in enumerate(corpus()):
        if resource["resourceType"] in DISTILLERS and resource["resourceType"] != "Bundle":
            named = {**resource, "id": f"c{number}"}
            made = entry(named, category_of(named), body=json.dumps(named).encode())
            if made.line:
                found.append(made)
    assert len(found) > 250
    made = document(*found)
    for section in composition(made)["section"]:
        root = ET.fromstring(section["text"]["div"])  # noqa: S314 - our own output
        assert root.tag == "{http://www.w3.org/1999/xhtml}div"
    assert "Type 2-diabetes" in words(sections(made)["11450-4"])


@needs_corpus
def test_a_document_of_published_resources_is_valid_for_the_second_opinion():
    names_ = ["Condition-JohnDiabetes", "Observation-MaxSaturation", "Observation-MaxBloodPressure"]
    resources = [json.loads((CORPUS / "dk-core" / f"{name}.json").read_bytes()) for name in names_]
    made = document(*(entry(each, category_of(each)) for each in resources), at=datetime(2023, 9, 1, tzinfo=UTC))
    Bundle.model_validate(json.loads(made.body))
    assert isinstance(admit(made.body), Admitted)
    assert "99 %" in words(sections(made)["8716-3"])


def test_a_line_is_read_without_the_body():
    made = entry(allergy(), Category.ALLERGY, body=b"this is not looked at")
    line = read(made, origin_of(made.signature, NAMES))
    assert line is not None
    assert "Penicillin" in line.html


@pytest.mark.parametrize("broken", [b"\xc1", b"\x93\x00", msgspec.msgpack.encode([0, "allergy", "old", 0, 0, ""])])
def test_a_line_of_another_version_is_made_anew_from_the_body(broken: bytes):
    assert "Penicillin pr. 03.02.2025" in told(entry(allergy(), Category.ALLERGY, line=broken), section="48765-2")


def test_a_line_and_a_body_that_cannot_be_read_are_passed_over():
    broken = entry(allergy(), Category.ALLERGY, line=b"\xc1", body=b"{")
    assert read(broken, origin_of(broken.signature, NAMES)) is None


def test_what_is_never_in_the_summary_has_an_empty_line():
    for type_ in ("Provenance", "AuditEvent", "Binary", "Organization", "Task"):
        assert line_of({"resourceType": type_, "id": "x"}, category=Category.OTHER) == b""


def test_a_line_holds_no_more_than_it_says():
    made = entry(allergy(), Category.ALLERGY)
    assert len(made.line) < 200
    assert msgspec.msgpack.decode(made.line, type=Line).codes == ()


@given(st.text(max_size=200))
def test_escaped_text_needs_no_escape_in_json_and_reads_the_same_in_xhtml(text: str):
    made = markup.safe(text)
    assert json.loads(f'"{made}"') == made
    root = ET.fromstring(f"<p>{made}</p>")  # noqa: S314 - our own output
    assert not [child for child in root if child.tag != "br"]
    made.encode()


def test_long_text_is_cut_and_the_resource_stays_whole():
    made = document(entry(allergy(text="æ" * 10_000), Category.ALLERGY))
    assert "æ…" in words(sections(made)["48765-2"])
    assert ("æ" * 10_000).encode() in made.body


def test_direction_changing_characters_cannot_disguise_a_dose():
    assert markup.safe("10\u202e5 mg\u2066") == "105 mg"


# Time


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("2026", "2026"), ("2026-03", "03.2026"), ("2026-03-01", "01.03.2026"),
        ("2026-01-10T08:05:00+01:00", "10.01.2026 08:05"), ("2026-01-10T07:05:00Z", "10.01.2026 08:05"),
        ("2026-07-10T07:05:00Z", "10.07.2026 09:05"), ("2026-01-10T23:30:00Z", "11.01.2026 00:30"),
        ("2026-03-29T00:59:59Z", "29.03.2026 01:59"), ("2026-03-29T01:00:00Z", "29.03.2026 03:00"),
        ("2026-10-25T00:59:59Z", "25.10.2026 02:59"), ("2026-10-25T01:00:00Z", "25.10.2026 02:00"),
        ("2026-02-31", ""), ("26-02-01", ""), ("2026-01-10T25:00:00Z", ""), ("", ""), ("x" * 10, ""),
    ],
)  # fmt: skip
def test_dates_are_written_in_danish_time_and_no_more_precise_than_they_came(given_: str, shown: str):
    assert times.text_of(given_) == shown


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_microseconds_of_an_instant_are_exact(moment: datetime):
    us = times.to_us(moment)
    assert times.from_us(us) == moment
    assert times.span(moment.isoformat().replace("+00:00", "Z")) is not None
    assert (times.span(moment.isoformat()) or (0, 0))[0] == us
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", times.instant(us))


@given(st.text(max_size=40) | st.integers() | st.none())
def test_no_text_makes_a_date_fail(text: object):
    times.text_of(text)


def test_a_date_is_a_danish_day():
    low, high = times.span("2026-07-01") or (0, 0)
    assert times.from_us(low) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert times.from_us(high + 1) == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_version_of_lines_is_what_the_reader_expects():
    assert lines.LINE_VERSION == LINE_VERSION
    assert patient().line
    assert AT.tzinfo is UTC


def test_a_line_says_where_its_body_names_patients():
    body = b'{"subject":{"reference" : "Patient/p1"},"note":[{"text":"Patient/p2"}],"who":{"reference":"Patient/p3"}}'
    made = msgspec.msgpack.decode(line_of(allergy(), category=Category.ALLERGY, body=body), type=Line)
    assert [body[at : at + 2] for at in made.patients or ()] == [b"p1", b"p3"]


def stored(resource: JSON = ALLERGY, stamp: Stamp = STAMP) -> bytes:
    return line_of(resource, category=Category.ALLERGY, body=BODY, stamp=stamp)


def test_a_line_says_which_version_of_which_record_it_is_of():
    row = msgspec.msgpack.decode(stored(), type=Line)
    assert (row.ref, row.type_number, row.n) == ("AllergyIntolerance/a1", TYPE_NUMBER["AllergyIntolerance"], 7)
    assert (row.revision, row.updated_us) == (3, STAMP.updated_us)
    assert row.received == ", modtaget 10.03.2026"
    on_the_day = stored({**ALLERGY, "recordedDate": "2026-03-10"})
    assert msgspec.msgpack.decode(on_the_day, type=Line).received == ""


def test_lines_are_read_together_as_one_by_one():
    origin = origin_of(patient().signature, NAMES)
    both = [(4, stored(), BODY), (9, stored({**ALLERGY, "id": "a2"}), b"other")]
    together = lines.read_all([both[0], (4, b"", BODY), both[1]], {4: origin, 9: origin})
    assert together is not None
    alone = [replace(entry(ALLERGY, Category.ALLERGY), line=line, body=body) for _, line, body in both]
    assert [astuple(row) for row in together] == [
        astuple(row) for each in alone if (row := read(each, origin)) is not None
    ]


@pytest.mark.parametrize(
    "other",
    [
        b"\xc1",
        b"\x93\x00",
        msgspec.msgpack.encode([0, 1, "old", 0, ""]),
        line_of(ALLERGY, category=Category.ALLERGY, body=BODY),
    ],
)
def test_a_line_that_does_not_say_what_it_is_of_has_the_records_asked(other: bytes):
    origin = origin_of(patient().signature, NAMES)
    assert lines.read_all([(1, stored(), BODY), (1, other, BODY)], {1: origin}) is None
    one = replace(entry(ALLERGY, Category.ALLERGY, line=other, body=BODY), n=7, version=3, updated_us=STAMP.updated_us)
    row, same = read(one, origin), (lines.read_all([(1, stored(), BODY)], {1: origin}) or [])[0]
    assert row is not None
    assert astuple(row) == astuple(same)


@given(
    st.lists(st.tuples(st.integers(-(10**16), 10**17), st.integers(0, 10**17), st.text("ab/", max_size=3)), max_size=9)
)
def test_ages_sort_as_what_they_are_made_of(given_: list[tuple[int, int, str]]):
    assert sorted(given_, key=lambda one: age_of(*one)) == sorted(given_, key=lambda one: (-one[0], -one[1], one[2]))
