"""What a record proves about who treats the citizen, and what it does not."""

import pytest
from translate_builders import (
    DAY_US,
    GP,
    HOSPITAL,
    MUNICIPALITY,
    RECEIVED_US,
    WARD,
    concept,
    corpus,
    resource,
    source,
)

from app.translate import classify, relations_of
from app.translate.relations import STAY_REVIEW_US, STAY_TAIL_US, superseded
from app.translate.times import bounds
from consent.vocabulary import Evidence, RelationKind
from schemas.terminology import systems

INPATIENT = {"class": {"system": systems.ACT_CODE, "code": "IMP"}}
AT_WARD = {"serviceProvider": {"reference": "Organization/ward"}}


def proven(content, controller=HOSPITAL, **changes):
    given = source(controller, **changes)
    return relations_of(content, classify(content, given), source=given)


def stay(status="in-progress", **elements):
    return resource(
        "Encounter", **{"status": status, "period": {"start": "2025-12-30"}, **INPATIENT, **AT_WARD, **elements}
    )


def service(code, *, status="active", intent="plan", activity_status="in-progress", **elements):
    detail = {"code": concept(systems.FSIII, code), "status": activity_status}
    period = {"start": "2025-11-01", "end": "2026-02-01"}
    return resource(
        "CarePlan",
        **{"status": status, "intent": intent, "period": period, "activity": [{"detail": detail}], **elements},
    )


def referral(**elements):
    defaults = {
        "status": "active",
        "intent": "order",
        "authoredOn": "2025-12-20",
        "requester": {"reference": "Organization/gp"},
        "performer": [{"reference": "Organization/hospital"}],
    }
    return resource("ServiceRequest", **{**defaults, **elements})


def test_a_running_stay_is_weak_evidence_for_its_ward():
    [row] = proven(stay())
    assert (row.kind, row.organisation, row.evidence) == (RelationKind.STAY, WARD, Evidence.SELF_ASSERTED)
    assert row.start_us == bounds("2025-12-30")[0]


def test_a_stay_that_nobody_ends_lapses():
    [row] = proven(stay())
    assert row.stop_us == RECEIVED_US + STAY_REVIEW_US


def test_a_finished_stay_is_evidence_for_72_hours_more():
    [row] = proven(stay("finished", period={"start": "2025-12-30", "end": "2025-12-31T10:00:00Z"}))
    assert row.stop_us == bounds("2025-12-31T10:00:00Z")[1] + STAY_TAIL_US


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error", "unknown", "", None, 3])
def test_a_stay_that_has_not_begun_or_never_was_proves_nothing(status):
    assert proven(stay(status)) == ()


def test_a_stay_without_a_beginning_proves_nothing():
    assert proven(stay(period={})) == ()
    assert proven(stay(period={"end": "2026-01-02"})) == ()


def test_a_stay_at_another_organisation_proves_nothing_for_its_writer():
    assert proven(stay(), controller=GP) == ()


def test_a_visit_by_home_care_is_no_stay():
    home = {
        "class": {"system": systems.ACT_CODE, "code": "HH"},
        "serviceProvider": {"reference": "Organization/municipality"},
    }
    assert proven(stay(**home), controller=MUNICIPALITY) == ()


def test_a_published_stay_is_evidence():
    content = corpus("dk-core", "Encounter-0c5e4905-5c2e-4254-8837-770c3724cd13.json")
    [row] = proven(content)
    assert row.kind is RelationKind.STAY


def test_a_booked_appointment_is_evidence_around_its_time():
    [row] = proven(resource("Appointment", status="booked", start="2026-03-01T10:00:00Z", end="2026-03-01T11:00:00Z"))
    assert row.kind is RelationKind.APPOINTMENT
    assert row.start_us == bounds("2026-03-01T10:00:00Z")[0] - 14 * DAY_US
    assert row.stop_us == bounds("2026-03-01T11:00:00Z")[1] + 3 * DAY_US


@pytest.mark.parametrize("status", ["proposed", "pending", "cancelled", "noshow", "entered-in-error", "waitlist"])
def test_an_appointment_that_is_not_booked_proves_nothing(status):
    assert proven(resource("Appointment", status=status, start="2026-03-01T10:00:00Z")) == ()


