"""The same diagnosis and the same drug from several sources, and what is marked about medication."""

import pytest
from summary_builders import (
    HOSPITAL,
    MUNICIPALITY,
    PRACTICE,
    ago,
    concept,
    condition,
    document,
    drug,
    entry,
    refs,
    sections,
    told,
    words,
)

from app.summary.groups import CONCEPTS
from consent.vocabulary import Category
from schemas.terminology import systems
from schemas.terminology.systems import ATC, FSIII, ICPC2, SKS_DIAGNOSIS

C = Category
RESOLVED = concept("", (systems.CONDITION_CLINICAL, "resolved"))


def sks(
    id: str = "h1",
    code: str = "DJ449",
    of: str = HOSPITAL,
    text: str = "Kronisk obstruktiv lungesygdom",
    **changed: object,
):
    return entry(condition(id, text, (SKS_DIAGNOSIS, code), **changed), C.DIAGNOSIS, of=of)


def icpc(id: str = "g1", code: str = "R95", of: str = PRACTICE, text: str = "KOL", **changed: object):
    return entry(condition(id, text, (ICPC2, code), **changed), C.DIAGNOSIS, of=of)


def fsiii(id: str = "m1", code: str = "I7.1", of: str = MUNICIPALITY, **changed: object):
    return entry(condition(id, "Respirationsproblemer", (FSIII, code), **changed), C.DIAGNOSIS, of=of)


# Diagnoses


def test_one_diagnosis_in_three_languages_is_one_line_with_all_its_sources():
    section = sections(document(sks(), icpc(), fsiii()))["11450-4"]
    lines = words(section).split("\n")
    assert lines[1] == "KOL · kilderne er enige"
    assert {line.partition(":")[0] for line in lines[2:5]} == {"Sygehus", "Almen praksis", "Kommune"}
    assert set(refs(section)) == {"Condition/h1", "Condition/g1", "Condition/m1"}
    assert "Sygehus: Kronisk obstruktiv lungesygdom (SKS DJ449) pr. 01.06.2025" in words(section)
    assert "Kommune: Respirationsproblemer (FSIII I7.1) pr. 01.06.2025" in words(section)


def test_sources_that_disagree_about_the_status_are_said_to_and_the_diagnosis_stays_active():
    made = document(sks(), icpc(clinicalStatus=RESOLVED))
    assert "KILDERNE ER UENIGE OM STATUS" in words(sections(made)["11450-4"])
    assert "11348-0" not in sections(made)


def test_a_diagnosis_that_no_source_holds_active_is_past():
    made = sections(document(sks(clinicalStatus=RESOLVED), icpc(clinicalStatus=RESOLVED)))
    assert "emptyReason" in made["11450-4"]
    assert "KOL · kilderne er enige" in words(made["11348-0"])


def test_two_diagnoses_of_one_source_are_never_one_line():
    shown = told(sks("h1"), sks("h2"), section="11450-4")
    assert shown.count("Kronisk obstruktiv lungesygdom (SKS DJ449)") == 2
    assert "enige" not in shown


def test_an_fsiii_code_that_fits_two_diagnoses_joins_neither():
    shown = told(
        sks("h1", "DI509", text="Hjertesvigt"),
        icpc("g1", "K77", text="Hjertesvigt"),
        sks("h2", "DI489", text="Atrieflimren"),
        fsiii(code="I7.2"),
        section="11450-4",
    )
    assert "Kommune:" not in shown
    assert "Respirationsproblemer (FSIII I7.2)" in shown


def test_an_fsiii_code_alone_stands_alone():
    assert "\nRespirationsproblemer (FSIII I7.1)" in told(fsiii(), section="11450-4")


def test_a_shared_code_groups_what_the_table_does_not_know():
    shown = told(
        sks("h1", "DN209", text="Nyresten"), sks("h2", "DN209", of=PRACTICE, text="Nyresten"), section="11450-4"
    )
    assert "Nyresten · kilderne er enige" in shown


def test_different_diagnoses_are_never_one_line():
    assert "enige" not in told(sks("h1", "DN209"), icpc("g1", "K86"), section="11450-4")


def test_a_list_with_both_codes_of_a_diagnosis_names_both():
    both = entry(condition("g1", "KOL", (SKS_DIAGNOSIS, "DJ449"), (ICPC2, "R95")), C.DIAGNOSIS, of=PRACTICE)
    assert "KOL (SKS DJ449, ICPC-2 R95)" in told(both, section="11450-4")


def test_the_status_resolved_of_a_condition_list_is_read():
    listed = condition("g1", "KOL", (ICPC2, "R95"), category=[concept("", (systems.SNOMED, "723506003"))])
    del listed["clinicalStatus"]
    assert "KOL" in told(entry(listed, C.DIAGNOSIS, of=PRACTICE), section="11348-0")


