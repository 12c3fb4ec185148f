"""What matters at three in the morning, rule by rule, as the reader sees it."""

import json
from decimal import Decimal

import pytest
from summary_builders import (
    AT,
    HOSPITAL,
    MASTER,
    MUNICIPALITY,
    OTHER_HOSPITAL,
    PRACTICE,
    ago,
    ahead,
    allergy,
    appointment,
    concept,
    condition,
    document,
    entry,
    flag,
    observation,
    patient,
    quantity,
    refs,
    sections,
    status_note,
    stay,
    told,
    will,
    words,
)

from app.summary import times
from consent.vocabulary import Category
from schemas.terminology import systems

C = Category


def open_stay(**changed: object):
    return entry(stay("e1", ago(days=2), **changed), C.ADMISSION, of=HOSPITAL)


def ended_stay():
    return entry(stay("old", ago(days=90), ago(days=80)), C.ADMISSION, of=HOSPITAL)


# Every line


def test_a_line_says_as_of_received_and_source():
    shown = told(entry(allergy(), C.ALLERGY, of=HOSPITAL), section="48765-2")
    assert "Penicillin pr. 03.02.2025, modtaget 10.03.2026 · Nordkyst Hospital" in shown


def test_a_line_received_on_the_day_itself_says_the_date_once():
    made = entry(allergy(recordedDate="2026-03-10"), C.ALLERGY, of=HOSPITAL)
    assert "Penicillin pr. 10.03.2026 · Nordkyst Hospital" in told(made, section="48765-2")


def test_a_line_without_a_date_or_a_known_source_says_so():
    made = allergy()
    del made["recordedDate"]
    shown = told(entry(made, C.ALLERGY, of="unknown"), section="48765-2")
    assert "dato ikke oplyst, modtaget 10.03.2026 · kilde ikke oplyst" in shown


def test_a_section_says_as_of_its_newest_line_and_all_sources():
    shown = told(
        entry(allergy("a1"), C.ALLERGY, of=HOSPITAL),
        entry(allergy("a2", "Latex", recordedDate="2026-01-02"), C.ALLERGY, of=PRACTICE),
        section="48765-2",
    )
    assert shown.startswith("pr. 02.01.2026 · kilder: Lægerne Søengen, Nordkyst Hospital")


def test_text_from_a_source_cannot_become_markup():
    made = entry(allergy(text='<script>alert("x")</script> & \\ "citat"'), C.ALLERGY)
    section = sections(document(made))["48765-2"]
    assert "<script>" not in section["text"]["div"]
    assert '<script>alert("x")</script> & \\ "citat"' in words(section)


def test_neither_labels_nor_sensitivity_are_ever_mentioned():
    made = allergy(meta={"security": [{"system": systems.CONFIDENTIALITY, "code": "V", "display": "very restricted"}]})
    assert "very restricted" not in told(entry(made, C.ALLERGY), section="48765-2")
    assert b"confidentiality" not in document(entry(allergy(), C.ALLERGY)).body


# Allergies


def test_serious_allergies_come_first_and_ended_ones_last():
    ended = allergy("a3", "Jordbær", clinicalStatus=concept("", (systems.ALLERGY_CLINICAL, "resolved")))
    serious = allergy("a2", "Latex", criticality="high", recordedDate="2020-01-01")
    shown = told(*(entry(each, C.ALLERGY) for each in (ended, allergy(), serious)), section="48765-2")
    assert shown.index("Latex, HØJ ALVORSGRAD") < shown.index("Penicillin") < shown.index("Jordbær")


def test_what_was_entered_in_error_is_never_shown():
    wrong = allergy(verificationStatus=concept("", (systems.ALLERGY_VERIFICATION, "entered-in-error")))
    assert "emptyReason" in sections(document(entry(wrong, C.ALLERGY)))["48765-2"]


# Treatment limits and wills


