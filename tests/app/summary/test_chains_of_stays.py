"""Stays and their unbroken chain."""

import json

import pytest
from summary_builders import (
    AT,
    HOSPITAL,
    OTHER_HOSPITAL,
    ago,
    ahead,
    document,
    entry,
    patient,
    refs,
    rows,
    sections,
    stay,
    told,
    words,
)

from app.summary.compose import _scene
from app.summary.model import Entry
from app.summary.stays import Chain
from consent.vocabulary import Category
from schemas.terminology import systems

LEAVE = {
    "url": systems.LEAVE_PERIOD_EXTENSION,
    "valuePeriod": {"start": "2026-03-08T10:00:00+01:00"},
}


def at_hospital(id: str, start: str, end: str | None = None, of: str = HOSPITAL, **changed: object):
    return entry(stay(id, start, end, **changed), Category.ADMISSION, of=of)


def chain(*entries: Entry) -> tuple[list[Chain], Chain | None]:
    scene = _scene(rows(patient())[0], rows(*entries), AT, {}, computing=False)
    return scene.chains, scene.chain


def test_an_emergency_contact_that_became_a_stay_is_one_chain():
    known, present = chain(at_hospital("em", ago(hours=20), code="EMER"), at_hospital("in", ago(hours=14)))
    assert len(known) == 1
    assert present is not None
    assert [row.ref for row in present.rows] == ["Encounter/em", "Encounter/in"]


def test_a_transfer_without_an_end_of_the_first_stay_is_one_chain_that_ends_with_the_second():
    known, present = chain(at_hospital("a", ago(days=9)), at_hospital("b", ago(days=7), ago(days=3), of=OTHER_HOSPITAL))
    assert len(known) == 1
    assert present is None


def test_an_emergency_contact_elsewhere_does_not_end_a_stay():
    _, present = chain(
        at_hospital("a", ago(days=9)),
        at_hospital("b", ago(days=2), ago(days=2, hours=-3), of=OTHER_HOSPITAL, code="EMER"),
    )
    assert present is not None


def test_a_lost_discharge_does_not_join_stays_months_apart():
    known, present = chain(at_hospital("a", ago(days=300)), at_hospital("b", ago(days=2)))
    assert len(known) == 2
    assert present is not None
    assert present.refs == {"Encounter/b"}


def test_an_emergency_contact_that_nobody_closed_is_continued_within_48_hours_only():
    known, _ = chain(at_hospital("em", ago(days=30), code="EMER"), at_hospital("in", ago(days=2)))
    assert len(known) == 2


@pytest.mark.parametrize(("gap_hours", "chains"), [(20, 1), (30, 2)])
def test_a_new_stay_within_a_day_belongs_to_the_chain(gap_hours: float, chains: int):
    known, _ = chain(at_hospital("a", ago(days=9), ago(days=5)), at_hospital("b", ago(hours=5 * 24 - gap_hours)))
    assert len(known) == chains


def test_a_planned_stay_and_one_that_has_not_begun_are_no_chain():
    known, present = chain(at_hospital("a", ahead(days=1), status="planned"), at_hospital("b", ahead(days=2)))
    assert (known, present) == ([], None)


def test_leave_is_marked_in_the_present_stay():
    shown = told(at_hospital("a", ago(days=4), status="onleave", extension=[LEAVE]), section="46240-8")
    assert "Aktuelt ophold Present stay" in shown
    assert "Sammenhængende forløb siden 06.03.2026 03:00" in shown
    assert "PÅ ORLOV (on leave) indlagt" in shown
    assert "orlov: 08.03.2026 10:00\N{EN DASH}" in shown


def test_present_last_and_earlier_stays_stand_in_that_order():
    made = document(
        at_hospital("now", ago(days=1)),
        at_hospital("last", ago(days=40), ago(days=35)),
        at_hospital("older", ago(days=400), ago(days=390)),
        at_hospital("visit", ago(days=5), ago(days=5, hours=-1), code="AMB"),
    )
    section = sections(made)["46240-8"]
    shown = words(section)
    assert refs(section) == ["Encounter/now", "Encounter/last", "Encounter/older", "Encounter/visit"]
    assert shown.index("Aktuelt ophold") < shown.index("Seneste ophold") < shown.index("Tidligere ophold")
    assert shown.index("Tidligere ophold") < shown.index("Andre kontakter")


def test_a_cancelled_stay_never_was():
    made = document(at_hospital("x", ago(days=1), status="entered-in-error"))
    assert "Encounter/x" not in made.shown


def test_the_document_says_since_when_the_chain_goes_on():
    first = json.loads(document(at_hospital("now", ago(days=1))).body)["entry"][0]["resource"]
    assert "Sammenhængende forløb siden 09.03.2026 03:00" in words(first)


def test_an_emergency_contact_open_for_days_is_doubted():
    shown = told(at_hospital("em", ago(days=10), code="EMER"), section="46240-8")
    assert "GAMMEL OPLYSNING" in shown
