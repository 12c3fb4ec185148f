"""Journey 1: a citizen is brought in at night, and the hospital pulls her admission context."""

import re

from journey import FIRST_SCREEN, RESTRICTED, THEN, UNAVAILABLE, admit, log_of, pull, user_of
from served import NANCY, World, issues, resources_in, summary_of

from app.demo.personas import PERSONAS
from schemas import admit as gate
from schemas.admit import Admitted
from schemas.profiles import PROFILES

NOBODY = (NANCY[0], "0101010000")


async def test_before_the_hospital_tells_of_an_admission_its_doctor_has_no_basis(own_world: World) -> None:
    doctor = own_world.as_("hospital-doctor")
    refused = await doctor.post("/Patient/$summary", json=summary_of())
    unknown = await doctor.post("/Patient/$summary", json=summary_of(NOBODY))
    assert (refused.status_code, issues(refused)[0]["code"]) == (403, "forbidden")
    assert refused.content == unknown.content, "an unknown citizen and one without a basis must look the same"
    assert "værdispring" in issues(refused)[0]["details"]["text"]


async def test_the_notification_opens_the_summary_for_the_sending_hospital_alone(own_world: World) -> None:
    assert (await admit(own_world.as_("hospital-system"), own_world.cluster)).status_code == 200
    await pull(own_world.as_("hospital-doctor"))
    for stranger in ("home-nurse-b", "other-gp", "caseworker", "dpo", "hospital-system", "municipality-system-b"):
        answer = await own_world.as_(stranger).post("/Patient/$summary", json=summary_of())
        assert answer.status_code == 403, stranger