def test_a_will_stands_with_author_and_date():
    made = document(entry(will(), C.TREATMENT_LIMIT, of=PRACTICE))
    section = sections(made)["42348-3"]
    assert "Fravalg af genoplivning ved hjertestop, forfatter: Åse Prøve pr. 04.11.2025" in words(section)
    assert refs(section) == ["Consent/w1"]


def test_a_privacy_directive_never_enters_the_summary():
    block = will(scope=concept("", (systems.CONSENT_SCOPE, "patient-privacy")))
    made = document(entry(block, C.CONSENT))
    assert made.shown == ("Patient/master",)


def limit(**changed: object):
    made = flag(
        "f1",
        "Ingen genoplivning",
        encounter={"reference": "Encounter/old"},
        author={"display": "Overlæge Ida"},
        **changed,
    )
    return entry(made, C.TREATMENT_LIMIT, of=HOSPITAL)


def test_a_limit_of_an_ended_stay_is_history_only():
    shown = told(limit(), ended_stay(), section="treatment-limits")
    assert "HISTORIK: gjaldt et afsluttet ophold" in shown
    assert "Ingen genoplivning, forfatter: Overlæge Ida" in shown


def test_a_limit_of_the_present_chain_is_in_force():
    current = entry(stay("old", ago(days=1)), C.ADMISSION, of=HOSPITAL)
    assert "HISTORIK" not in told(limit(), current, section="treatment-limits")


def test_a_limit_that_was_ended_is_marked():
    shown = told(entry(flag("f1", "Ingen intensiv", status="inactive"), C.TREATMENT_LIMIT), section="treatment-limits")
    assert "OPHØRT (ended) Ingen intensiv" in shown


# Alerts


def test_isolation_comes_first_and_ended_alerts_are_gone():
    shown = told(
        entry(flag("f1", "Faldrisiko", period={"start": "2026-03-01"}), C.ALERT),
        entry(flag("f2", "MRSA", (systems.CODES, "isolation")), C.ALERT),
        entry(flag("f3", "Gammel", period={"start": "2020-01-01", "end": "2021-01-01"}), C.ALERT),
        section="104605-1",
    )
    assert shown.index("ISOLATION (isolation) MRSA") < shown.index("Faldrisiko")
    assert "Gammel" not in shown


# Status note


def test_a_status_note_says_why_now_since_when_and_whether_the_need_for_help_changed():
    shown = told(entry(status_note(until=ahead(days=5)), C.STATUS_NOTE), section="status-note")
    assert "Mere forvirret end vanligt." in shown
    assert "Hvorfor nu: Faldet i nat" in shown
    assert "Siden hvornår: 08.03.2026" in shown
    assert "Ændret behov for hjælp: Større" in shown
    assert "forfatter: Hjemmesygeplejerske Karin" in shown
    assert "udløber 15.03.2026 03:00" in shown
    assert "UDLØBET" not in shown


def test_an_expired_status_note_stays_marked():
    shown = told(entry(status_note(until=ago(hours=1)), C.STATUS_NOTE), section="status-note")
    assert "UDLØBET (expired) 10.03.2026 02:00" in shown
    assert "Mere forvirret end vanligt." in shown


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Communication", "payload": [{"contentString": "Træt."}], "sent": ago(days=1)},
        {"resourceType": "ClinicalImpression", "summary": "Træt.", "date": ago(days=1)},
        {"resourceType": "Flag", "code": {"text": "Træt."}, "period": {"start": ago(days=1)}},
    ],
)
def test_a_status_note_is_read_from_other_types_too(resource: dict[str, object]):
    made = {"id": "n1", "status": "completed", "subject": {"reference": "Patient/master"}, **resource}
    assert "Træt." in told(entry(made, C.STATUS_NOTE), section="status-note")


# Devices, wounds


def device_use(**changed: object):
    made = {
        "resourceType": "DeviceUseStatement",
        "id": "d1",
        "status": "active",
        "subject": {"reference": "Patient/master"},
        "device": {"display": "Hjemmeilt: iltkoncentrator"},
        "recordedOn": "2026-01-02",
        "note": [{"text": "1,5 l/min mindst 16 timer"}],
    }
    return entry(made | changed, C.DEVICE)


