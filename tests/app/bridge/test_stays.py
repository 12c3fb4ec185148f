import itertools
import json
from datetime import datetime, timedelta

import pytest
from bridge_builders import (
    ALL_CODES,
    CITIZEN,
    CORPUS,
    EPISODE,
    HOSPITAL,
    LPR3,
    OTHER_HOSPITAL,
    RECEIVED,
    corpus,
    hours,
    notification,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bridge.hospital_notification import Notification, read
from app.bridge.stays import Outcome, Stay, Step, Topic, advance, decode, encode, find, relations
from schemas.admit import faults_of

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def told(*notifications: Notification) -> list[Step]:
    """Return the steps of one citizen's notifications, in the order of arrival, as a store would see them."""
    stays: dict[str, Stay] = {}
    steps = []
    for each in notifications:
        step = advance(find(stays.values(), each), each, at=RECEIVED, subject="Patient/p", encounter="Encounter/e")
        stays[step.stay.key] = decode(encode(step.stay))
        steps.append(step)
    return steps


def last(*notifications: Notification) -> Step:
    return told(*notifications)[-1]


STIN = notification("STIN", id="stin")
STAA = notification("STAA", id="staa", occurred=hours(-6), start=hours(-6))
STOR = notification("STOR", id="stor", occurred=hours(24), follows="stin")
SLOR = notification("SLOR", id="slor", occurred=hours(48), follows="stor")
SLHJ = notification("SLHJ", id="slhj", occurred=hours(72), follows="stin")
MORS = notification("MORS", id="mors", occurred=hours(60), follows="stin")


@needs_corpus
def test_every_official_message_alone_leaves_the_stay_as_it_says():
    for bundle in corpus("medcom-hospitalnotification"):
        found = read(bundle)
        assert isinstance(found, Notification)
        step = last(found)
        assert step.stay.course.status == found.status, bundle["id"]
        assert step.stay.course.start == found.start
        assert step.code == found.code


@needs_corpus
def test_the_official_stay_is_followed_from_admission_to_discharge():
    by_id = {bundle["id"][:8]: read(bundle) for bundle in corpus("medcom-hospitalnotification")}
    steps = told(*(by_id[each] for each in ("a5e5b880", "bfab3e80", "d3128d9b", "e94de8ee", "f4aa42a4")))
    assert [step.outcome for step in steps] == ["applied", "corrected", "applied", "applied", "applied"]
    assert [step.stay.course.status for step in steps] == [
        "in-progress",
        "in-progress",
        "onleave",
        "in-progress",
        "finished",
    ]
    course = steps[-1].stay.course
    assert course.start == datetime.fromisoformat("2022-12-07T13:00:00+02:00"), "as corrected"
    assert course.end == datetime.fromisoformat("2022-12-18T09:45:30+02:00")
    assert len({step.stay.key for step in steps}) == 1


@needs_corpus
def test_official_messages_that_share_ids_but_not_the_episode_are_two_stays():
    by_id = {bundle["id"][:8]: read(bundle) for bundle in corpus("medcom-hospitalnotification")}
    staa, correction_of_another = by_id["h1c8e4a8"], by_id["i3c2c3c0"]
    assert staa.message_id in correction_of_another.trail, "the examples share the id"
    steps = told(staa, correction_of_another)
    assert steps[0].stay.key != steps[1].stay.key


# Each of the 18 codes: what came before, the message, and what holds after it.
EIGHTEEN = {
    "STAA": ((), STAA, "in-progress", Outcome.APPLIED, (Topic.EMERGENCY_STARTED,)),
    "RE_STAA": (
        (STAA,),
        notification("RE_STAA", id="x", occurred=hours(-5), start=hours(-7), follows="staa"),
        "in-progress",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_STAA": (
        (STAA,),
        notification("AN_STAA", id="x", occurred=hours(-5), follows="staa", role="removal"),
        "entered-in-error",
        Outcome.CANCELLED,
        (Topic.STAY_CANCELLED,),
    ),
    "STIN": ((), STIN, "in-progress", Outcome.APPLIED, (Topic.ADMITTED,)),
    "RE_STIN": (
        (STIN,),
        notification("RE_STIN", id="x", occurred=hours(2), start=hours(-1), follows="stin"),
        "in-progress",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_STIN": (
        (STIN,),
        notification("AN_STIN", id="x", occurred=hours(2), follows="stin", role="removal"),
        "entered-in-error",
        Outcome.CANCELLED,
        (Topic.STAY_CANCELLED,),
    ),
    "STOR": ((STIN,), STOR, "onleave", Outcome.APPLIED, (Topic.LEAVE_STARTED,)),
    "RE_STOR": (
        (STIN, STOR),
        notification("RE_STOR", id="x", occurred=hours(25), leave=(hours(23), None), follows="stor"),
        "onleave",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_STOR": (
        (STIN, STOR),
        notification("AN_STOR", id="x", occurred=hours(25), follows="stor", role="removal"),
        "in-progress",
        Outcome.CANCELLED,
        (Topic.STAY_CHANGED,),
    ),
    "SLOR": ((STIN, STOR), SLOR, "in-progress", Outcome.APPLIED, (Topic.LEAVE_ENDED,)),
    "RE_SLOR": (
        (STIN, STOR, SLOR),
        notification("RE_SLOR", id="x", occurred=hours(49), leave=(hours(24), hours(47)), follows="slor"),
        "in-progress",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_SLOR": (
        (STIN, STOR, SLOR),
        notification("AN_SLOR", id="x", occurred=hours(49), leave=(hours(24), None), follows="slor", role="removal"),
        "onleave",
        Outcome.CANCELLED,
        (Topic.STAY_CHANGED,),
    ),
    "SLHJ": ((STIN,), SLHJ, "finished", Outcome.APPLIED, (Topic.DISCHARGED,)),
    "RE_SLHJ": (
        (STIN, SLHJ),
        notification("RE_SLHJ", id="x", occurred=hours(73), end=hours(71), follows="slhj"),
        "finished",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_SLHJ": (
        (STIN, SLHJ),
        notification("AN_SLHJ", id="x", occurred=hours(73), follows="slhj", role="removal"),
        "in-progress",
        Outcome.CANCELLED,
        (Topic.STAY_CHANGED,),
    ),
    "MORS": ((STIN,), MORS, "finished", Outcome.APPLIED, (Topic.DEATH_REPORTED,)),
    "RE_MORS": (
        (STIN, MORS),
        notification("MORS", id="x", occurred=hours(61), end=hours(59), follows="mors"),
        "finished",
        Outcome.CORRECTED,
        (Topic.STAY_CHANGED,),
    ),
    "AN_MORS": (
        (STIN, MORS),
        notification("AN_MORS", id="x", occurred=hours(62), follows="mors", role="removal"),
        "in-progress",
        Outcome.CANCELLED,
        (Topic.DEATH_WITHDRAWN,),
    ),
}


def test_all_eighteen_codes_are_tried():
    assert sorted(EIGHTEEN) == sorted(ALL_CODES)


@pytest.mark.parametrize("code", EIGHTEEN)
def test_a_code_does_to_the_stay_what_the_table_says(code):
    before, message, status, outcome, topics = EIGHTEEN[code]
    step = last(*before, message)
    assert str(step.code) == code
    assert step.stay.course.status == status
    assert step.encounter["status"] == status
    assert step.outcome == outcome
    assert step.topics == topics


@pytest.mark.parametrize("code", EIGHTEEN)
def test_a_repeat_changes_nothing_and_tells_nobody(code):
    before, message, *_ = EIGHTEEN[code]
    once = last(*before, message)
    again = last(*before, message, message)
    assert again.outcome is Outcome.REPEAT
    assert again.stay == once.stay
    assert again.code == once.code
    assert (again.encounter, again.provenance, again.topics) == (None, None, ())
    assert again.relation == once.relation


def test_a_repeat_of_an_old_message_is_one_too():
    assert last(STIN, STOR, SLHJ, STIN).outcome is Outcome.REPEAT


def test_the_same_event_under_a_new_message_id_changes_nothing_that_is_seen():
    again = last(STIN, notification("STIN", id="stin-2", occurred=hours(0.1)))
    assert again.topics == ()
    assert again.stay.course.phases == last(STIN).stay.course.phases


def test_from_emergency_to_ward_there_is_one_stay_with_two_classes_and_no_discharge():
    step = last(STAA, STIN)
    assert step.encounter["class"]["code"] == "IMP"
    assert step.encounter["period"] == {"start": "2026-03-02T06:00:00Z"}
    assert step.encounter["classHistory"] == [
        {
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "EMER",
                "display": "emergency",
            },
            "period": {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T12:00:00Z"},
        }
    ]


def test_a_cancelled_admission_to_the_ward_leaves_the_patient_in_emergency():
    step = last(STAA, STIN, notification("AN_STIN", id="x", occurred=hours(1), follows="stin", role="removal"))
    assert (step.encounter["status"], step.encounter["class"]["code"]) == ("in-progress", "EMER")


def test_the_ward_may_be_another_provider_when_the_messages_name_one_another():
    ward = notification("STIN", id="stin", follows="staa", provider=OTHER_HOSPITAL)
    assert len(told(STAA, ward)[-1].stay.events) == 2
    assert len(told(ward, STAA)[-1].stay.events) == 2


def test_a_shared_episode_alone_does_not_join_two_providers():
    assert len(last(STAA, notification("STIN", id="stin", provider=OTHER_HOSPITAL)).stay.events) == 1


def test_messages_with_either_identifier_of_an_episode_are_one_stay():
    local = ("https://sor2.sum.dsdn.dk/#id=265161000016000", "bd481c38-a921-11ed-afa1-0242ac120002")
    both = notification("STOR", id="b", occurred=hours(24), episodes=((LPR3, EPISODE), local))
    step = last(
        notification("STIN", id="a", episodes=(local,)),
        both,
        notification("SLHJ", id="c", occurred=hours(30), episodes=((LPR3, EPISODE),)),
    )
    assert len(step.stay.events) == 3
    assert [each.system for each in step.stay.episodes] == [LPR3, local[0]]


def test_a_correction_of_the_admission_after_discharge_does_not_readmit():
    step = last(STIN, SLHJ, notification("RE_STIN", id="x", occurred=hours(80), start=hours(-2), follows="stin"))
    assert step.stay.course.status == "finished"
    assert step.encounter["period"]["start"] == "2026-03-02T10:00:00Z"


def test_a_second_admission_in_the_episode_opens_the_stay_anew_and_keeps_the_first():
    step = last(STIN, SLHJ, notification("STIN", id="again", occurred=hours(100), start=hours(100)))
    assert step.stay.course.status == "in-progress"
    assert step.stay.course.spells == ((hours(0), hours(72)),)
    assert step.encounter["statusHistory"][0]["status"] == "finished"
    assert step.relation.start == hours(100)


def test_what_a_hospital_tells_after_cancelling_an_admission_is_believed():
    cancelled = notification("AN_STIN", id="x", occurred=hours(2), follows="stin", role="removal")
    assert last(STIN, cancelled, STOR).stay.course.status == "onleave"


def test_a_cancelled_admission_takes_with_it_what_was_told_before():
    cancelled = notification("AN_STIN", id="x", occurred=hours(30), follows="stin", role="removal")
    assert last(STIN, STOR, cancelled).stay.course.status == "entered-in-error"


def test_a_taken_back_discharge_of_one_on_leave_leaves_her_in_hospital():
    back = notification("AN_SLHJ", id="x", occurred=hours(73), follows="slhj", role="removal")
    assert last(STIN, STOR, SLHJ, back).stay.course.status == "in-progress"


@pytest.mark.parametrize(
    ("status", "leave"), [("in-progress", None), ("onleave", (hours(24), None)), ("finished", None)]
)
def test_a_withdrawn_death_brings_back_what_was_before(status, leave):
    before = {"in-progress": (STIN,), "onleave": (STIN, STOR), "finished": (STIN, SLHJ)}[status]
    late = notification("MORS", id="mors", occurred=hours(90), follows="stin")
    withdrawn = notification("AN_MORS", id="x", occurred=hours(91), status=status, leave=leave, follows="mors")
    step = last(*before, late, withdrawn)
    assert step.stay.course.status == status
    assert step.death_reported is None


def test_a_notice_of_death_closes_no_relation_and_no_other_stay():
    elsewhere = notification(
        "STAA", id="e", occurred=hours(58), start=hours(58), sender=OTHER_HOSPITAL, provider=OTHER_HOSPITAL
    )
    steps = told(STIN, elsewhere, MORS)
    found = relations([steps[1].stay, steps[2].stay])
    assert steps[2].death_reported == hours(60)
    assert steps[2].relation.end is None
    assert [each.end for each in found.values()] == [None, None]
    assert steps[1].stay.course.status == "in-progress"


def test_a_notice_of_death_is_shown_as_reported_and_not_as_a_fact():
    (extension,) = last(STIN, MORS).encounter["extension"]
    assert extension["url"].endswith("/death-reported")
    assert extension["valueDateTime"] == "2026-03-05T00:00:00Z"


def test_the_evidence_is_the_sending_hospitals_for_as_long_as_the_stay():
    running = last(STIN).relation
    assert (running.organisation, running.start, running.end) == (HOSPITAL, hours(0), None)
    assert last(STIN, STOR).relation.end is None, "on leave she is still their patient"
    assert last(STIN, SLHJ).relation.end == hours(72)


def test_a_cancelled_stay_is_evidence_of_nothing():
    cancelled = notification("AN_STIN", id="x", occurred=hours(2), follows="stin", role="removal")
    step = last(STIN, cancelled)
    assert step.relation is None
    assert relations([step.stay]) == {}


def stay_at(hospital: str, *codes: Notification) -> Stay:
    return last(*codes).stay


def elsewhere(code: str, at: float, *, id: str = "there") -> Notification:
    return notification(
        code, id=id, occurred=hours(at), start=hours(at), sender=OTHER_HOSPITAL, provider=OTHER_HOSPITAL
    )


def ends(*stays: Stay) -> list[datetime | None]:
    return [each.end for each in relations(stays).values()]


def test_a_transfer_ends_the_first_hospitals_evidence_without_a_discharge():
    first, second = last(STIN).stay, last(elsewhere("STIN", 10)).stay
    assert ends(first, second) == [hours(10), None]
    assert first.course.status == "in-progress", "nobody said that it was over"


def test_a_visit_to_another_emergency_department_is_no_transfer():
    assert ends(last(STIN).stay, last(elsewhere("STAA", 10)).stay) == [None, None]


def test_who_has_told_anything_since_still_has_the_patient():
    assert ends(last(STIN, STOR, SLOR).stay, last(elsewhere("STIN", 10)).stay) == [None, None]


def test_who_is_on_leave_is_not_transferred():
    assert ends(last(STIN, STOR).stay, last(elsewhere("STIN", 30)).stay) == [None, None]


def test_a_cancelled_admission_elsewhere_is_no_transfer():
    there = elsewhere("STIN", 10)
    cancelled = elsewhere("AN_STIN", 11, id="x")
    assert ends(last(STIN).stay, last(there, cancelled).stay) == [None]


def test_a_report_of_admission_is_wanted_once_and_only_while_she_is_there():
    asking = notification("STIN", id="stin", wants_report=True)
    assert last(asking).topics == (Topic.ADMITTED, Topic.REPORT_OF_ADMISSION_WANTED)
    assert last(asking, asking).topics == ()
    assert last(SLHJ, asking).topics == ()


def test_a_late_admission_is_not_told_as_news():
    step = last(SLHJ, notification("STIN", id="stin", start=hours(-3)))
    assert step.outcome is Outcome.LATE
    assert step.topics == (Topic.STAY_CHANGED,)


def test_a_cancellation_before_what_it_cancels_leaves_nothing():
    cancelled = notification("AN_STIN", id="x", occurred=hours(2), follows="stin", role="removal")
    step = last(cancelled, STIN)
    assert step.stay.course.status == "entered-in-error"
    assert step.topics == ()


def test_a_cancellation_finds_what_it_names_even_before_it_in_time():
    skewed = notification("AN_SLHJ", id="x", occurred=hours(71), follows="slhj", role="removal")
    assert last(STIN, SLHJ, skewed).stay.course.status == "in-progress"


STORIES = {
    "a long stay": (
        STAA,
        STIN,
        notification("RE_STIN", id="re", occurred=hours(1), start=hours(-1), follows="stin"),
        STOR,
        SLOR,
    ),
    "taken back": (
        STIN,
        STOR,
        notification("AN_STOR", id="a", occurred=hours(25), follows="stor", role="removal"),
        SLHJ,
        notification("AN_SLHJ", id="b", occurred=hours(73), follows="slhj", role="removal"),
    ),
    "death and back": (
        STIN,
        MORS,
        notification("MORS", id="re", occurred=hours(61), end=hours(59), follows="mors"),
        notification("AN_MORS", id="an", occurred=hours(62), follows="re", role="removal"),
        SLHJ,
    ),
    "never was": (
        STIN,
        notification("AN_STIN", id="a", occurred=hours(1), follows="stin", role="removal"),
        notification("STIN", id="new", occurred=hours(2), start=hours(2)),
        notification("SLHJ", id="s", occurred=hours(3), start=hours(2), follows="new"),
        notification("STIN", id="again", occurred=hours(5), start=hours(5)),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_arrival_ends_in_the_same_stay(name):
    story = STORIES[name]
    in_order = last(*story)
    for order in itertools.permutations(story):
        step = last(*order)
        assert (step.stay, step.encounter, step.relation) == (in_order.stay, in_order.encounter, in_order.relation)


@st.composite
def events(draw):
    """Any mixture of messages about one stay, sensible or not."""
    found = []
    for index in range(draw(st.integers(1, 7))):
        code = draw(st.sampled_from(ALL_CODES))
        at = hours(draw(st.integers(0, 12)))
        found.append(
            notification(
                code,
                id=f"m{draw(st.integers(0, index))}",
                occurred=at,
                start=hours(draw(st.integers(-3, 3))) if not code.endswith(("SLHJ", "MORS")) else hours(-3),
                leave=(at, at + timedelta(hours=1)) if "SLOR" in code else (at, None) if "STOR" in code else None,
                follows=draw(st.none() | st.integers(0, 6).map("m{}".format)),
                encounter_class="EMER" if code.endswith(("STAA", "SLHJ")) and draw(st.booleans()) else None,
            )
            if not code.endswith("STAA")
            else notification(code, id=f"m{index}", occurred=at, start=at)
        )
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_disorder_and_repeats_never_matter(data):
    story = data.draw(events())
    shuffled = data.draw(st.permutations(story + story[: data.draw(st.integers(0, len(story)))]))
    after, in_order = last(*shuffled), last(*story)
    assert (after.stay, after.relation, after.stay.course) == (in_order.stay, in_order.relation, in_order.stay.course)


@settings(max_examples=60, deadline=None)
@given(events())
def test_any_story_makes_a_valid_encounter_and_a_readable_state(story):
    for step in told(*story):
        if step.encounter is not None:
            assert faults_of(step.encounter) == []
            assert faults_of(step.provenance) == []
        assert decode(encode(step.stay)) == step.stay
        assert (step.relation is None) == (step.stay.course.status == "entered-in-error")


def test_the_state_is_json_text_without_the_citizen():
    state = encode(last(STAA, STIN, STOR).stay)
    assert json.loads(state)["version"] == 1
    assert CITIZEN not in state
    assert "Testesen" not in state


@pytest.mark.parametrize(
    "state",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"version":2}',
        '{"version":1,"key":"k","events":[{}]}',
        '{"version":1,"key":"k","events":[]}',
    ],
)
def test_a_state_that_is_not_ours_is_a_value_error(state):
    with pytest.raises(ValueError, match=r"."):
        decode(state)


def test_the_encounter_is_shaped_for_everybody_to_read():
    assert last(STIN, STOR, SLOR, SLHJ).encounter == {
        "resourceType": "Encounter",
        "meta": {"profile": ["http://hl7.dk/fhir/core/StructureDefinition/dk-core-encounter"]},
        "extension": [
            {
                "url": "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-hospitalnotifiation-leave-period-extension",
                "valuePeriod": {"start": "2026-03-03T12:00:00Z", "end": "2026-03-04T12:00:00Z"},
            }
        ],
        "identifier": [{"system": LPR3, "value": EPISODE}],
        "status": "finished",
        "statusHistory": [
            {"status": "onleave", "period": {"start": "2026-03-03T12:00:00Z", "end": "2026-03-04T12:00:00Z"}}
        ],
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        },
        "subject": {"reference": "Patient/p"},
        "episodeOfCare": [{"type": "EpisodeOfCare", "identifier": {"system": LPR3, "value": EPISODE}}],
        "period": {"start": "2026-03-02T12:00:00Z", "end": "2026-03-05T12:00:00Z"},
        "serviceProvider": {
            "type": "Organization",
            "identifier": {"system": "urn:oid:1.2.208.176.1.1", "value": HOSPITAL},
            "display": "Enhed provider",
        },
    }


def test_the_provenance_says_which_message_told_what():
    provenance = last(STIN, STOR).provenance
    assert provenance["target"] == [{"reference": "Encounter/e"}]
    assert provenance["activity"]["coding"][0]["code"] == "start-leave-inpatient"
    assert provenance["recorded"] == "2026-04-01T00:00:00Z"
    assert [(each["role"], each["what"]["identifier"]["value"]) for each in provenance["entity"]] == [
        ("source", "stor"),
        ("revision", "stin"),
    ]


@pytest.mark.parametrize("status", ["in-progress", "onleave", "finished"])
def test_a_cancellation_of_what_was_never_told_is_believed(status):
    orphan = notification(
        "AN_MORS", id="x", occurred=hours(62), status=status, leave=(hours(24), None) if status == "onleave" else None
    )
    assert last(orphan).stay.course.status == status


def test_an_end_of_leave_without_its_start_is_a_leave_all_the_same():
    step = last(STIN, SLOR)
    assert step.stay.course.status == "in-progress"
    assert [(leave.start, leave.end) for leave in step.stay.course.leaves] == [(hours(24), hours(48))]