async def test_the_first_screen_is_what_matters_at_three_in_the_morning(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    summary = await pull(own_world.as_("hospital-doctor"))
    assert tuple(summary.codes[: len(FIRST_SCREEN)]) == FIRST_SCREEN
    assert set(THEN) <= set(summary.codes[len(FIRST_SCREEN) :])
    said = {code: summary[code].text for code in summary.codes}
    assert "Penicillin" in said["48765-2"]
    assert "HØJ ALVORSGRAD" in said["48765-2"]
    assert "forfatter" in said["treatment-limits"] or summary["treatment-limits"].empty
    assert "genoplivning" in said["42348-3"].lower()
    assert "forfatter: Lægerne Søengen" in said["42348-3"]
    for word in ("Kognition", "Mobilitet", "Kommunikation", "Synkefunktion", "Kontinens"):
        assert word in said["habitual-function"]
    for word in ("Blodtryk", "Puls", "Saturation", "Saturation med ilt", "Respirationsfrekvens", "Temperatur", "Vægt"):
        assert word in said["8716-3"], word
    assert "Habituel:" in said["8716-3"]
    assert "Seneste:" in said["8716-3"]
    assert re.search(r"Kreatinin .* µmol/L .* Hæmoglobin .* mmol/L", said["baseline-tests"])
    assert "Niveau før første kontakt i det aktuelle forløb" in said["47420-5"]
    assert "BLODFORTYNDENDE (anticoagulant) Warfarin" in said["10160-0"]
    assert "sidst givet" in said["10160-0"]
    assert "gives af: Hjemmesygeplejen" in said["10160-0"]
    assert "FMK" in said["10160-0"]
    assert "Hjemmeilt" in said["46264-8"]
    assert "Rollator" in said["aids"]
    assert "barn" in said["relatives"]
    assert "underrettet" in said["relatives"]
    assert re.search(r"døgntelefon : \+45 00 00 00 \d\d", said["municipal-services"])


async def test_medication_tells_marked_drugs_pauses_and_as_needed_apart(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    text = (await pull(own_world.as_("hospital-doctor")))["10160-0"].text
    places = [
        text.index(said)
        for said in (
            "Fast medicin",
            "BLODFORTYNDENDE (anticoagulant) Warfarin",
            "Ved behov (pn)",
            "OPIOID (opioid) Morfin",
            "Pauseret",
            "Alendronat",
        )
    ]
    assert places == sorted(places)


async def test_every_line_says_as_of_when_and_from_whom(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    summary = await pull(own_world.as_("hospital-doctor"))
    for section in summary.sections:
        assert section.text, section.title
        if section.empty:
            continue
        assert re.search(r"(pr\. \d\d\.\d\d\.\d{4}|dato ikke oplyst).* kilder?: ", section.text), section.title
        assert section.entries, section.title
        assert len(summary.resolved(section)) == len(section.entries)


async def test_an_empty_section_says_unavailable_and_that_this_proves_nothing(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    summary = await pull(own_world.as_("hospital-doctor"))
    empty = [section for section in summary.sections if section.empty]
    assert {section.code for section in empty} >= {"wounds", "interpreter"}
    for section in empty:
        assert section.empty == "unavailable"
        assert UNAVAILABLE in section.text
    assert RESTRICTED in summary.composition["text"]["div"]
    for code in ("48765-2", "10160-0", "104605-1"):
        assert RESTRICTED in summary[code].text
    assert "nilknown" not in str(summary.bundle)


async def test_the_document_is_a_valid_ips_document_whose_references_all_resolve(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    answer = await own_world.as_("hospital-doctor").post("/Patient/$summary", json=summary_of())
    result = gate.admit(answer.content, expect="Bundle")
    assert isinstance(result, Admitted), result
    bundle = answer.json()
    assert (bundle["type"], bundle["entry"][0]["resource"]["resourceType"]) == ("document", "Composition")
    assert any(url in PROFILES for url in bundle.get("meta", {}).get("profile", [])) or bundle["identifier"]
    names = {entry["fullUrl"] for entry in bundle["entry"]}
    composition = bundle["entry"][0]["resource"]
    assert {composition["subject"]["reference"], composition["custodian"]["reference"]} <= names


async def test_the_get_forms_answer_the_same_and_304_when_nothing_permitted_changed(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    doctor = own_world.as_("hospital-doctor")
    summary = await pull(doctor)
    patient = summary.composition["subject"]["reference"].rpartition("/")[2]
    by_id = await doctor.get(f"/Patient/{patient}/$summary")
    assert by_id.status_code == 200
    again = await doctor.get(f"/Patient/{patient}/$summary", headers={"If-None-Match": by_id.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == by_id.headers["etag"]
    await own_world.as_("gp").delete(f"/Observation/{'a' * 26}")
    still = await doctor.get(f"/Patient/{patient}/$summary", headers={"If-None-Match": by_id.headers["etag"]})
    assert still.status_code == 304
    assert (await own_world.as_("surgeon").get(f"/Patient/{'a' * 26}/$summary")).status_code == 404


async def test_what_is_read_again_as_a_resource_is_what_the_summary_showed(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    doctor = own_world.as_("hospital-doctor")
    summary = await pull(doctor)
    for resource in summary.resolved(summary["48765-2"]):
        read = (await doctor.get(f"/AllergyIntolerance/{resource['id']}")).json()
        # Each source keeps a Patient of its own; in the document all speak of the one that answers for her.
        assert resource["patient"]["reference"] in summary.composition["subject"]["reference"]
        assert read | {"patient": resource["patient"]} == resource


async def test_the_citizen_sees_who_looked_who_was_refused_and_why(own_world: World) -> None:
    await own_world.as_("surgeon").post("/Patient/$summary", json=summary_of())
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    await pull(own_world.as_("hospital-doctor"))
    log = await log_of(own_world.as_("citizen"))
    seen = {(user_of(event), event["outcome"]) for event in log}
    doctor, surgeon = PERSONAS["hospital-doctor"], PERSONAS["surgeon"]
    assert ((doctor.authorisation, doctor.function.value), "0") in seen
    assert ((surgeon.authorisation, surgeon.function.value), "8") in seen
    shown = next(event for event in log if user_of(event)[0] == doctor.authorisation)
    agent = next(one for one in shown["agent"] if one["requestor"])
    assert agent["policy"], "the rules that the access rests on"
    assert shown["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert any(one["who"].get("display") == "Akutafsnittet, Nordkyst Hospital" for one in shown["agent"])
    assert (await own_world.as_("hospital-doctor").post("/AuditEvent/_search", data={"patient.identifier": "|".join(NANCY)})).status_code == 403  # fmt: skip


async def test_reading_the_log_is_itself_in_the_log(own_world: World) -> None:
    citizen = own_world.as_("citizen")
    before = len(await log_of(citizen))
    assert len(await log_of(citizen)) == before + 1


async def test_an_emergency_opens_the_summary_and_the_citizen_is_told(own_world: World) -> None:
    surgeon = own_world.as_("surgeon", purposes=("ETREAT",))
    refused = await surgeon.post("/Patient/$summary", json=summary_of())
    assert refused.status_code == 403
    declaration = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": NANCY[0], "value": NANCY[1]}},
            {"name": "code", "valueCode": "cannot-consent"},
            {"name": "reason", "valueString": "Bevidstløs i skadestuen"},
        ],
    }
    assert (await surgeon.post("/Patient/$emergency-access", json={"resourceType": "Parameters"})).status_code == 422
    opened = await surgeon.post("/Patient/$emergency-access", json=declaration)
    assert opened.status_code == 201, opened.text
    await pull(surgeon)
    assert (await surgeon.post("/Observation", json={"resourceType": "Observation"})).status_code in {403, 422}
    log = await log_of(own_world.as_("citizen"))
    assert sum(user_of(event)[0] == PERSONAS["surgeon"].authorisation for event in log) >= 3
    assert resources_in(await surgeon.post("/AllergyIntolerance/_search", data={"patient.identifier": "|".join(NANCY)}))