def test_a_referral_is_independent_evidence_for_its_receiver():
    [row] = proven(referral(), controller=GP)
    assert (row.kind, row.organisation, row.evidence) == (RelationKind.REFERRAL, HOSPITAL, Evidence.INDEPENDENT)


def test_a_referral_within_ones_own_house_proves_nothing():
    assert proven(referral(performer=[{"reference": "Organization/ward"}]), controller=HOSPITAL) == ()
    assert proven(referral(performer=[{"reference": "Organization/hospital"}]), controller=WARD) == ()


def test_a_forged_requester_makes_no_referral_to_oneself():
    assert proven(referral(), controller=HOSPITAL) == ()


@pytest.mark.parametrize(
    "change", [{"status": "revoked"}, {"status": "completed"}, {"intent": "plan"}, {"doNotPerform": True}]
)
def test_a_referral_that_is_over_or_none_proves_nothing(change):
    assert proven(referral(**change), controller=GP) == ()


def test_home_nursing_is_a_health_service_in_either_code_form():
    for code in ("G1.39", "4374f01c-494b-4fc6-9d95-a0022fa515cf"):
        [row] = proven(service(code), controller=MUNICIPALITY)
        assert (row.kind, row.evidence) == (RelationKind.HEALTH_SERVICE, Evidence.SELF_ASSERTED)
        assert (row.start_us, row.stop_us) == (bounds("2025-11-01")[0], bounds("2026-02-01")[1])


def test_home_care_is_a_social_service_and_never_a_health_service():
    rows = proven(service("H1.1"), controller=MUNICIPALITY)
    assert [row.kind for row in rows] == [RelationKind.SOCIAL_SERVICE]


@pytest.mark.parametrize("code", ["c2c2c2c2-0000-4000-8000-000000000000", "Noget_nyt"])
def test_a_service_that_nobody_here_knows_is_never_a_health_service(code):
    rows = proven(service(code), controller=MUNICIPALITY)
    assert [row.kind for row in rows] == [RelationKind.SOCIAL_SERVICE]


def test_a_functional_level_proves_nothing():
    assert proven(resource("Condition", code=concept(systems.FSIII, "J3.8")), controller=MUNICIPALITY) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"status": "completed"},
        {"status": "revoked"},
        {"status": "entered-in-error"},
        {"intent": "proposal"},
        {"activity_status": "cancelled"},
    ],
)
def test_a_service_that_is_over_proves_nothing(change):
    assert proven(service("G1.39", **change), controller=MUNICIPALITY) == ()


def test_a_plan_by_another_organisation_proves_nothing_for_its_writer():
    by_hospital = {"author": {"reference": "Organization/hospital"}}
    assert proven(service("G1.39", **by_hospital), controller=MUNICIPALITY) == ()


def test_an_open_service_lapses_unless_it_is_written_about_again():
    [row] = proven(service("G1.39", period={"start": "2020-01-01"}), controller=MUNICIPALITY)
    assert row.stop_us == RECEIVED_US + 400 * DAY_US


@pytest.mark.parametrize(
    "content",
    [
        resource("CareTeam", status="active", participant=[{"member": {"reference": "Organization/hospital"}}]),
        resource("Patient", generalPractitioner=[{"reference": "Organization/gp"}]),
        resource("EpisodeOfCare", status="active", managingOrganization={"reference": "Organization/hospital"}),
        resource("Task", status="accepted", owner={"reference": "Organization/hospital"}),
    ],
)
def test_what_its_beneficiary_writes_elsewhere_proves_nothing(content):
    assert proven(content) == ()


def test_a_cancelled_version_removes_the_rows_of_the_earlier_one():
    before = {row.key for row in proven(service("G1.39"), controller=MUNICIPALITY)}
    after = proven(service("G1.39", status="entered-in-error"), controller=MUNICIPALITY)
    assert superseded(before, after) == {"health-service"}


def test_a_row_becomes_the_engines_relation():
    [row] = proven(stay())
    relation = row.relation(source="Encounter/1")
    assert relation.period.covers(relation.period.start)
    assert (relation.kind, relation.source) == (RelationKind.STAY, "Encounter/1")
