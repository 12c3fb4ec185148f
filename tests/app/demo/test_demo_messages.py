"""What the journeys send is what the bridge and the write gate take."""

import json
from datetime import UTC, datetime

import pytest

from app.bridge import delivery_report, hospital_notification
from app.bridge.parties import check_parties, check_times
from app.demo.cluster import Cluster, demo_messages
from app.demo.messages import DemoMessages
from app.demo.organisations import BY_SOR, ORGANISATIONS
from app.demo.personas import NANCY, PERSONAS
from consent.model import OrganisationKey, Organisations
from schemas.admit import Admitted, admit
from schemas.terminology import systems

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def messages(cluster: Cluster) -> DemoMessages:
    return demo_messages(cluster)


def test_the_notification_is_read_as_the_start_of_an_admission(messages):
    read = hospital_notification.read(messages.notification)
    assert isinstance(read, hospital_notification.Notification)
    assert read.code is not None
    assert str(read.code) == "STIN"
    assert [each.value for each in read.citizen] == [NANCY[1]]
    assert read.receiver.sor == ORGANISATIONS["nursing-a"].sor
    assert read.wants_report_of_admission


def test_the_notification_comes_from_whom_it_says(messages):
    read = hospital_notification.read(messages.notification)
    assert isinstance(read, hospital_notification.Notification)
    tree = Organisations(
        parents={OrganisationKey(row.sor): OrganisationKey(row.parent) for row in BY_SOR.values() if row.parent}
    )
    client = PERSONAS[messages.notification_sender].organisation or ""
    found = check_parties(
        read,
        client_organisation=client,
        is_within=lambda one, above: tree.is_within(OrganisationKey(one), OrganisationKey(above)),
    )
    assert found == ()
    assert check_times(read, at=AT) == ()


def test_the_notification_passes_the_write_gate(messages):
    assert isinstance(admit(json.dumps(messages.notification).encode(), expect="Bundle"), Admitted)


def test_the_delivery_report_is_read_whole(messages):
    read = delivery_report.read(messages.delivery_report)
    assert isinstance(read, delivery_report.Report)
    assert read.citizen.value == NANCY[1]
    assert read.municipality == ORGANISATIONS["municipality-a"].sor
    assert read.dangling == ()
    assert {entry.shape for entry in read.entries} == {
        "condition",
        "goal",
        "planned-intervention",
        "citizens-own-observation",
        "follow-up-observation",
    }


def test_the_delivery_report_has_relative_addresses_and_no_names(messages):
    report = messages.delivery_report
    assert report["type"] == "collection"
    assert all("://" not in entry["fullUrl"] for entry in report["entry"])
    assert "Berggren" not in json.dumps(report)


def test_the_push_is_one_transaction_about_a_patient_whom_the_source_has_sent_before(messages):
    push = messages.habitual_status
    assert push.sender == messages.municipality_sender == "municipality-system"
    assert isinstance(admit(json.dumps(push.bundle).encode(), expect="Bundle"), Admitted)
    first = push.bundle["entry"][0]
    assert first["request"]["ifNoneExist"] == f"identifier={systems.CPR}|{NANCY[1]}"
    profiles = [p for entry in push.bundle["entry"] for p in entry["resource"]["meta"].get("profile", [])]
    wanted = {systems.HABITUAL_VALUE_PROFILE, systems.FUNCTIONAL_LEVEL_PROFILE, systems.STATUS_NOTE_PROFILE}
    assert set(profiles) == wanted
    assert profiles.count(systems.STATUS_NOTE_PROFILE) == 1


def test_the_push_is_newer_than_all_that_the_municipality_sent_before(cluster, submissions):
    before = [row.at for row in submissions if row.sender == "municipality-system" and row.identifier == NANCY]
    assert demo_messages(cluster).habitual_status.at > max(before)


def test_messages_can_be_made_about_another_citizen_of_either_municipality(cluster):
    other = next(one for one in cluster.citizens if one.municipality == "0270" and one.archetype == "copd")
    found = demo_messages(cluster, other.value)
    assert found.municipality_sender == "municipality-system-b"
    assert isinstance(hospital_notification.read(found.notification), hospital_notification.Notification)
    assert isinstance(delivery_report.read(found.delivery_report), delivery_report.Report)
