import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bridge_builders import CITIZEN, CORPUS, EXAMPLES, HOSPITAL, JSON, corpus, message, resource
from fhir.resources.R4B.bundle import Bundle

from app.bridge.acknowledgement import BUSY, CITIZEN_REFUSED, UNREADABLE, Answer, Ids, acknowledge
from app.bridge.hospital_notification import Notification, read
from app.bridge.message import Envelope, envelope
from app.bridge.organisation import Party
from schemas.admit import Admitted, admit
from schemas.fault import Fault

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")

OWN = Party(sor="953741000016009", gln="5790001348120", name="Overgang")
CLIENT = Party(sor=HOSPITAL, gln="5790000209354", name="Et sygehus")
IDS = Ids(bundle="a1", header="a2", provenance="a3", outcome="a4", sender="a5", receiver="a6")
AT = datetime(2026, 3, 2, 12, 0, 1, 500_000, tzinfo=UTC)


def answer(answer: Answer = Answer.FATAL, *, to: Envelope, faults: tuple[Fault, ...] = ()) -> JSON:
    return acknowledge(answer, to=to, own=OWN, client=CLIENT, ids=IDS, at=AT, faults=faults)


def answered(bundle: object) -> JSON:
    """Answer as a service would that accepts all that can be read."""
    found = read(bundle)
    if isinstance(found, Notification):
        return answer(Answer.OK, to=envelope(bundle))
    return answer(Answer.FATAL, to=found.envelope, faults=found.faults)


def assert_valid(acknowledgement: JSON) -> None:
    raw = json.dumps(acknowledgement).encode()
    admitted = admit(raw)
    assert isinstance(admitted, Admitted), admitted
    assert Bundle.model_validate_json(raw).get_resource_type() == "Bundle"


def golden(name: str) -> JSON:
    found: JSON = json.loads((Path(EXAMPLES) / name).read_text())
    return found


def test_an_accepted_message_is_acknowledged_as_written_down():
    acknowledgement = answered(message())
    assert acknowledgement == golden("acknowledgement-ok.json")
    assert_valid(acknowledgement)


def test_a_malformed_message_is_acknowledged_as_written_down():
    bundle = message()
    del resource(bundle, "Encounter")["class"]
    acknowledgement = answered(bundle)
    assert acknowledgement == golden("acknowledgement-fatal-error.json")
    assert_valid(acknowledgement)


def test_a_message_that_could_not_be_stored_is_acknowledged_as_written_down():
    acknowledgement = answer(Answer.TRANSIENT, to=envelope(message()), faults=(BUSY,))
    assert acknowledgement == golden("acknowledgement-transient-error.json")
    assert_valid(acknowledgement)


def keys_of(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path}.union(*(keys_of(each, f"{path}.{key}") for key, each in value.items()))
    if isinstance(value, list):
        return set().union(*(keys_of(each, path) for each in value))
    return {path}


@needs_corpus
def test_the_header_has_the_elements_of_the_official_acknowledgements():
    official = [bundle for bundle in corpus("medcom-acknowledgement") if bundle["id"][:8] in {"a8c041b8", "bc9535ef"}]
    for bundle, ours in zip(official, (answered(message()), answered(message(status="onleave"))), strict=True):
        assert keys_of(resource(ours, "MessageHeader")) == keys_of(resource(bundle, "MessageHeader"))
        assert {each["resource"]["resourceType"] for each in ours["entry"]} == {
            each["resource"]["resourceType"] for each in bundle["entry"]
        }


@needs_corpus
def test_every_official_message_of_any_kind_gets_a_valid_answer():
    for folder in ("medcom-hospitalnotification", "medcom-carecommunication", "medcom-homecareobservation"):
        for bundle in corpus(folder):
            acknowledgement = answered(bundle)
            assert_valid(acknowledgement)
            response = resource(acknowledgement, "MessageHeader")["response"]
            assert response["code"] == ("ok" if folder.endswith("notification") else "fatal-error")
            assert response["identifier"] == resource(bundle, "MessageHeader")["id"]


@pytest.mark.parametrize("sent", [None, [], "x", {}, {"resourceType": "Bundle", "entry": [None, {"resource": 1}]}])
def test_what_cannot_be_read_at_all_is_answered_to_the_client(sent):
    acknowledgement = answered(sent)
    assert_valid(acknowledgement)
    header = resource(acknowledgement, "MessageHeader")
    assert header["response"]["identifier"] == UNREADABLE
    assert header["destination"][0]["endpoint"].endswith(HOSPITAL)


def test_faults_of_the_write_gate_can_be_given_as_they_are():
    rejected = admit(b"{")
    assert not isinstance(rejected, Admitted)
    assert_valid(answer(to=Envelope(), faults=rejected.faults))


def test_an_unknown_and_a_withheld_citizen_get_the_same_words():
    assert "citizen" in CITIZEN_REFUSED.text
    once = answer(to=envelope(message()), faults=(CITIZEN_REFUSED,))
    assert once == answer(to=envelope(message()), faults=(CITIZEN_REFUSED,))
    assert_valid(once)


def test_nothing_of_the_citizen_goes_back():
    bundle = message()
    resource(bundle, "Patient")["identifier"][0]["value"] = "44" + CITIZEN[2:]
    text = json.dumps(answered(bundle))
    assert CITIZEN[2:] not in text
    assert "Testesen" not in text


def test_a_name_cannot_bring_markup_into_the_narrative():
    bundle = message()
    for entry in bundle["entry"]:
        if entry["resource"].get("id") == "sender":
            entry["resource"]["name"] = "<script>alert(1)</script>"
    acknowledgement = answered(bundle)
    assert all("<script" not in entry["resource"]["text"]["div"] for entry in acknowledgement["entry"])
    assert_valid(acknowledgement)


def test_a_thousand_faults_are_cut_short():
    acknowledgement = answer(to=Envelope(), faults=(Fault("Bundle", "structure", "x"),) * 1000)
    assert len(resource(acknowledgement, "OperationOutcome")["issue"]) == 50


def test_an_answer_that_is_not_ok_always_says_why():
    assert resource(answer(Answer.FATAL, to=Envelope()), "OperationOutcome")["issue"]