def test_every_concept_of_the_table_is_named_by_codes_that_no_other_row_has():
    spoken = [code for concept_ in CONCEPTS for code in (*concept_.icpc2, *concept_.icd10)]
    assert len(spoken) == len(set(spoken))


# Medication


def medicine(*args: object, of: str = PRACTICE, **changed: object):
    return entry(drug(*args, **changed), C.MEDICATION, of=of)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("atc", "mark"),
    [("B01AA03", "BLODFORTYNDENDE (anticoagulant)"), ("A10AE04", "INSULIN (insulin)"), ("N02AA01", "OPIOID (opioid)")],
)
def test_dangerous_medication_is_marked_and_comes_first(atc: str, mark: str):
    shown = told(medicine("m1", "Amlodipin", "C08CA01"), medicine("m2", "Zink", atc), section="10160-0")
    assert f"{mark} Zink" in shown
    assert shown.index("Zink") < shown.index("Amlodipin")


def test_a_drug_that_is_pointed_to_is_named_and_marked():
    pointed = {
        "resourceType": "Medication",
        "id": "d1",
        "code": concept("Marevan", (ATC, "B01AA03")),
        "form": concept("tabletter"),
        "ingredient": [
            {
                "itemCodeableConcept": concept("warfarin"),
                "strength": {"numerator": {"value": 2.5, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}},
            }
        ],
    }
    given = drug(medicationReference={"reference": "Medication/d1"})
    del given["medicationCodeableConcept"]
    made = document(entry(given, C.MEDICATION), entry(pointed, C.MEDICATION))
    assert "BLODFORTYNDENDE (anticoagulant) Marevan, tabletter, warfarin 2,5 mg/tablet" in words(
        sections(made)["10160-0"]
    )
    assert "Medication/d1" in made.shown
    assert refs(sections(made)["10160-0"]) == ["MedicationStatement/m1"]


def test_a_contained_drug_is_named_and_marked():
    inside = {"resourceType": "Medication", "id": "d", "code": concept("Marevan", (ATC, "B01AA03"))}
    given = drug(contained=[inside], medicationReference={"reference": "#d"})
    del given["medicationCodeableConcept"]
    assert "BLODFORTYNDENDE (anticoagulant) Marevan" in told(entry(given, C.MEDICATION), section="10160-0")


def test_paused_as_needed_and_ended_medication_stand_apart():
    shown = told(
        medicine("m1", "Fast"),
        medicine("m2", "Pause", status="on-hold"),
        medicine("m3", "Panodil", "N02BE01", dosage=[{"text": "1 g", "asNeededBoolean": True}]),
        medicine("m4", "Slut", status="stopped", dateAsserted="2026-03-01"),
        medicine("m5", "Længe siden", status="stopped", dateAsserted="2025-03-01"),
        section="10160-0",
    )
    order = ["Fast medicin Regular medication", "Fast, 1 tablet", "Ved behov (pn) As needed", "Panodil, 1 g"]
    order += ["Pauseret Paused", "Pause, 1 tablet", "Ophørt for nylig Recently ended", "Slut, 1 tablet"]
    places = [shown.index(each) for each in order]
    assert places == sorted(places)
    assert "Længe siden" not in shown


def test_a_course_whose_period_has_ended_has_ended():
    shown = told(medicine(effectivePeriod={"start": "2026-02-01", "end": "2026-03-01"}), section="10160-0")
    assert "Ophørt for nylig" in shown


def test_the_last_dose_and_who_gives_it_are_read_from_the_statement():
    said = [
        {"url": systems.LAST_DOSE_EXTENSION, "valueDateTime": ago(hours=9)},
        {"url": systems.ADMINISTERED_BY_EXTENSION, "valueString": "Hjemmesygeplejen"},
    ]
    shown = told(medicine(extension=said), section="10160-0")
    assert "sidst givet: 09.03.2026 18:00" in shown
    assert "gives af: Hjemmesygeplejen" in shown


def given_dose(id: str = "x1", when: str = "", atc: str = "B01AA03", text: str = "Warfarin", **changed: object):
    made = {
        "resourceType": "MedicationAdministration",
        "id": id,
        "status": "completed",
        "medicationCodeableConcept": concept(text, (ATC, atc)),
        "subject": {"reference": "Patient/master"},
        "effectiveDateTime": when or ago(hours=9),
        "performer": [{"actor": {"display": "Sygeplejerske Karin"}}],
    }
    return entry(made | changed, C.MEDICATION, of=MUNICIPALITY)


def test_the_last_dose_is_found_among_doses_given():
    made = document(medicine(), given_dose(), given_dose("x0", ago(days=3)))
    shown = words(sections(made)["10160-0"])
    assert "sidst givet: 09.03.2026 18:00, gives af: Sygeplejerske Karin · Hillerød Kommune" in shown
    assert refs(sections(made)["10160-0"]) == ["MedicationStatement/m1", "MedicationAdministration/x1"]


