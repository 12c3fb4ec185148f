"""The one table of sections, the views, and the document's frame against the published profiles."""

import json

import pytest
from fhir.resources.R4B.bundle import Bundle
from summary_builders import (
    AT,
    BASE,
    HOSPITAL,
    MASTER,
    PROFILES,
    allergy,
    composition,
    condition,
    document,
    drug,
    entry,
    patient,
    refs,
    sections,
    stay,
    told,
    words,
)

from app.summary.catalogue import RESTRICTED, RESTRICTED_EMERGENCY, UNAVAILABLE
from app.summary.lines import DISTILLERS
from app.summary.model import Kind
from app.summary.scene import NO_ENTRY
from app.summary.sections import ALWAYS, SECTION_OF, SECTIONS, VIEW_OF_PROFILE, VIEWS
from consent.vocabulary import Category
from schemas.admit import Admitted, admit
from schemas.homes import HOME_OF
from schemas.terminology import systems

KINDS = {value for name, value in vars(Kind).items() if name.isupper()}
needs_profiles = pytest.mark.skipif(not PROFILES.is_dir(), reason="the published profiles are not here")
IPS_SECTIONS = {section.code: section for section in SECTIONS if section.system == systems.LOINC}


def test_every_kind_of_line_stands_in_a_section_but_that_which_only_supports():
    placed = {kind for section in SECTIONS for kind in section.kinds}
    assert placed == KINDS - {Kind.SUPPORT}


def test_every_section_has_a_code_and_titles_of_its_own():
    assert len({(section.system, section.code) for section in SECTIONS}) == len(SECTIONS) == len(SECTION_OF)
    assert all(section.title.da and section.title.en and section.display for section in SECTIONS)
    assert {section.system for section in SECTIONS} == {systems.LOINC, systems.SECTION_SYSTEM}


def test_no_section_allows_as_an_entry_what_is_told_in_words_only():
    assert all(section.types is None or section.types.isdisjoint(NO_ENTRY) for section in SECTIONS)


def test_every_section_stands_in_a_view_and_the_admission_context_has_them_all():
    assert {section.key for section in VIEWS["admission-context"].sections} == set(SECTION_OF)


def test_every_view_always_holds_the_five_sections_that_ips_and_eps_require():
    for view in VIEWS.values():
        keys = [section.key for section in view.sections]
        assert view.required >= ALWAYS
        assert view.required <= set(keys)
        assert len(keys) == len(set(keys))


def test_the_plain_ips_view_holds_loinc_sections_only():
    assert all(section.system == systems.LOINC for section in VIEWS["ips"].sections)


def test_a_view_is_named_by_its_profile():
    assert VIEW_OF_PROFILE[systems.ADMISSION_CONTEXT_PROFILE].key == "admission-context"
    assert VIEW_OF_PROFILE[f"{systems.IPS}Bundle-uv-ips"].key == "ips"


def test_every_type_that_is_distilled_has_a_home():
    assert set(DISTILLERS) <= set(HOME_OF)


def test_types_allowed_in_a_section_have_homes_or_are_not_stored_by_us():
    allowed = {name for section in SECTIONS for name in section.types or ()}
    assert allowed <= set(HOME_OF)


@needs_profiles
def test_entry_types_of_each_section_are_allowed_by_the_published_ips_composition():
    profile = json.loads((PROFILES / "ips-1.1" / "StructureDefinition-Composition-uv-ips.json").read_text())
    elements = {each["id"]: each for each in profile["snapshot"]["element"]}
    for name, element in elements.items():
        if not name.startswith("Composition.section:") or not name.endswith(".code") or name.count(".") != 2:
            continue
        code = element["patternCodeableConcept"]["coding"][0]["code"]
        section = IPS_SECTIONS.get(code)
        if section is None:
            continue
        targets = elements[name.removesuffix(".code") + ".entry"]["type"][0]["targetProfile"]
        published = {target.rpartition("/")[2] for target in targets}
        assert section.types is not None, code
        assert section.types - {"ImmunizationRecommendation"} <= published, code  # IPS 2.0 adds it to the plan of care


@needs_profiles
def test_the_sections_that_the_published_composition_requires_are_always_there():
    profile = json.loads((PROFILES / "ips-1.1" / "StructureDefinition-Composition-uv-ips.json").read_text())
    required = {
        element["patternCodeableConcept"]["coding"][0]["code"]
        for element in profile["snapshot"]["element"]
        if element["id"].endswith(".code")
        and element["id"].count(".") == 2
        and any(
            each["id"] == element["id"].removesuffix(".code") and each["min"] > 0
            for each in profile["snapshot"]["element"]
        )
        and "patternCodeableConcept" in element
    }
    assert required == {"11450-4", "48765-2", "10160-0"}
    assert required <= set(sections(document(view="ips")))


@pytest.mark.parametrize("view", VIEWS)
def test_the_first_screen_stands_in_the_order_of_the_table(view: str):
    shown = [each["code"]["coding"][0]["code"] for each in composition(document(view=view))["section"]]
    table = [section.code for section in VIEWS[view].sections]
    assert shown == [code for code in table if code in shown]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("full", [False, True])
