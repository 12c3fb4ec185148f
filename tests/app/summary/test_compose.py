"""The document as bytes: bodies spliced as they were stored, one patient, deadlines that hold."""

import json
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st
from summary_builders import (
    AT,
    BASE,
    HOSPITAL,
    MASTER,
    MUNICIPALITY,
    PRACTICE,
    ago,
    ahead,
    allergy,
    appointment,
    composition,
    condition,
    document,
    drug,
    entry,
    flag,
    habitual,
    level,
    observation,
    patient,
    quantity,
    refs,
    sections,
    status_note,
    stay,
    supply,
    will,
    words,
)

from app.summary import times
from app.summary.compose import _name_of
from app.summary.lines import line_of
from app.summary.model import Entry
from app.summary.sections import VIEWS
from consent.vocabulary import Category
from schemas.terminology import systems
from schemas.terminology.systems import CODES, FSIII, ICPC2, LOINC, NPU

C = Category
PULSE = (LOINC, "8867-4")


def everything() -> list[Entry]:
    """A citizen with something in most sections; every resource has its own id."""
    given_: list[tuple[dict[str, object], C, str]] = [
        (allergy("a1"), C.ALLERGY, HOSPITAL),
        (allergy("a2", "Ingen kendte allergier", (systems.SNOMED, "716186003")), C.ALLERGY, PRACTICE),
        (condition("c1"), C.DIAGNOSIS, HOSPITAL),
        (condition("c2", "KOL", (ICPC2, "R95")), C.DIAGNOSIS, PRACTICE),
        (condition("c3", "Respirationsproblemer", (FSIII, "I7.1")), C.DIAGNOSIS, MUNICIPALITY),
        (condition("c4", "Tryksår", (FSIII, "I4.4")), C.DIAGNOSIS, MUNICIPALITY),
        (level("J3.8", "B2", "2025-10-01", "f1"), C.FUNCTIONAL_LEVEL, MUNICIPALITY),
        (level("J3.8", "B4", ago(days=6), "f2"), C.FUNCTIONAL_LEVEL, MUNICIPALITY),
        (habitual("h1", PULSE, valueQuantity=quantity(70, "/min")), C.HABITUAL_VALUE, MUNICIPALITY),
        (habitual("h2", (CODES, "habitual-mobility"), valueString="Går selv"), C.HABITUAL_VALUE, MUNICIPALITY),
        (observation("o1", PULSE, ago(hours=3), valueQuantity=quantity(99, "/min")), C.MEASUREMENT, HOSPITAL),
        (observation("o2", PULSE, ago(days=20), valueQuantity=quantity(71, "/min")), C.MEASUREMENT, PRACTICE),
        (observation("o3", (LOINC, "59408-5"), ago(days=2), component=[supply("oxygen")]), C.MEASUREMENT, HOSPITAL),
        (
            observation("l1", (NPU, "NPU18016"), ago(days=88), valueQuantity=quantity(80, "umol/L")),
            C.LAB_RESULT,
            HOSPITAL,
        ),
        (
            observation("l2", (NPU, "NPU18016"), ago(days=1), valueQuantity=quantity(90, "umol/L")),
            C.LAB_RESULT,
            HOSPITAL,
        ),
        (drug("m1"), C.MEDICATION, PRACTICE),
        (drug("m2"), C.MEDICATION, HOSPITAL),
        (drug("m3", "Penicillin", "J01CE02", effectivePeriod={"end": ahead(days=3)}), C.MEDICATION, HOSPITAL),
        (stay("e1", ago(days=2)), C.ADMISSION, HOSPITAL),
        (stay("e2", ago(days=100), ago(days=95)), C.ADMISSION, HOSPITAL),
        (stay("e3", ahead(days=4)), C.ADMISSION, HOSPITAL),
        (appointment("p1", ahead(days=1), ahead(days=1, hours=1)), C.APPOINTMENT, HOSPITAL),
        (appointment("p2", ago(days=1), ago(hours=5)), C.APPOINTMENT, HOSPITAL),
        (status_note("n1", until=ahead(days=2)), C.STATUS_NOTE, MUNICIPALITY),
        (status_note("n2", until=ago(days=2)), C.STATUS_NOTE, MUNICIPALITY),
        (flag("g1", "Ingen genoplivning", encounter={"reference": "Encounter/e2"}), C.TREATMENT_LIMIT, HOSPITAL),
        (flag("g2", "MRSA", (CODES, "isolation"), period={"end": ahead(days=9)}), C.ALERT, HOSPITAL),
        (will("w1"), C.TREATMENT_LIMIT, PRACTICE),
        (MASTER | {"id": "other", "communication": [{"language": {"text": "Dansk"}}]}, C.MASTER_DATA, MUNICIPALITY),
    ]
    return [entry(resource, category, of=of) for resource, category, of in given_]


EVERYTHING = everything()
subsets = st.lists(st.sampled_from(EVERYTHING), unique=True, max_size=len(EVERYTHING))
views = st.sampled_from(sorted(VIEWS))


