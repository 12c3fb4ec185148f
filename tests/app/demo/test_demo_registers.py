"""The register feed: own GP, residence, custody and guardianship of the official families."""

from datetime import UTC, date, datetime

import pytest

from app.demo.cluster import Cluster
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import NANCY
from app.demo.registers import RegisterKind, RegisterRow, majority
from consent.vocabulary import RelationKind, RepresentationKind

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def rows(cluster: Cluster, value: str, kind: RegisterKind) -> list[RegisterRow]:
    return [row for row in cluster.register if row.identifier[1] == value and row.kind is kind]


def test_the_main_citizen_has_her_own_gp_and_lives_in_municipality_a(cluster):
    assert [row.organisation for row in rows(cluster, NANCY[1], RegisterKind.OWN_GP)] == [ORGANISATIONS["gp-1"].sor]
    residence = rows(cluster, NANCY[1], RegisterKind.RESIDENCE)
    assert [row.organisation for row in residence] == [ORGANISATIONS["municipality-a"].sor]


def test_every_citizen_was_born_and_has_at_most_one_gp(cluster):
    for citizen in cluster.citizens:
        assert len(rows(cluster, citizen.value, RegisterKind.BIRTH)) == 1
        assert len(rows(cluster, citizen.value, RegisterKind.OWN_GP)) == (citizen.practice is not None)


def test_somebody_who_lives_elsewhere_has_no_organisation_here(cluster):
    (row,) = rows(cluster, "1502779995", RegisterKind.RESIDENCE)
    assert (row.organisation, row.municipality) == (None, "0751")


def test_a_mother_has_custody_until_the_eighteenth_birthday(cluster):
    (row,) = rows(cluster, "0505109990", RegisterKind.CUSTODY)
    assert row.representative is not None
    assert row.representative[1] == "2911829996"
    assert row.stop == datetime(2028, 5, 5, tzinfo=UTC)


def test_nobody_has_custody_of_an_adult(cluster):
    adults = {citizen.value for citizen in cluster.citizens if citizen.age(AT) >= 18}
    assert not [row for row in cluster.register if row.kind is RegisterKind.CUSTODY and row.identifier[1] in adults]


def test_an_adult_of_the_official_families_has_her_guardian(cluster):
    (row,) = rows(cluster, "1509819996", RegisterKind.GUARDIAN)
    assert row.representative == NANCY


def test_generated_children_have_parents_with_custody(cluster):
    children = [one for one in cluster.citizens[38:] if one.archetype == "child"]
    assert children
    assert all(rows(cluster, child.value, RegisterKind.CUSTODY) for child in children[:-1])


@pytest.mark.parametrize(
    ("born", "grown"),
    [(date(2008, 2, 29), datetime(2026, 3, 1, tzinfo=UTC)), (date(2010, 5, 5), datetime(2028, 5, 5, tzinfo=UTC))],
)
def test_the_day_of_majority(born, grown):
    assert majority(born) == grown


def test_kinds_are_words_of_the_engine():
    assert RelationKind(RegisterKind.OWN_GP.value)
    assert RelationKind(RegisterKind.RESIDENCE.value)
    assert RepresentationKind(RegisterKind.CUSTODY.value)
    assert RepresentationKind(RegisterKind.GUARDIAN.value)
