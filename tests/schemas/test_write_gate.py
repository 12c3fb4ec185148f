"""Each class of bad content is refused at the right place; each good case is admitted."""

import json
from decimal import Decimal
from typing import Any

import pytest
from gate_builders import (
    ABSENT,
    DAR,
    allergy,
    appointment,
    ask,
    concept,
    condition,
    document,
    medication_request,
    narrative,
    observation,
    paths,
    patient,
    transaction,
    without,
    words,
)

from schemas.admit import MAX_VALUES, Admitted, Rejected, admit, faults_of, review
from schemas.walker import MAX_DEPTH, MAX_FAULTS

URN = "urn:uuid:00000000-0000-4000-8000-000000000000"


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"url": "http://x.dk/e", "valueBoolean": True}
    for _ in range(levels):
        inner = {"url": "http://x.dk/e", "extension": [inner]}
    return inner


BAD: dict[str, tuple[Any, list[str]]] = {
    # unknown elements
    "an unknown element": (patient(foo=1), ["Patient.foo"]),
    "an unknown element deeper down": (patient(name=[{"famly": "E"}]), ["Patient.name[0].famly"]),
    "an element of another type": (patient(status="final"), ["Patient.status"]),
    "a resourceType in a datatype": (patient(name=[{"resourceType": "Patient", "family": "x"}]), ["Patient.name[0].resourceType"]),
    "an underscore on a complex element": (patient(_name=[{"id": "a"}]), ["Patient.name"]),
    "an underscore on nothing": (patient(_foo={"id": "a"}), ["Patient.foo"]),
    "comments from DSTU1": (patient(fhir_comments=["x"]), ["Patient"]),
    "a key that is no name": (patient(**{"2509479989": 1}), ["Patient"]),
    # cardinality
    "a missing required primitive": (without(observation(), "status"), ["Observation.status"]),
    "a missing required object": (without(observation(), "code"), ["Observation.code"]),
    "a missing required choice": (without(medication_request(), "medicationCodeableConcept"), ["MedicationRequest.medication"]),
    "a missing required array": (without(appointment(), "participant"), ["Appointment.participant"]),
    "a missing element of a backbone": (patient(link=[{"other": {"reference": "Patient/2"}}]), ["Patient.link[0].type"]),
    "an object where it repeats": (patient(name={"family": "x"}), ["Patient.name"]),
    "a text where it repeats": (patient(name=[{"given": "Bruno"}]), ["Patient.name[0].given"]),
    "an array where it does not repeat": (patient(gender=["male"]), ["Patient.gender"]),
    "an array of objects where it does not repeat": (observation(subject=[{"reference": "Patient/1"}]), ["Observation.subject"]),
    "an empty array": (patient(name=[]), ["Patient.name"]),
    "an empty array of primitives": (patient(name=[{"given": []}]), ["Patient.name[0].given"]),
    "an empty object": (observation(code={}), ["Observation.code"]),
    "an empty object in an array": (patient(name=[{}]), ["Patient.name[0]"]),
    "an object with an id alone": (patient(name=[{"id": "a"}]), ["Patient.name[0]"]),
    "an underscore with an id alone": (without(patient(_birthDate={"id": "a"}), "birthDate"), ["Patient.birthDate"]),
    "an underscore array with an id alone": (patient(name=[{"given": ["A", None], "_given": [None, {"id": "a"}]}]), ["Patient.name[0].given[1]"]),
    "an empty text": (patient(birthDate=""), ["Patient.birthDate"]),
    "a blank text": (patient(name=[{"family": "  "}]), ["Patient.name[0].family"]),
    # null
    "null as a primitive": (patient(birthDate=None), ["Patient.birthDate"]),
    "null as an object": (observation(subject=None), ["Observation.subject"]),
    "null as an array": (patient(name=None), ["Patient.name"]),
    "null in an array of objects": (patient(name=[None]), ["Patient.name[0]"]),
    "null in an array without a twin": (patient(name=[{"given": ["A", None]}]), ["Patient.name[0].given[1]"]),
    "null on both sides": (
        patient(name=[{"given": ["A", None], "_given": [{"id": "a"}, None]}]),
        ["Patient.name[0].given[1]"],
    ),
    "arrays of two lengths": (patient(name=[{"given": ["A"], "_given": [None, ABSENT]}]), ["Patient.name[0].given"]),
    "null as an underscore": (patient(_birthDate=None), ["Patient.birthDate"]),
    "an empty object in an underscore array": (patient(name=[{"given": ["A"], "_given": [{}]}]), ["Patient.name[0].given[0]"]),
    "null in an underscore array alone": (patient(name=[{"_given": [None]}]), ["Patient.name[0].given[0]"]),
    "a fault in an underscore array": (patient(name=[{"given": ["A"], "_given": [{"extension": [{"url": "x"}]}]}]), ["Patient.name[0].given[0].extension[0]"]),
    "a text as an underscore": (patient(_birthDate="x"), ["Patient.birthDate"]),
    "an array as the underscore of one": (patient(_birthDate=[ABSENT]), ["Patient.birthDate"]),
    "an unknown element in an underscore": (patient(_birthDate={"value": "x"}), ["Patient.birthDate.value"]),
    # choice
    "two choices": (observation(valueString="x"), ["Observation.value"]),
    "two choices, one of them an extension": (observation(_valueString=ABSENT), ["Observation.value"]),
    "a choice that is not offered": (observation(valueAddress={"city": "x"}), ["Observation.valueAddress"]),
    "a choice without a type": (observation(value="x"), ["Observation.value"]),
    "a deceased of the wrong kind": (patient(deceasedString="yes"), ["Patient.deceasedString"]),
    # types
    "a text for a boolean": (patient(active="true"), ["Patient.active"]),
    "a number for a boolean": (patient(active=1), ["Patient.active"]),
    "a number for a text": (patient(name=[{"family": 1}]), ["Patient.name[0].family"]),
    "a boolean for a text": (patient(gender=True), ["Patient.gender"]),
    "a text for an object": (observation(valueQuantity="5 mg"), ["Observation.value"]),
    "a text for a reference": (observation(subject="Patient/1"), ["Observation.subject"]),
    "a text for a decimal": (observation(valueQuantity={"value": "1.10"}), ["Observation.value.value"]),
    "a fraction for an integer": (without(observation(valueInteger=1.0), "valueQuantity"), ["Observation.value"]),
    "a boolean for an integer": (without(observation(valueInteger=True), "valueQuantity"), ["Observation.value"]),
    "an integer of 33 bits": (without(observation(valueInteger=2**31), "valueQuantity"), ["Observation.value"]),
    "zero for a positive integer": (patient(telecom=[{"system": "phone", "value": "1", "rank": 0}]), ["Patient.telecom[0].rank"]),
    "an object for a primitive": (patient(birthDate={"value": "1947"}), ["Patient.birthDate"]),
    # formats and calendar
    "30 February": (patient(birthDate="2023-02-30"), ["Patient.birthDate"]),
    "29 February in a common year": (patient(birthDate="2023-02-29"), ["Patient.birthDate"]),
    "29 February 1900": (patient(birthDate="1900-02-29"), ["Patient.birthDate"]),
    "31 April": (patient(birthDate="2023-04-31"), ["Patient.birthDate"]),
    "month 13": (patient(birthDate="2023-13-01"), ["Patient.birthDate"]),
    "month 00": (patient(birthDate="2023-00"), ["Patient.birthDate"]),
    "year 0000": (patient(birthDate="0000"), ["Patient.birthDate"]),
    "a Danish date": (patient(birthDate="25-09-1947"), ["Patient.birthDate"]),
    "a date with Arabic digits": (patient(birthDate="١٩٤٧"), ["Patient.birthDate"]),
    "a time in a date": (patient(birthDate="1947-09-25T00:00:00Z"), ["Patient.birthDate"]),
    "a line feed after a date": (patient(birthDate="1947-09-25\n"), ["Patient.birthDate"]),
    "a dateTime without a zone": (observation(effectiveDateTime="2023-05-01T10:00:00"), ["Observation.effective"]),
    "a dateTime without seconds": (observation(effectiveDateTime="2023-05-01T10:00Z"), ["Observation.effective"]),
    "hour 24": (observation(effectiveDateTime="2023-05-01T24:00:00Z"), ["Observation.effective"]),
    "a second 61": (observation(effectiveDateTime="2023-05-01T23:59:61Z"), ["Observation.effective"]),
    "a zone of fifteen hours": (observation(effectiveDateTime="2023-05-01T10:00:00+15:00"), ["Observation.effective"]),
    "an instant without a zone": (observation(issued="2023-05-01T10:00:00"), ["Observation.issued"]),
    "an instant that is a date": (observation(issued="2023-05-01"), ["Observation.issued"]),
    "a time with a zone": (without(observation(valueTime="10:00:00Z"), "valueQuantity"), ["Observation.value"]),
    "an id of 65 characters": (patient(id="a" * 65), ["Patient.id"]),
    "an id with an underscore": (patient(id="a_b"), ["Patient.id"]),
    "an id with a line feed": (patient(id="a\n"), ["Patient.id"]),
    "a uri with a blank": (patient(identifier=[{"system": "http://a b"}]), ["Patient.identifier[0].system"]),
    "a code with two blanks": (patient(language="da  DK"), ["Patient.language"]),
    "a code with a blank at its end": (patient(language="da "), ["Patient.language"]),
    "a control character": (patient(name=[{"family": "a\u0000b"}]), ["Patient.name[0].family"]),
    "bad base64": (patient(photo=[{"contentType": "image/png", "data": "a*b="}]), ["Patient.photo[0].data"]),
    "base64 without padding": (patient(photo=[{"contentType": "image/png", "data": "abc"}]), ["Patient.photo[0].data"]),
    "a decimal of too many digits": ('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.' + "1" * 101 + "}}", ["Observation.value.value"]),
    "a decimal with a huge exponent": ('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1E999999999}}', ["Observation.value.value"]),
    "a decimal beyond any exponent": ('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1E99999999999999999999}}', ["Observation.value.value"]),
    "a whole number of 5000 digits": ('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":' + "9" * 5000 + "}}", ["Observation.value.value"]),
    # bindings
    "a gender that is none": (patient(gender="M"), ["Patient.gender"]),
    "a gender in Danish": (patient(gender="hankøn"), ["Patient.gender"]),
    "a gender in capitals": (patient(gender="Male"), ["Patient.gender"]),
    "a status that is none": (observation(status="done"), ["Observation.status"]),
    "a clinical status outside the set": (condition(clinicalStatus=concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "bad")), ["Condition.clinicalStatus"]),
    "a clinical status of another system": (condition(clinicalStatus=concept("http://example.org", "active")), ["Condition.clinicalStatus"]),
    "a clinical status in words": (condition(clinicalStatus={"text": "active"}), ["Condition.clinicalStatus"]),
    "a day of the week": (medication_request(dosageInstruction=[{"timing": {"repeat": {"dayOfWeek": ["man"]}}}]), ["MedicationRequest.dosageInstruction[0].timing.repeat.dayOfWeek[0]"]),
    # references
    "a subject that is a practitioner": (observation(subject={"reference": "Practitioner/1"}), ["Observation.subject.reference"]),
    "an absolute reference to the wrong type": (observation(subject={"reference": "http://x.dk/fhir/Practitioner/1/_history/2"}), ["Observation.subject.reference"]),
    "a type that is not offered": (observation(subject={"type": "Practitioner", "identifier": {"value": "1"}}), ["Observation.subject.type"]),
    "a wrong target in an array": (observation(performer=[{"reference": "Patient/1"}, {"reference": "Location/1"}]), ["Observation.performer[1].reference"]),
    "a contained target of the wrong type": (observation(contained=[{"resourceType": "Practitioner", "id": "p"}], subject={"reference": "#p"}), ["Observation.subject.reference"]),
    "a contained resource that is not there": (observation(subject={"reference": "#p"}), ["Observation.subject.reference"]),
    "a neighbour of the wrong type": (transaction({"resourceType": "Organization", "name": "x"}, observation(subject={"reference": URN})), ["Bundle.entry[1].resource.subject.reference"]),
    "a urn that no entry of the transaction has": (transaction(observation(subject={"reference": "urn:uuid:1"})), ["Bundle.entry[0].resource.subject.reference"]),
    "a bare id as a reference": (observation(subject={"reference": "bruno"}), ["Observation.subject.reference"]),
    "a reference with a bad id": (observation(subject={"reference": "Patient/a_b"}), ["Observation.subject.reference"]),
    "a reference with too many steps": (observation(subject={"reference": "Patient/a/b"}), ["Observation.subject.reference"]),
    # extensions
    "an extension without url": (patient(extension=[{"valueString": "x"}]), ["Patient.extension[0].url"]),
    "an extension with neither": (patient(extension=[{"url": "http://x.dk"}]), ["Patient.extension[0]"]),
    "an extension with both": (patient(extension=[{"url": "http://x.dk", "valueString": "x", "extension": [{"url": "y", "valueString": "x"}]}]), ["Patient.extension[0]"]),
    "an extension with two values": (patient(extension=[{"url": "http://x.dk", "valueString": "x", "valueCode": "y"}]), ["Patient.extension[0].value"]),
    "an extension url with a blank": (patient(extension=[{"url": "a b", "valueString": "x"}]), ["Patient.extension[0].url"]),
    "an extension with a bad value": (patient(extension=[{"url": "x", "valueDate": "2023-02-30"}]), ["Patient.extension[0].value"]),
    "a bad extension in an underscore": (patient(_birthDate={"extension": [{"url": "x", "valueDate": "x"}]}), ["Patient.birthDate.extension[0].value"]),
    # contained
    "a fault within contained": (observation(contained=[patient(id="p", gender="M")], subject={"reference": "#p"}), ["Observation.contained[0].gender"]),
    "nested contained": (observation(contained=[patient(id="p", contained=[{"resourceType": "Organization", "id": "o", "name": "x"}], managingOrganization={"reference": "#o"})], subject={"reference": "#p"}), ["Observation.contained[0].managingOrganization.reference", "Observation.contained[0].contained"]),
    "contained without id": (observation(contained=[without(patient(), "id")]), ["Observation.contained[0].id"]),
    "contained twice under one id": (observation(contained=[patient(id="p"), patient(id="p")], subject={"reference": "#p"}), ["Observation.contained[1].id"]),
    "contained that nobody points to": (observation(contained=[patient(id="p")]), ["Observation.contained[0]"]),
    "contained with a version": (observation(contained=[patient(id="p", meta={"versionId": "1", "security": [{"code": "R"}]})], subject={"reference": "#p"}), ["Observation.contained[0].meta.versionId", "Observation.contained[0].meta.security"]),
    "contained that is no resource": (observation(contained=["x"]), ["Observation.contained[0]"]),
    "contained of no type": (observation(contained=[{"id": "p"}]), ["Observation.contained[0]", "Observation.contained[0]"]),
    # bundles
    "a fault within an entry": (transaction(patient(), observation(status="done")), ["Bundle.entry[1].resource.status"]),
    "an entry that is no resource": (transaction() | {"entry": [{"resource": "x", "request": {"method": "POST", "url": "Patient"}}]}, ["Bundle.entry[0].resource"]),
    "an entry of no type of R4": (transaction({"resourceType": "NoSuch"}), ["Bundle.entry[0].resource"]),
    "an entry of a type that is not supported": (transaction({"resourceType": "StructureMap"}), ["Bundle.entry[0].resource"]),
    "a method that is none": (transaction() | {"entry": [{"resource": patient(), "request": {"method": "SEND", "url": "Patient"}}]}, ["Bundle.entry[0].request.method"]),
}  # fmt: skip