def test_a_dose_of_what_is_not_on_the_list_is_told_apart():
    shown = told(medicine(), given_dose(atc="N02AA01", text="Morfin"), section="10160-0")
    assert "Givet for nylig, ikke på listen Recently given, not on the list\nMorfin, 09.03.2026 18:00" in shown


def test_two_sources_share_a_line_when_everything_agrees():
    section = sections(document(medicine(), medicine("m2", of=HOSPITAL)))["10160-0"]
    assert words(section).count("Warfarin 2,5 mg, 1 tablet kl. 18") == 1
    assert "ens i kilderne" in words(section)
    assert refs(section) == ["MedicationStatement/m1", "MedicationStatement/m2"]


@pytest.mark.parametrize(
    "difference",
    [
        {"medicationCodeableConcept": concept("Warfarin 2,5 mg", (ATC, "B01AA04"))},
        {"medicationCodeableConcept": concept("Warfarin 5 mg", (ATC, "B01AA03"))},
        {"dosage": [{"text": "2 tabletter kl. 18"}]},
        {"dosage": [{"text": "1 tablet kl. 18", "route": concept("i.v.")}]},
        {"dosage": [{"text": "1 tablet kl. 18", "asNeededBoolean": True}]},
        {"status": "on-hold"},
        {"effectivePeriod": {"start": "2025-02-01"}},
    ],
)
def test_drugs_that_differ_in_anything_stand_next_to_each_other(difference: dict[str, object]):
    shown = told(medicine(), medicine("m2", of=HOSPITAL, **difference), section="10160-0")
    assert "ens i kilderne" not in shown
    assert shown.count(" kopi") == 3  # two lines and the note above them


@pytest.mark.parametrize(("form", "strength"), [("depottabletter", 2.5), ("tabletter", 5)])
def test_form_and_strength_must_agree_too(form: str, strength: float):
    def contained(form: str, strength: float) -> dict[str, object]:
        return {
            "resourceType": "Medication",
            "id": "d",
            "code": concept("Warfarin", (ATC, "B01AA03")),
            "form": concept(form),
            "ingredient": [{"strength": {"numerator": {"value": strength, "unit": "mg"}}}],
        }

    def pointing(id: str, of: str, form: str, strength: float):
        made = drug(id, contained=[contained(form, strength)], medicationReference={"reference": "#d"})
        del made["medicationCodeableConcept"]
        return entry(made, C.MEDICATION, of=of)

    same = told(
        pointing("m1", PRACTICE, "tabletter", 2.5), pointing("m2", HOSPITAL, "tabletter", 2.5), section="10160-0"
    )
    other = told(
        pointing("m1", PRACTICE, "tabletter", 2.5), pointing("m2", HOSPITAL, form, strength), section="10160-0"
    )
    assert "ens i kilderne" in same
    assert "ens i kilderne" not in other


def test_two_lines_of_one_source_are_never_one():
    assert told(medicine(), medicine("m2"), section="10160-0").count("Warfarin 2,5 mg, 1 tablet kl. 18") == 2


def test_a_drug_without_a_coded_substance_shares_no_line():
    plain = {"medicationCodeableConcept": concept("Warfarin 2,5 mg")}
    shown = told(medicine(**plain), medicine("m2", of=HOSPITAL, **plain), section="10160-0")
    assert "ens i kilderne" not in shown


def test_medication_without_the_national_card_says_that_it_is_a_copy():
    shown = told(medicine(), section="10160-0")
    assert "Listen er en kopi fra kilderne, ikke Fælles Medicinkort (FMK)" in shown
    assert "· Lægerne Søengen kopi" in shown


def test_medication_of_the_national_card_is_no_copy():
    card = {"identifier": [{"system": "urn:oid:1.2.208.176.7.2.2", "value": "1"}]}
    assert "kopi" not in told(medicine(**card), section="10160-0")


def test_no_known_medication_is_a_statement():
    none = drug(
        "m0", "Ingen medicin", medicationCodeableConcept=concept("Ingen medicin", (systems.SNOMED, "787481004"))
    )
    section = sections(document(entry(none, C.MEDICATION)))["10160-0"]
    assert "Udsagn Statement\nIngen medicin" in words(section)
    assert refs(section) == ["MedicationStatement/m0"]


def test_what_must_not_be_given_says_so():
    order = {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "doNotPerform": True,
        "medicationCodeableConcept": concept("Ibuprofen", (ATC, "M01AE01")),
        "authoredOn": ago(days=1),
    }
    assert "Ibuprofen, MÅ IKKE GIVES" in told(entry(order, C.MEDICATION), section="10160-0")