@settings(max_examples=100, deadline=None)
@given(chosen=subsets, view=views, computing=st.booleans(), hours=st.integers(-10_000, 10_000))
def test_any_subset_composes_and_stands_verbatim(chosen: list[Entry], view: str, computing: bool, hours: int):
    made = document(*chosen, view=view, computing=computing, at=AT + timedelta(hours=hours))
    bundle = json.loads(made.body)
    for each in chosen:
        ref = f"{each.type}/{each.id}"
        stands = b'{"fullUrl":"%s/%s","resource":%s}' % (BASE.encode(), ref.encode(), each.body)
        assert (stands in made.body) is (ref in made.shown and each.type != "Patient")
    assert patient().body in made.body
    urls = [each["fullUrl"] for each in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert {ref for section in sections(made).values() for ref in refs(section)} <= set(made.shown)


@settings(max_examples=150, deadline=None)
@given(chosen=subsets, view=views, start=st.integers(-3000, 3000), part=st.floats(0, 1, exclude_max=True))
def test_until_the_deadline_the_same_entries_read_the_same(chosen: list[Entry], view: str, start: int, part: float):
    at = AT + timedelta(hours=start)
    first = document(*chosen, view=view, at=at)
    until = first.valid_until or at + timedelta(days=36_500)
    assert until > at
    later = times.from_us(times.to_us(at) + int((times.to_us(until) - times.to_us(at)) * part))
    second = document(*chosen, view=view, at=later)
    assert sections(first) == sections(second)
    assert first.shown == second.shown
    assert first.valid_until == second.valid_until


@settings(max_examples=50, deadline=None)
@given(chosen=subsets, view=views)
def test_one_kind_of_entry_less_changes_no_section_of_other_kinds(chosen: list[Entry], view: str):
    kept = [each for each in chosen if each.type != "AllergyIntolerance"]
    one, two = sections(document(*chosen, view=view)), sections(document(*kept, view=view))
    one.pop("48765-2")
    two.pop("48765-2")
    assert one == two


def test_a_document_with_everything_holds_what_it_points_to():
    made = document(*EVERYTHING)
    urls = {each["fullUrl"] for each in json.loads(made.body)["entry"]}
    assert {f"{BASE}/{ref}" for section in sections(made).values() for ref in refs(section)} <= urls
    assert "Encounter/e2" in made.shown  # the limit points to it


def test_references_to_other_source_patients_point_to_the_master_and_nothing_else_changes():
    body = (
        b'{"resourceType":"AllergyIntolerance","id":"a1", "patient" : { "reference" :\n "Patient/other" },'
        b'"recorder":{"reference":"Patient/another"},"note":[{"text":"Patient/other"}],'
        b'"asserter":{"reference":"Patient/otherwise"},"code":{"text":"\\"reference\\":\\"Patient/other\\""}}'
    )
    made = document(
        entry(allergy(), C.ALLERGY, body=body), other_patients=["Patient/other", "Patient/another", "Patient/master"]
    )
    expected = body.replace(b'"reference" :\n "Patient/other"', b'"reference" :\n "Patient/master"').replace(
        b'"Patient/another"', b'"Patient/master"'
    )
    assert expected in made.body
    known = line_of(allergy(), category=C.ALLERGY, body=body)
    told = document(
        entry(allergy(), C.ALLERGY, line=known, body=body),
        other_patients=["Patient/other", "Patient/another", "Patient/master"],
    )
    assert told.body == made.body


def test_a_body_that_ends_early_does_not_stop_the_rewriting():
    assert document(entry(allergy(), C.ALLERGY, body=b'{"reference":"Patient/'), other_patients=["Patient/x"]).body


def test_an_entry_given_twice_stands_once():
    made = document(entry(allergy(), C.ALLERGY), entry(allergy(), C.ALLERGY, of=HOSPITAL))
    assert made.shown == ("Patient/master", "AllergyIntolerance/a1")


def test_a_patient_without_a_line_is_still_the_patient():
    masked = entry({"resourceType": "Patient", "id": "master"}, C.MASTER_DATA, line=b"")
    made = document(patient=masked)
    assert composition(made)["subject"]["reference"] == f"{BASE}/Patient/master"
    assert b'"fullUrl":"%s/Patient/master"' % BASE.encode() in made.body


def test_a_stored_composition_is_told_but_never_a_second_composition():
    made = document(
        entry(
            {"resourceType": "Composition", "id": "x", "status": "final", "title": "Epikrise", "date": "2026-03-01"},
            C.LETTER,
        )
    )
    assert "Epikrise pr. 01.03.2026" in words(sections(made)["letters"])
    kinds = [each["resource"]["resourceType"] for each in json.loads(made.body)["entry"]]
    assert kinds.count("Composition") == 1
    assert "Composition/x" in made.shown


def test_shown_names_everything_that_was_read_out_of_the_store():
    made = document(*EVERYTHING)
    stood = {each["fullUrl"].removeprefix(f"{BASE}/") for each in json.loads(made.body)["entry"]}
    assert {ref for ref in stood if not ref.startswith("urn:uuid:")} - {"Composition"} <= set(made.shown)
    assert "Patient/other" in made.shown
    assert len(made.shown) == len(set(made.shown))


def test_what_the_view_does_not_ask_for_is_not_shown():
    made = document(entry(appointment("p1", ahead(days=1), ahead(days=2)), C.APPOINTMENT), view="ips")
    assert made.shown == ("Patient/master",)


def test_deadlines_come_from_notes_that_expire():
    made = document(entry(status_note(until=ahead(hours=30)), C.STATUS_NOTE))
    assert made.valid_until == AT + timedelta(hours=30, seconds=1)


def test_without_dated_facts_a_document_never_expires():
    assert document(entry(allergy(), C.ALLERGY)).valid_until is None


def test_the_software_is_the_author_and_the_operator_the_custodian():
    made = json.loads(document(operator='Region "Nord"').body)
    by_url = {each["fullUrl"]: each["resource"] for each in made["entry"]}
    first = made["entry"][0]["resource"]
    assert by_url[first["author"][0]["reference"]]["resourceType"] == "Device"
    assert by_url[first["custodian"]["reference"]]["name"] == 'Region "Nord"'


@given(st.text(max_size=60))
def test_names_of_what_the_service_makes_are_the_standards_uuids(url: str):
    assert _name_of(url) == str(uuid5(NAMESPACE_URL, url))
