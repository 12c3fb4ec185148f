"""The tables are complete, and say what the design binds them to."""

from datetime import timedelta

from consent.policy import (
    ACCEPTED_EVIDENCE,
    DOORS,
    EMERGENCY_READS,
    POLICY_NAME,
    POLICY_VERSION,
    READS,
    RELATIONS,
    SOCIAL,
    TREATING,
    WRITES,
)
from consent.rules import RULES
from consent.vocabulary import Action, Category, DeclarationKind, Evidence, Function, RelationKind


def test_every_function_has_its_row() -> None:
    assert READS.keys() == WRITES.keys() == set(Function)
    assert RELATIONS.keys() == TREATING
    assert not TREATING & SOCIAL


def test_every_relation_kind_and_door_has_its_row() -> None:
    assert ACCEPTED_EVIDENCE.keys() == set(RelationKind)
    assert DOORS.keys() == set(DeclarationKind)


def test_no_professional_reads_the_log_or_consents_or_writes_them() -> None:
    closed = {Category.ACCESS_LOG, Category.CONSENT}
    for function in set(Function) - {Function.CITIZEN, Function.REPRESENTATIVE}:
        assert not READS[function] & closed
        assert not WRITES[function] & closed
    assert not EMERGENCY_READS & closed


def test_municipal_functions_treat_by_health_services_alone() -> None:
    municipal = {
        Function.HOME_NURSING,
        Function.ACUTE_TEAM,
        Function.REHABILITATION,
        Function.TEMPORARY_CARE_BED,
        Function.ADDICTION_TREATMENT,
    }
    for function in municipal:
        assert RELATIONS[function] == {RelationKind.HEALTH_SERVICE}


def test_residence_and_social_services_are_never_evidence() -> None:
    used = frozenset().union(*RELATIONS.values())
    assert used == set(RelationKind) - {RelationKind.RESIDENCE, RelationKind.SOCIAL_SERVICE}
    assert not ACCEPTED_EVIDENCE[RelationKind.RESIDENCE] | ACCEPTED_EVIDENCE[RelationKind.SOCIAL_SERVICE]
    assert ACCEPTED_EVIDENCE[RelationKind.OWN_GP] == {Evidence.REGISTER}
    assert all(Evidence.DECLARED not in accepted for accepted in ACCEPTED_EVIDENCE.values())


def test_doors_stay_open_no_longer_than_promised() -> None:
    assert DOORS[DeclarationKind.TREATING_NOW].longest == timedelta(hours=24)
    assert DOORS[DeclarationKind.CONSENT_NOW].longest == timedelta(hours=24)
    assert DOORS[DeclarationKind.EMERGENCY].longest == timedelta(hours=4)


def test_rules_have_unique_ids_and_apply_somewhere() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(rule.actions for rule in RULES)
    assert frozenset().union(*(rule.actions for rule in RULES)) == set(Action)


def test_the_policy_has_a_name_and_a_version() -> None:
    assert POLICY_VERSION.startswith(f"{POLICY_NAME}|")