def test_home_oxygen_stands_with_its_flow():
    assert "Hjemmeilt: iltkoncentrator, 1,5 l/min mindst 16 timer pr. 02.01.2026" in told(
        device_use(), section="46264-8"
    )


def test_a_device_no_longer_used_is_not_shown():
    assert "Hjemmeilt" not in told(device_use(status="completed"), section="46264-8")


def test_an_aid_stands_once_when_a_device_use_speaks_about_it():
    aid = {
        "resourceType": "Device",
        "id": "x",
        "patient": {"reference": "Patient/master"},
        "type": {"text": "Rollator"},
    }
    alone = document(entry(aid, C.DEVICE))
    assert "Rollator" in words(sections(alone)["aids"])
    used = document(entry(aid, C.DEVICE), device_use(device={"reference": "Device/x"}))
    assert "emptyReason" in sections(used)["aids"]
    assert "Rollator" in words(sections(used)["46264-8"])
    assert "Device/x" in used.shown


def test_a_wound_stands_among_wounds_and_diagnoses():
    made = document(entry(condition("c1", "Tryksår", (systems.FSIII, "I4.4")), C.DIAGNOSIS))
    assert "Tryksår (FSIII I4.4)" in words(sections(made)["wounds"])
    assert "Tryksår" in words(sections(made)["11450-4"])


# Relatives, interpreter, services


def relative(**informed: object):
    made = {
        "resourceType": "RelatedPerson",
        "id": "r1",
        "patient": {"reference": "Patient/master"},
        "name": [{"text": "Bo Prøve"}],
        "relationship": [concept("", (systems.ROLE_CODE, "SON"))],
        "telecom": [{"system": "phone", "value": "+45 00 00 00 01"}],
    }
    if informed:
        made["extension"] = [{"url": systems.INFORMED_EXTENSION, **informed}]
    return entry(made, C.RELATIVE)


def test_a_relative_stands_with_phone_and_whether_it_is_known_that_she_was_told():
    shown = told(relative(), open_stay(), section="relatives")
    assert "Bo Prøve, søn, telefon: +45 00 00 00 01, ikke oplyst om underrettet" in shown


def test_a_relative_who_was_told_of_this_stay_is_informed():
    assert "UNDERRETTET (informed) 09.03.2026 03:00" in told(
        relative(valueDateTime=ago(days=1)), open_stay(), section="relatives"
    )


def test_a_relative_told_before_this_stay_is_not_said_to_be_informed_of_it():
    shown = told(relative(valueDateTime=ago(days=30)), open_stay(), section="relatives")
    assert "ikke om dette forløb; sidst underrettet 08.02.2026 03:00" in shown
    assert "UNDERRETTET" not in shown


def test_without_a_known_stay_nobody_is_said_to_be_informed_of_it():
    assert "UNDERRETTET" not in told(relative(valueDateTime=ago(days=30)), section="relatives")


def test_a_relative_who_was_not_told_is_marked():
    assert "IKKE UNDERRETTET (not informed)" in told(relative(valueBoolean=False), section="relatives")


def test_the_need_for_an_interpreter_is_marked_with_the_language():
    speaks = MASTER | {
        "communication": [{"language": concept("Somali"), "preferred": True}],
        "extension": [{"url": systems.INTERPRETER_EXTENSION, "valueBoolean": True}],
    }
    made = document(patient=patient(speaks))
    assert "TOLK NØDVENDIG, Taler: Somali" in words(sections(made)["interpreter"])
    assert refs(sections(made)["interpreter"]) == ["Patient/master"]


def test_what_another_sources_patient_says_is_told_without_a_second_patient():
    other = MASTER | {"id": "other", "communication": [{"language": concept("Somali")}]}
    made = document(entry(other, C.MASTER_DATA))
    section = sections(made)["interpreter"]
    assert "Taler: Somali" in words(section)
    assert refs(section) == []
    assert "emptyReason" not in section
    assert made.body.count(b'"resourceType": "Patient"') == 1
    assert "Patient/other" in made.shown