GOOD: dict[str, Any] = {
    "a patient": patient(),
    "an observation": observation(),
    "a condition": condition(),
    "an allergy": allergy(),
    "an appointment": appointment(),
    "a medication request": medication_request(),
    "a transaction": transaction(patient(), observation(subject={"reference": URN})),
    "a document": document(patient()),
    "a primitive with an extension": patient(_birthDate=ABSENT),
    "an extension in place of a primitive": without(patient(_birthDate=ABSENT), "birthDate"),
    "an extension in place of a required primitive": without(observation(_status=ABSENT), "status"),
    "an extension in place of a required choice": without(
        observation(_effectiveDateTime=ABSENT, _valueString=ABSENT), "effectiveDateTime", "valueQuantity"
    ),
    "null padding": patient(name=[{"given": ["A", None], "_given": [None, ABSENT]}]),
    "null padding of numbers of one length": patient(name=[{"given": [None], "_given": [ABSENT]}]),
    "ids on primitives": patient(_birthDate={"id": "a"}, name=[{"given": ["A"], "_given": [{"id": "b"}]}]),
    "an underscore array alone": patient(name=[{"_given": [ABSENT]}]),
    "a value and its underscore": observation(valueQuantity={"value": 1, "_value": ABSENT}),
    "a year": patient(birthDate="1947"),
    "a month": patient(birthDate="1947-09"),
    "29 February 2000": patient(birthDate="2000-02-29"),
    "29 February 2024": patient(birthDate="2024-02-29"),
    "a leap second": observation(issued="2016-12-31T23:59:60Z"),
    "nanoseconds": observation(issued="2023-05-01T10:00:00.123456789-03:30"),
    "a zone of fourteen hours": observation(effectiveDateTime="2023-05-01T10:00:00+14:00"),
    "an unknown zone": observation(effectiveDateTime="2023-05-01T10:00:00-00:00"),
    "a decimal of 28 digits": '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.234567890123456789012345678}}',
    "a decimal with exponent": '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":-1.5E-9}}',
    "white space around everything": ' {\n\t"resourceType" :\r\n"Patient" , "active"  : true } \n',
    "escaped names": r'{"resourceT\u0079pe":"Patient","\u0061ctive":true}',
    "texts with line feeds": condition(note=[{"text": "a\n\tb\r\n"}]),
    "Danish, emoji and a non-breaking blank": patient(name=[{"family": "\u00a0Ærø \U0001f600 å"}]),
    "base64 with line feeds": patient(photo=[{"contentType": "image/png", "data": "YWJj\r\nZGVm"}]),
    "an unknown extension, nested": patient(extension=[nested(3)]),
    "a modifier extension": observation(modifierExtension=[{"url": "http://x.dk/e", "valueBoolean": False}]),
    "an extension without type check of its reference": patient(
        extension=[{"url": "x", "valueReference": {"reference": "Location/1"}}]
    ),
    "contained": observation(contained=[patient(id="p")], subject={"reference": "#p"}),
    "contained that points to its container": observation(
        contained=[{"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}], "recorded": "2023-01-01T00:00:00Z", "agent": [{"who": {"display": "x"}}]}]
    ),
    "a contained resource of a type that refers to another contained one": observation(
        contained=[patient(id="p", managingOrganization={"reference": "#o"}), {"resourceType": "Organization", "id": "o", "name": "x"}],
        subject={"reference": "#p"},
    ),
    "a logical reference": observation(subject={"identifier": {"system": "urn:oid:1.2.208.176.1.2", "value": "2509479989"}}),
    "a display only": observation(subject={"display": "Bruno"}),
    "an absolute reference": observation(subject={"reference": "https://x.dk/fhir/Patient/1"}),
    "an absolute reference with a version": observation(subject={"reference": "https://x.dk/fhir/Patient/1/_history/3"}),
    "a reference to an address that is no FHIR server": observation(subject={"reference": "http://x.dk"}),
    "a conditional reference": observation(subject={"reference": "Patient?identifier=http://x|1"}),
    "a urn that is not in the Bundle": observation(subject={"reference": URN}),
    "two codings of which one is in the set": condition(
        clinicalStatus={"coding": [{"system": "http://x", "code": "y"}, {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    ),
    "a type of R4 that only R4 has": {"resourceType": "DeviceUseStatement", "status": "active", "subject": {"reference": "Patient/1"}, "device": {"reference": "Device/1"}},
    "SimpleQuantity in its place": medication_request(dispenseRequest={"quantity": {"value": 1}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_content_is_refused_at_its_place(name: str) -> None:
    content, expected = BAD[name]

    assert paths(content) == expected


@pytest.mark.parametrize("name", GOOD)
def test_good_content_is_admitted(name: str) -> None:
    answer = ask(GOOD[name])

    assert isinstance(answer, Admitted), answer


@pytest.mark.parametrize("name", BAD)
def test_no_fault_repeats_what_was_sent(name: str) -> None:
    for secret in ("2509479989", "Bruno", "Elmer", "hankøn"):
        assert secret not in words(BAD[name][0])


def test_every_fault_of_a_resource_is_reported_in_document_order() -> None:
    broken = {
        "resourceType": "Patient",
        "id": "a_b",
        "text": narrative("<script>1</script>"),
        "foo": 1,
        "name": [
            {"family": "x"},
            {"given": ["A", "", None], "use": "nick", "period": {"start": "2023", "end": "2022"}},
        ],
        "gender": "M",
        "birthDate": "2023-02-30",
        "contact": [{"gender": "K"}],
        "link": [{"other": {"reference": "Organization/1"}}],
    }

    assert paths(broken) == [
        "Patient.id",
        "Patient.text.div",
        "Patient.foo",
        "Patient.name[1].given[1]",
        "Patient.name[1].given[2]",
        "Patient.name[1].use",
        "Patient.name[1].period",
        "Patient.gender",
        "Patient.birthDate",
        "Patient.contact[0].gender",
        "Patient.contact[0]",
        "Patient.link[0].other.reference",
        "Patient.link[0].type",
    ]


def test_faults_of_all_entries_are_reported() -> None:
    bundle = transaction(patient(gender="M"), observation(), observation(status="x", valueString="y"), condition(foo=1))

    assert paths(bundle) == [
        "Bundle.entry[0].resource.gender",
        "Bundle.entry[2].resource.status",
        "Bundle.entry[2].resource.value",
        "Bundle.entry[3].resource.foo",
    ]


def test_the_number_of_faults_is_capped_with_a_note_of_the_rest() -> None:
    answer = ask(patient(name=[{"family": ""}] * 700))

    assert isinstance(answer, Rejected)
    assert len(answer.faults) == MAX_FAULTS + 1
    assert answer.faults[-1].severity == "information"
    assert answer.faults[-1].text.startswith("there are more faults")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","name":[' + b"1," * 200_000 + b"1]}",
        b'{"resourceType":"Patient","name":[{"given":[' + b"1," * 200_000 + b"1]}]}",
        b'{"resourceType":"Patient","contained":[' + b"{}," * 200_000 + b"{}]}",
        b'{"resourceType":"Patient","_given":[' + b"{}," * 200_000 + b"{}]}",
        b'{"resourceType":"Patient","name":[{"_given":[' + b"{}," * 200_000 + b"{}]}]}",
        b'{"resourceType":"Patient",' + b",".join(b'"a%d":1' % i for i in range(100_000)) + b"}",
        b'{"resourceType":"Patient","contact":[' + b'{"gender":"male"},' * 50_000 + b'{"gender":"x"}]}',
    ],
)
def test_a_mass_of_faults_is_cut_short(raw: bytes) -> None:
    answer = admit(raw)

    assert isinstance(answer, Rejected)
    assert len(answer.faults) <= MAX_FAULTS + 1


def test_faults_have_issue_types_of_fhir() -> None:
    allowed = {"structure", "required", "value", "code-invalid", "invariant", "security", "not-supported", "invalid"}
    for content, _ in BAD.values():
        answer = ask(content)
        assert isinstance(answer, Rejected)
        assert {fault.code for fault in answer.faults} <= allowed


# Text that is no resource.


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "a value is missing (line 1, column 1)"),
        (b"  ", "a value is missing"),
        (b"{", "key in double quotes is missing"),
        (b'{"resourceType":"Patient",}', "line 1, column 27"),
        (b'{"resourceType":"Patient"} x', "something follows the value (line 1, column 28)"),
        (b'{"resourceType":"Patient"\n"id":"1"}', "`,` is missing (line 2, column 1)"),
        (b'{"a":NaN}', "NaN and Infinity"),
        (b'{"a":-Infinity}', "NaN and Infinity"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":"\n"}', "control character"),
        (b'{"a":"\\x"}', "unknown escape"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"\\udc00":"a"}', "surrogate"),
        (b'{"a":"\xff"}', "not UTF-8 (byte 6)"),
        ('{"a":"æ"}'.encode("latin-1"), "not UTF-8"),
        ('{"resourceType":"Patient"}'.encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"[]", "must be a resource"),
        (b'"Patient"', "must be a resource"),
        (b"null", "must be a resource"),
        (b"{}", "`resourceType` is missing"),
        (b'{"resourceType":1}', "`resourceType` is missing"),
        (b'{"resourceType":"patient"}', "no such resource type"),
        (b'{"resourceType":"SubscriptionStatus"}', "no such resource type"),
        (b"<Patient/>", "a value is missing"),
    ],
)
def test_what_is_no_resource_is_malformed_and_says_where(raw: bytes, text: str) -> None:
    answer = admit(raw)

    assert isinstance(answer, Rejected)
    assert answer.kind == "malformed"
    assert text in answer.faults[0].text


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ('{"resourceType":"Patient","active":true,"active":true}', "Patient.active"),
        ('{"resourceType":"Patient","name":[{"family":"a"},{"family":"b","family":"c"}]}', "Patient.name[1].family"),
        ('{"resourceType":"Patient","active":true,"acti\\u0076e":true}', "Patient.active"),
        ('{"resourceType":"Patient", "active" : true , "active"  :  true }', "Patient.active"),
        ('{"resourceType":"Patient",\n"active"\n:true,"active"\t:true}', "Patient.active"),
        ('{"resourceType":"Patient","name":[{"text":"\\":"}],"active":true,"active":true}', "Patient.active"),
        ('{"resourceType":"Patient","_birthDate":{"extension":[{"url":"x","url":"x","valueString":"y"}]}}', "Patient.birthDate.extension[0].url"),
        ('{"resourceType":"Patient","contained":[{"resourceType":"Organization","resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":{"reference":"#o"}}', "Patient.contained[0].resourceType"),
    ],
)  # fmt: skip
def test_a_key_given_twice_is_found_however_it_is_written(raw: str, path: str) -> None:
    assert paths(raw) == [path]


