import copy
import csv
from datetime import timedelta

import pytest
from bridge_builders import (
    ACTIVITY,
    ALL_CODES,
    CITIZEN,
    CORPUS,
    HOSPITAL,
    JSON,
    LEAVE,
    LPR3,
    OTHER_HOSPITAL,
    corpus,
    hours,
    message,
    notification,
    place,
    resource,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bridge.activities import ACTIVITIES, CODES
from app.bridge.hospital_notification import Identifier, Notification, read
from app.bridge.message import EVENTS, Refusal
from app.bridge.parties import check_parties, check_times

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def faults_of(bundle: object) -> list[tuple[str, str]]:
    found = read(bundle)
    assert isinstance(found, Refusal), "it was read"
    assert found.faults
    assert not any(CITIZEN in fault.path + fault.text for fault in found.faults)
    return [(fault.path, fault.code) for fault in found.faults]


OFFICIAL = {
    "a5e5b880": ("STIN", "in-progress"),
    "bfab3e80": ("RE_STIN", "in-progress"),
    "c83671a4": ("AN_STIN", "entered-in-error"),
    "d3128d9b": ("STOR", "onleave"),
    "e94de8ee": ("SLOR", "in-progress"),
    "f4aa42a4": ("SLHJ", "finished"),
    "g099bbf3": ("MORS", "finished"),
    "h1c8e4a8": ("STAA", "in-progress"),
    "i3c2c3c0": ("RE_STAA", "in-progress"),
    "j1f8b295": ("AN_STAA", "entered-in-error"),
    "kcab461b": ("SLHJ", "finished"),
    "ld31e08a": ("MORS", "finished"),
    "m908i967": ("STIN", "in-progress"),
    "n73ccf30": ("STIN", "in-progress"),
}


@needs_corpus
def test_all_official_messages_are_read_with_the_code_that_they_stand_for():
    read_ones = {}
    for bundle in corpus("medcom-hospitalnotification"):
        found = read(bundle)
        assert isinstance(found, Notification), found
        read_ones[bundle["id"][:8]] = (str(found.code), found.status)
    assert read_ones == OFFICIAL


@needs_corpus
def test_an_official_message_gives_up_all_that_it_says():
    (bundle,) = (each for each in corpus("medcom-hospitalnotification") if each["id"].startswith("n73ccf30"))
    found = read(bundle)
    assert isinstance(found, Notification)
    assert found.citizen[0].value == "2509479989"
    assert [each.system for each in found.episodes] == [LPR3, "https://sor2.sum.dsdn.dk/#id=265161000016000"]
    assert found.provider.sor == found.sender.sor == HOSPITAL
    assert (found.receiver.sor, found.receiver.gln) == ("953741000016009", "5790001348120")
    assert found.start.isoformat() == "2022-12-07T12:00:00+02:00"
    assert found.message_id == "1ca19ddf-31bc-4597-8739-968c38dd88f8"


@needs_corpus
def test_the_report_of_admission_is_asked_for_in_the_first_messages_alone():
    wanted = {
        bundle["id"][:8]
        for bundle in corpus("medcom-hospitalnotification")
        if isinstance(found := read(bundle), Notification) and found.wants_report_of_admission
    }
    assert wanted == {"a5e5b880", "h1c8e4a8"}


@needs_corpus
def test_the_table_of_activities_is_the_official_one():
    path = CORPUS.parent / "facts" / "hospitalnotification-codes.csv"
    if not path.is_file():
        path = CORPUS.parent / "hospitalnotification-codes.csv"
    rows = [row for row in csv.DictReader(path.read_text().splitlines()) if "MORS" not in row["use_case_code"]]
    official = {
        (
            row["provenance_activity"].replace("[Encounter.Class]", name),
            row["use_case_code"],
            encounter_class,
            row["encounter_status"],
        )
        for row in rows
        for encounter_class, name in (("EMER", "emergency"), ("IMP", "inpatient"))
        if encounter_class in row["encounter_class"]
    }
    ours = {(each, str(row.code), row.encounter_class, row.status) for each, row in ACTIVITIES.items()}
    assert ours == official


def test_there_are_eighteen_codes():
    assert sorted(map(str, CODES)) == sorted(ALL_CODES)
    assert len(set(ALL_CODES)) == 18


@pytest.mark.parametrize("code", [code for code in ALL_CODES if not code.endswith("MORS")])
def test_fifteen_codes_are_told_by_the_message_alone(code):
    assert str(notification(code).code) == code


def test_a_report_of_death_is_one_whatever_the_activity():
    for activity in ("admit-inpatient", "end-leave-inpatient", "revise-admit-inpatient"):
        assert str(notification("MORS", activity=activity).code) == "MORS"


def test_a_withdrawn_death_may_show_any_status_from_before():
    for status in ("in-progress", "onleave", "finished"):
        found = notification("AN_MORS", status=status, leave=(hours(1), None))
        assert found.deceased is False


def test_the_misspelt_episode_system_is_the_same_episode():
    old = "https://www.esundhed.dk/Registre/Landspatientsregisteret"
    value = "urn:uuid:fc60e762-b13b-5773-865e-67f3907bdcc7"
    assert notification(episodes=((old, value),)).episodes == (Identifier(LPR3, value),)


def test_an_episode_is_kept_as_spelt_and_known_in_either_spelling():
    (bare,) = notification(episodes=(("urn:oid:1.2", "FC60E762-b13b-5773-865e-67f3907bdcc7"),)).episodes
    (prefixed,) = notification(episodes=(("urn:oid:1.2", "urn:uuid:fc60e762-b13b-5773-865e-67f3907bdcc7"),)).episodes
    assert bare.value.startswith("FC60")
    assert bare.same == prefixed.same


def test_a_message_sent_again_in_a_new_envelope_has_the_same_fingerprint():
    assert notification(bundle_id="b1").fingerprint == notification(bundle_id="b2").fingerprint


def test_a_shared_message_id_does_not_make_two_messages_one():
    assert notification(id="m1").fingerprint != notification(id="m1", start=hours(-1)).fingerprint


def test_a_message_that_follows_another_one_is_another_message():
    assert notification(follows="a").fingerprint != notification(follows="b").fingerprint


def test_neither_text_nor_representation_of_a_notification_shows_the_citizens_number():
    assert CITIZEN not in repr(notification())
    assert CITIZEN not in str(notification())


def without(type_: str, *keys: str):
    def change(bundle: JSON) -> None:
        for key in keys:
            resource(bundle, type_).pop(key)

    return change


def with_(type_: str, **values: object):
    def change(bundle: JSON) -> None:
        resource(bundle, type_).update(values)

    return change


def twice(type_: str, **values: object):
    def change(bundle: JSON) -> None:
        entry = copy.deepcopy(bundle["entry"][place(bundle, type_)])
        entry["resource"] |= values
        entry["fullUrl"] += "-2"
        bundle["entry"].append(entry)

    return change


def gone(type_: str):
    def change(bundle: JSON) -> None:
        bundle["entry"].pop(place(bundle, type_))

    return change


def no_organisation(key: str):
    def change(bundle: JSON) -> None:
        for entry in bundle["entry"]:
            if entry["resource"].get("id") == "sender":
                entry["resource"]["identifier"] = [
                    each for each in entry["resource"]["identifier"] if key not in each["system"]
                ]

    return change


H, P, E, T = (f"Bundle.entry[{index}].resource" for index in (0, 1, 2, 6))

MALFORMED = {
    "no event": (without("MessageHeader", "eventCoding"), f"{H}.eventCoding", "required"),
    "an event by uri": (with_("MessageHeader", eventCoding=None, eventUri="urn:x"), f"{H}.eventCoding", "required"),
    "an unknown event": (
        with_("MessageHeader", eventCoding={"system": "urn:x", "code": "hospital-notification-message"}),
        f"{H}.eventCoding",
        "code-invalid",
    ),
    "no class": (without("Encounter", "class"), f"{E}.class", "required"),
    "a class of another kind": (with_("Encounter", **{"class": {"code": "AMB"}}), f"{E}.class", "code-invalid"),
    "a class that contradicts the activity": (
        with_("Encounter", **{"class": {"code": "EMER"}}),
        f"{E}.class",
        "business-rule",
    ),
    "no status": (without("Encounter", "status"), f"{E}.status", "required"),
    "a status of another kind": (with_("Encounter", status="planned"), f"{E}.status", "code-invalid"),
    "a status that contradicts the activity": (with_("Encounter", status="finished"), f"{E}.status", "business-rule"),
    "death without the end of the stay": (with_("Patient", deceasedBoolean=True), f"{E}.status", "business-rule"),
    "no episode": (without("Encounter", "episodeOfCare"), f"{E}.episodeOfCare", "required"),
    "an episode by reference": (
        with_("Encounter", episodeOfCare=[{"reference": "EpisodeOfCare/1"}]),
        f"{E}.episodeOfCare[0].identifier",
        "required",
    ),
    "no patient": (gone("Patient"), "Bundle.entry", "required"),
    "several patients": (twice("Patient", id="p2"), "Bundle.entry", "structure"),
    "several encounters": (twice("Encounter", id="e2"), "Bundle.entry", "structure"),
    "no number": (with_("Patient", identifier=[{"system": "urn:x", "value": "1"}]), f"{P}.identifier", "required"),
    "a number that cannot be": (
        with_("Patient", identifier=[{"system": "urn:oid:1.2.208.176.1.2", "value": "4413479989"}]),
        f"{P}.identifier[0].value",
        "value",
    ),
    "two numbers": (
        with_(
            "Patient",
            identifier=[
                {"system": "urn:oid:1.2.208.176.1.2", "value": value} for value in ("2509479989", "2512489996")
            ],
        ),
        f"{P}.identifier[1].value",
        "business-rule",
    ),
    "duplicate ids": (twice("Organization"), "Bundle.entry[7].resource.id", "duplicate"),
    "no provenance": (gone("Provenance"), "Bundle.entry", "required"),
    "only old provenances": (
        with_("Provenance", target=[{"reference": "MessageHeader/old"}]),
        "Bundle.entry",
        "required",
    ),
    "two current provenances": (twice("Provenance", id="t2"), "Bundle.entry", "required"),
    "no activity": (without("Provenance", "activity"), f"{T}.activity", "required"),
    "an activity of another message": (
        with_("Provenance", activity={"coding": [{"system": ACTIVITY, "code": "new-message"}]}),
        "Bundle.entry.resource.ofType(Provenance).activity",
        "code-invalid",
    ),
    "no time of the activity": (without("Provenance", "occurredDateTime"), f"{T}.occurredDateTime", "required"),
    "a time without zone": (
        with_("Provenance", occurredDateTime="2026-03-02T12:00:00"),
        f"{T}.occurredDateTime",
        "required",
    ),
    "no start": (with_("Encounter", period={}), f"{E}.period.start", "required"),
    "a start that is a day": (with_("Encounter", period={"start": "2026-03-02"}), f"{E}.period.start", "required"),
    "an impossible day": (
        with_("Encounter", period={"start": "2026-02-30T12:00:00Z"}),
        f"{E}.period.start",
        "required",
    ),
    "an end before the start": (
        with_("Encounter", period={"start": "2026-03-02T12:00:00Z", "end": "2026-03-01T12:00:00Z"}),
        f"{E}.period",
        "business-rule",
    ),
    "leave without a start": (
        with_("Encounter", extension=[{"url": LEAVE, "valuePeriod": {}}]),
        f"{E}.extension.valuePeriod.start",
        "required",
    ),
    "a reason": (with_("Encounter", reasonCode=[{"text": "hofte"}]), f"{E}.reasonCode", "business-rule"),
    "another subject": (with_("Encounter", subject={"reference": "Patient/p9"}), f"{E}.subject", "not-found"),
    "no focus": (without("MessageHeader", "focus"), f"{H}.focus", "required"),
    "no provider": (without("Encounter", "serviceProvider"), f"{E}.serviceProvider", "required"),
    "no sender": (without("MessageHeader", "sender"), f"{H}.sender", "not-found"),
    "a sender without SOR": (no_organisation("176.1.1"), "Bundle.entry[3].resource.identifier", "required"),
    "a sender without GLN": (no_organisation("gln"), "Bundle.entry[3].resource.identifier", "required"),
    "no destination": (without("MessageHeader", "destination"), f"{H}.destination", "required"),
    "no header": (gone("MessageHeader"), "Bundle.entry", "structure"),
    "two headers": (twice("MessageHeader", id="m2"), "Bundle.entry", "structure"),
    "an id with blanks": (with_("MessageHeader", id="m 1"), f"{H}.id", "required"),
    "a header that is not first": (lambda bundle: bundle["entry"].reverse(), H, "structure"),
    "another type of Bundle": (lambda bundle: bundle.update(type="collection"), "Bundle.type", "value"),
    "no Bundle.id": (lambda bundle: bundle.pop("id"), "Bundle.id", "required"),
    "no timestamp": (lambda bundle: bundle.pop("timestamp"), "Bundle.timestamp", "required"),
    "an empty entry": (lambda bundle: bundle["entry"].append({}), "Bundle.entry[7].resource", "structure"),
    "too many entries": (
        lambda bundle: bundle["entry"].extend([bundle["entry"][1]] * 1000),
        "Bundle.entry",
        "too-costly",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_is_refused_with_the_place_of_the_fault(name):
    change, path, code = MALFORMED[name]
    bundle = message()
    change(bundle)
    assert (path, code) in faults_of(bundle)


def test_leave_without_a_period_is_refused():
    bundle = message("STOR")
    resource(bundle, "Encounter").pop("extension")
    assert (f"{E}.extension", "required") in faults_of(bundle)


def test_every_fault_of_a_message_is_told_at_once():
    bundle = message()
    without("Encounter", "class", "status", "episodeOfCare")(bundle)
    assert len(faults_of(bundle)) == 3


@pytest.mark.parametrize("event", sorted(EVENTS - {"hospital-notification-message"}))
def test_other_messages_are_refused_as_not_supported_yet(event):
    bundle = message()
    resource(bundle, "MessageHeader")["eventCoding"]["code"] = event
    assert faults_of(bundle) == [(f"{H}.eventCoding", "not-supported")]


@needs_corpus
@pytest.mark.parametrize("folder", ["medcom-carecommunication", "medcom-homecareobservation"])
def test_official_messages_of_other_kinds_are_refused_as_not_supported_yet(folder):
    refused = [read(bundle) for bundle in corpus(folder)]
    assert all(isinstance(each, Refusal) for each in refused)
    supported = [each for each in refused if isinstance(each, Refusal) and each.faults[0].code == "not-supported"]
    assert len(supported) >= len(refused) // 2


@pytest.mark.parametrize("sent", [None, 1, "x", [], {}, {"resourceType": "Patient"}, {"resourceType": "Bundle"}])
def test_what_is_no_message_is_refused(sent):
    assert isinstance(read(sent), Refusal)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("\ud800") | st.just("\x00")
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_a_message_raises_anything(data):
    bundle = message(data.draw(st.sampled_from(ALL_CODES)))
    for _ in range(data.draw(st.integers(1, 4))):
        spots = list(places_in(bundle))
        holder, key = spots[data.draw(st.integers(0, len(spots) - 1))]
        holder[key] = data.draw(VALUES)
    assert isinstance(read(bundle), Notification | Refusal)


def places_in(value: object):
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from places_in(value[key])
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield value, index
            yield from places_in(each)


def tree(unit: str, ancestor: str) -> bool:
    parents = {"ward": "hospital", "hospital": "region", "clinic": "region"}
    while unit != ancestor:
        if unit not in parents:
            return False
        unit = parents[unit]
    return True


def parties(*, client: str, sender: str, provider: str) -> list[str]:
    names = {"ward": "100001", "hospital": "100002", "region": "100003", "clinic": "100004"}
    units = {number: name for name, number in names.items()}
    faults = check_parties(
        notification(sender=names[sender], provider=names[provider]),
        client_organisation=names[client],
        is_within=lambda unit, ancestor: tree(units[unit], units[ancestor]),
    )
    return [fault.path.rpartition(".")[2] for fault in faults]


@pytest.mark.parametrize(
    ("client", "sender", "provider", "faults"),
    [
        ("hospital", "hospital", "hospital", []),
        ("hospital", "hospital", "ward", []),
        ("region", "hospital", "ward", []),
        ("region", "ward", "hospital", []),
        ("region", "clinic", "hospital", ["serviceProvider"]),
        ("clinic", "hospital", "hospital", ["sender", "serviceProvider"]),
        ("hospital", "hospital", "clinic", ["serviceProvider"]),
        ("ward", "hospital", "ward", ["sender"]),
    ],
)
def test_sender_provider_and_client_must_agree(client, sender, provider, faults):
    assert parties(client=client, sender=sender, provider=provider) == faults


def test_an_activity_that_lies_in_the_future_is_refused():
    told = notification(occurred=hours(0))
    assert not check_times(told, at=told.occurred - timedelta(minutes=30))
    assert check_times(told, at=told.occurred - timedelta(hours=2))


def test_the_provider_may_be_another_unit_than_the_sender():
    assert notification(provider=OTHER_HOSPITAL).provider.sor == OTHER_HOSPITAL


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-03-02T12:00:00.5Z", 500_000),
        ("2026-03-02T13:00:00.123456789+01:00", 123_456),
        ("2026-03-02T12:00:00Z", 0),
    ],
)
def test_parts_of_a_second_are_read_to_the_microsecond(written, read_as):
    bundle = message()
    resource(bundle, "Encounter")["period"] = {"start": written}
    found = read(bundle)
    assert isinstance(found, Notification)
    assert found.start == hours(0) + timedelta(microseconds=read_as)


@pytest.mark.parametrize(
    "written",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T24:00:00Z", "2026-03-02T12:00:60Z"],
)
def test_a_time_that_cannot_be_told_in_utc_is_refused(written):
    bundle = message()
    resource(bundle, "Encounter")["period"] = {"start": written}
    assert (f"{E}.period.start", "required") in faults_of(bundle)


def test_an_end_without_zone_is_refused():
    bundle = message("SLHJ")
    resource(bundle, "Encounter")["period"]["end"] = "2026-03-02T12:00:00"
    assert (f"{E}.period.end", "value") in faults_of(bundle)


def test_a_date_of_death_is_a_report_of_death_too():
    bundle = message("SLHJ")
    resource(bundle, "Patient")["deceasedDateTime"] = "2026-03-02"
    found = read(bundle)
    assert isinstance(found, Notification)
    assert str(found.code) == "MORS"