def test_the_document_is_an_ips_bundle(view: str, full: bool):
    given = (
        [
            entry(allergy(), Category.ALLERGY),
            entry(condition(), Category.DIAGNOSIS),
            entry(drug(), Category.MEDICATION),
            entry(stay("e1", "2026-03-01T10:00:00Z"), Category.ADMISSION, of=HOSPITAL),
        ]
        if full
        else []
    )
    made = document(*given, view=view)
    bundle = json.loads(made.body)
    Bundle.model_validate(bundle)
    assert bundle["type"] == "document"
    assert bundle["timestamp"] == "2026-03-10T02:00:00.000Z"
    assert bundle["identifier"]["value"] == "b-1"
    urls = [each["fullUrl"] for each in bundle["entry"]]
    assert len(urls) == len(set(urls))
    assert [each["resource"]["resourceType"] for each in bundle["entry"]].count("Composition") == 1
    assert [each["resource"]["resourceType"] for each in bundle["entry"]].count("Patient") == 1
    assert not any({"search", "request", "response"} & set(each) for each in bundle["entry"])
    first = bundle["entry"][0]["resource"]
    assert first["resourceType"] == "Composition"
    assert first["type"]["coding"][0]["code"] == "60591-5"
    assert first["subject"]["reference"] == f"{BASE}/Patient/master"
    assert {first["author"][0]["reference"], first["custodian"]["reference"], first["subject"]["reference"]} <= set(
        urls
    )
    for section in first["section"]:
        assert section["title"]
        assert section["code"]["coding"]
        assert section["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml"')
        assert "section" not in section
        assert ("entry" in section) != ("emptyReason" in section)
        assert all(each["reference"] in urls for each in section.get("entry", ()))


@pytest.mark.parametrize("view", VIEWS)
def test_the_write_gate_would_admit_the_document(view: str):
    made = document(entry(allergy(), Category.ALLERGY), entry(drug(), Category.MEDICATION), view=view)
    result = admit(made.body)
    assert isinstance(result, Admitted), getattr(result, "faults", ())


def test_an_empty_required_section_is_unavailable_and_says_that_nothing_here_is_not_nothing():
    for section in VIEWS["admission-context"].required:
        shown = sections(document())[SECTION_OF[section].code]
        assert shown["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert UNAVAILABLE.da in words(shown)
        assert UNAVAILABLE.en in words(shown)


def test_the_service_never_says_that_nothing_is_known():
    assert b"nilknown" not in document().body


def test_no_known_allergy_said_by_an_author_is_the_entry():
    statement = allergy("a0", "Ingen kendte allergier", (systems.SNOMED, "716186003"))
    shown = sections(document(entry(statement, Category.ALLERGY)))["48765-2"]
    assert refs(shown) == ["AllergyIntolerance/a0"]
    assert "emptyReason" not in shown
    assert "Ingen kendte allergier" in words(shown)


def test_a_statement_of_none_beside_an_allergy_is_said_to_be_contradicted():
    statement = allergy("a0", "Ingen kendte allergier", (systems.SNOMED, "716186003"))
    shown = told(entry(statement, Category.ALLERGY), entry(allergy(), Category.ALLERGY, of=HOSPITAL), section="48765-2")
    assert "Udsagnet modsiges af de øvrige linjer" in shown


def test_the_standing_notice_stands_on_every_summary_and_again_at_allergies_alerts_and_medication():
    for view in VIEWS:
        made = document(view=view)
        assert RESTRICTED.da in words(composition(made))
        shown = sections(made)
        for code in {"48765-2", "10160-0"} | ({"104605-1"} & set(shown)):
            assert RESTRICTED.da in words(shown[code])


def test_the_notice_tells_one_who_can_declare_emergency_how_and_others_that_it_exists():
    assert RESTRICTED_EMERGENCY.da in words(composition(document(reader_can_emergency=True)))
    assert RESTRICTED_EMERGENCY.en in words(composition(document(reader_can_emergency=True)))


def test_an_optional_section_without_rows_does_not_stand():
    assert "10162-6" not in sections(document())


def test_titles_carry_their_english_translation():
    first = composition(document())["section"][0]
    parts = {each["url"]: each for each in first["_title"]["extension"][0]["extension"]}
    assert first["title"] == "CAVE: allergier og overfølsomhed"
    assert (parts["lang"]["valueCode"], parts["content"]["valueString"]) == ("en", "Allergies and intolerances")


def test_a_test_citizen_makes_a_test_document():
    marked = MASTER | {"meta": {"security": [{"system": systems.ACT_REASON, "code": "HTEST"}]}}
    made = json.loads(document(patient=patient(marked)).body)
    assert made["meta"]["security"][0]["code"] == "HTEST"
    assert "security" not in json.loads(document().body)["meta"]


def test_the_same_inputs_give_the_same_bytes():
    given = [entry(allergy(), Category.ALLERGY), entry(drug(), Category.MEDICATION)]
    assert document(*given).body == document(*given).body


def test_the_view_does_not_depend_on_the_order_of_the_entries_but_for_theirs():
    one, two = entry(allergy("a1"), Category.ALLERGY), entry(allergy("a2", "Latex"), Category.ALLERGY, of=HOSPITAL)
    assert composition(document(one, two)) == composition(document(two, one))


def test_a_death_stands_at_the_top():
    made = document(patient=patient(MASTER | {"deceasedDateTime": "2026-03-09"}))
    assert "Registreret død (Registered as deceased) 09.03.2026" in words(composition(made))


def test_an_unknown_view_is_refused():
    with pytest.raises(KeyError):
        document(view="everything", at=AT)