def test_a_key_given_twice_hides_no_other_fault() -> None:
    raw = '{"resourceType":"Patient","active":"x","name":[{"given":["a"],"given":["b"]}],"gender":"M"}'

    assert paths(raw) == ["Patient.active", "Patient.name[0].given", "Patient.gender"]


def test_content_that_is_too_large_is_refused_unread() -> None:
    answer = admit(b"\xff" * 11, max_bytes=10)

    assert isinstance(answer, Rejected)
    assert answer.kind == "too-large"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","name":[{"given":[' + b'"a", ' * MAX_VALUES + b'"b"]}]}',
        b'{"resourceType":"Patient","name":[' + b'{"text" : "a"},' * MAX_VALUES + b'{"text":"b"}]}',
        b'{"resourceType":"Patient","name":[' + b"{}," * MAX_VALUES + b"{}]}",
        b'{"resourceType":"Patient","odd":[' + b"[]," * MAX_VALUES + b"[]]}",
    ],
)
def test_content_of_very_many_values_is_refused_before_it_is_read(raw: bytes) -> None:
    answer = admit(raw)

    assert isinstance(answer, Rejected)
    assert answer.kind == "too-large"
    assert [fault.code for fault in answer.faults] == ["too-costly"]


def test_a_large_transaction_of_ordinary_resources_is_not_refused_for_its_size() -> None:
    part = {"request": {"method": "POST", "url": "Patient"}, "resource": patient()}

    assert isinstance(ask({"resourceType": "Bundle", "type": "transaction", "entry": [part] * 2_000}), Admitted)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"resourceType":"Patient","contained":' + b"[" * 5000 + b"]" * 5000 + b"}",
        json.dumps(patient(extension=[nested(MAX_DEPTH)])).encode(),
        json.dumps(patient(extension=[nested(150)])).encode(),
        json.dumps(patient(extension=[nested(150)], gender="M")).encode(),
    ],
)
def test_content_that_nests_too_deeply_is_refused(raw: bytes) -> None:
    answer = admit(raw)

    assert isinstance(answer, Rejected)
    assert answer.kind == "too-large"