def service(**changed: object):
    made = {
        "resourceType": "CarePlan",
        "id": "s1",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/master"},
        "title": "Hjemmesygepleje: medicinadministration",
        "period": {"start": "2026-01-01"},
    }
    return entry(made | changed, C.CARE_SERVICE)


def test_a_municipal_service_stands_with_the_24_hour_phone_of_the_resource():
    phone = {"url": systems.DAY_AND_NIGHT_PHONE_EXTENSION, "valueContactPoint": {"system": "phone", "value": "7000"}}
    shown = told(service(extension=[phone]), section="municipal-services", organisation_phones={MUNICIPALITY: "9000"})
    assert "døgntelefon: 7000" in shown
    assert "9000" not in shown


def test_a_municipal_service_without_one_takes_the_organisations_24_hour_phone():
    shown = told(service(), section="municipal-services", organisation_phones={MUNICIPALITY: "9000"})
    assert "Hjemmesygepleje: medicinadministration, døgntelefon: 9000" in shown


def test_a_service_that_ended_is_not_shown():
    shown = told(service(period={"start": "2025-01-01", "end": "2025-02-01"}), section="municipal-services")
    assert "Hjemmesygepleje" not in shown


# Appointments, plans, results


def test_only_appointments_that_have_not_passed_stand_the_next_one_first():
    made = document(
        entry(appointment("p1", ahead(days=9), ahead(days=9, hours=1)), C.APPOINTMENT),
        entry(appointment("p2", ahead(days=2), ahead(days=2, hours=1)), C.APPOINTMENT),
        entry(appointment("p3", ago(days=2), ago(days=1)), C.APPOINTMENT),
        entry(appointment("p4", ahead(days=1), ahead(days=1, hours=1), status="cancelled"), C.APPOINTMENT),
    )
    assert refs(sections(made)["appointments"]) == ["Appointment/p2", "Appointment/p1"]
    assert made.valid_until == times.from_us(times.to_us(AT) + 2 * times.DAY + times.HOUR + times.SECOND)


def plan(**changed: object):
    made = {
        "resourceType": "CarePlan",
        "id": "p1",
        "status": "active",
        "intent": "plan",
        "category": [concept("", (systems.CODES, "discharge-plan"))],
        "subject": {"reference": "Patient/master"},
        "title": "Udskrivningsplan",
        "created": ago(days=1),
        "extension": [{"url": systems.RESPONSIBILITY_EXTENSION, "valueDateTime": ahead(hours=48)}],
    }
    return entry(made | changed, C.PLAN, of=HOSPITAL)


def test_the_72_hours_stand_as_the_discharging_unit_states_them():
    assert "Afdelingen har behandlingsansvar til 12.03.2026 03:00" in told(plan(), section="18776-5")
    late = AT.replace(day=13)
    assert "Afdelingens behandlingsansvar udløb 12.03.2026 03:00" in told(plan(), section="18776-5", at=late)


def test_without_the_units_word_no_72_hours_are_counted():
    assert "behandlingsansvar" not in told(plan(extension=[]), section="18776-5", view="discharge")


def test_discharge_plans_come_before_other_plans():
    other = entry(
        {
            "resourceType": "CarePlan",
            "id": "p2",
            "status": "active",
            "title": "KOL-plan",
            "created": ago(hours=1),
            "subject": {"reference": "Patient/master"},
        },
        C.PLAN,
    )
    shown = told(other, plan(), section="18776-5")
    assert shown.index("Udskrivningsplan") < shown.index("KOL-plan")


def lab(id: str, code: str, when: str, value: float = 5.0, **changed: object):
    made = observation(id, (systems.NPU, code), when, text="Kalium", valueQuantity=quantity(value, "mmol/L"), **changed)
    return entry(made, C.LAB_RESULT)


def test_the_newest_of_each_test_stands_however_old_and_older_ones_for_90_days():
    made = document(
        lab("l1", "NPU03230", ago(days=10)), lab("l2", "NPU03230", ago(days=40)), lab("l3", "NPU03230", ago(days=200)),
        lab("l4", "NPU03429", ago(days=400)),
    )  # fmt: skip
    assert refs(sections(made)["30954-2"]) == ["Observation/l1", "Observation/l2", "Observation/l4"]
    assert "Viser de nyeste 3 af 4. Flere kan findes ved søgning." in words(sections(made)["30954-2"])


def test_an_abnormal_result_is_marked_with_its_reference_range():
    high = {"coding": [{"system": systems.OBSERVATION_INTERPRETATION, "code": "H"}]}
    limits = [{"low": quantity(3.5, "mmol/L"), "high": quantity(4.4, "mmol/L")}]
    shown = told(
        lab("l1", "NPU03230", ago(days=1), 5.9, interpretation=[high], referenceRange=limits), section="30954-2"
    )
    assert "Kalium: 5,9 mmol/L, AFVIGENDE, ref.: 3,5\N{EN DASH}4,4 mmol/L" in shown


def test_a_number_keeps_the_digits_that_were_sent():
    raw = '{"resourceType":"Observation","id":"l1","status":"final","code":{"text":"Kalium"},"effectiveDateTime":"2026-03-01","valueQuantity":{"value":4.10,"unit":"mmol/L"}}'
    resource = json.loads(raw, parse_float=Decimal)
    made = entry(resource, C.LAB_RESULT, body=raw.encode())
    assert "Kalium: 4,10 mmol/L" in told(made, section="30954-2")


def test_a_report_that_only_wraps_its_results_is_an_entry_without_a_line():
    report = {
        "resourceType": "DiagnosticReport",
        "id": "dr",
        "status": "final",
        "code": {"text": "Laboratoriesvar"},
        "effectiveDateTime": ago(days=1),
        "result": [{"reference": "Observation/l1"}],
    }
    made = document(lab("l1", "NPU03230", ago(days=1)), entry(report, C.LAB_RESULT))
    assert "DiagnosticReport/dr" in refs(sections(made)["30954-2"])
    assert "Laboratoriesvar" not in words(sections(made)["30954-2"])


def test_letters_vaccinations_and_procedures_stand_newest_first():
    letter = {
        "resourceType": "DocumentReference",
        "id": "l1",
        "status": "current",
        "type": {"text": "Epikrise"},
        "date": ago(days=3),
        "content": [{"attachment": {"title": "Epikrise Lungemedicinsk"}}],
        "author": [{"display": "Overlæge Ida"}],
    }
    shot = {
        "resourceType": "Immunization",
        "id": "i1",
        "status": "completed",
        "vaccineCode": {"text": "Influenzavaccine"},
        "occurrenceDateTime": "2025-10-19",
    }
    done = {
        "resourceType": "Procedure",
        "id": "pr",
        "status": "completed",
        "code": concept("Hofteoperation", (systems.SKS, "KNFB20")),
        "performedDateTime": "2019-11-21",
    }
    made = sections(
        document(
            entry(letter, C.LETTER, of=OTHER_HOSPITAL),
            entry(shot, C.VACCINATION, of=PRACTICE),
            entry(done, C.PROCEDURE),
        )
    )
    assert "Epikrise, Epikrise Lungemedicinsk, forfatter: Overlæge Ida pr. 07.03.2026 03:00" in words(made["letters"])
    assert "Influenzavaccine pr. 19.10.2025" in words(made["11369-6"])
    assert "Hofteoperation (SKS KNFB20) pr. 21.11.2019" in words(made["47519-4"])


def test_a_superseded_letter_is_not_shown():
    letter = {"resourceType": "DocumentReference", "id": "l1", "status": "superseded", "content": []}
    assert "DocumentReference/l1" not in document(entry(letter, C.LETTER)).shown