def test_bundles_within_bundles_end_at_the_depth_limit() -> None:
    inner: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    for _ in range(80):
        inner = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]}

    answer = ask(inner)

    assert isinstance(answer, Rejected)
    assert answer.kind == "too-large"


def test_depth_and_type_are_judged_on_the_slow_way_too() -> None:
    deep = json.dumps(patient(extension=[nested(MAX_DEPTH)])).encode().replace(b'"active":', b'"active":true,"active":')
    large = b'{"resourceType":"Patient","active":' + b"9" * 5000 + b"}"

    assert isinstance(admit(deep), Rejected)
    assert [f.text for f in admit(large, expect="Observation").faults] == ["must be of type Observation"]  # type: ignore[union-attr]


def test_another_type_than_expected_is_refused() -> None:
    answer = admit(json.dumps(patient()).encode(), expect="Observation")

    assert isinstance(answer, Rejected)
    assert answer.kind == "invalid"
    assert "Observation" in answer.faults[0].text


# What is admitted.


def test_admitted_decimals_are_exact_and_the_bytes_are_kept() -> None:
    raw = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}'

    answer = admit(raw)

    assert isinstance(answer, Admitted)
    assert str(answer.resource["valueQuantity"]["value"]) == "1.10"
    assert answer.resource["valueQuantity"]["value"] == Decimal("1.1")
    assert answer.raw is raw


def test_a_warning_does_not_refuse() -> None:
    listed = without(
        condition(category=[concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")]),
        "clinicalStatus",
    )

    answer = ask(listed)

    assert isinstance(answer, Admitted)
    assert [(fault.path, fault.severity) for fault in answer.warnings] == [("Condition", "warning")]
    assert [fault.severity for fault in review(listed)] == ["warning"]
    assert faults_of(listed) == []


def test_faults_of_a_parsed_resource_stand_below_the_given_path() -> None:
    assert [f.path for f in faults_of(patient(gender="M"), path="Bundle.entry[3].resource")] == [
        "Bundle.entry[3].resource.gender"
    ]
    assert [f.path for f in faults_of({"resourceType": "Nope"})] == [""]
    assert [f.code for f in faults_of(patient(extension=[nested(150)]))] == ["too-costly"]


def test_a_data_absent_reason_is_told_from_an_empty_extension() -> None:
    assert paths(patient(_birthDate={"extension": [{"url": DAR}]})) == ["Patient.birthDate.extension[0]"]
