"""Master, contradictions, representation: what Patients and related persons prove about people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from translate_builders import CPR, corpus, corpus_files

from app.translate.demographics import Candidate, contradictions, demographics_of, master_of
from app.translate.representation import representations_of
from app.translate.times import OPEN_END, OPEN_START, bounds
from consent.vocabulary import Function, RepresentationKind
from schemas.terminology import systems


def patient(**elements):
    defaults = {
        "resourceType": "Patient",
        "identifier": [{"system": systems.CPR, "value": CPR}],
        "name": [{"use": "official", "family": "Elmer"}],
        "birthDate": "1947-09-25",
    }
    return {**defaults, **elements}


def candidate(key, kind="hospital", updated_us=0, **elements):
    return Candidate(
        key=key, source_kind=kind, updated_us=updated_us, demographics=demographics_of(patient(**elements))
    )


def test_a_patient_states_numbers_birth_and_death():
    stated = demographics_of(patient(deceasedDateTime="2025-12-24T08:00:00+01:00"))
    assert [held.number.value for held in stated.numbers] == [CPR]
    assert stated.born_us == bounds("1947-09-25")[0]
    assert (stated.is_dead, stated.died_us) == (True, bounds("2025-12-24T08:00:00+01:00")[0])


def test_death_may_be_stated_without_a_time_and_life_may_be_stated():
    assert demographics_of(patient(deceasedBoolean=True)).is_dead is True
    assert demographics_of(patient(deceasedBoolean=False)).is_dead is False
    assert demographics_of(patient()).is_dead is None


def test_a_replacement_number_of_each_kind_is_read_with_its_time():
    identifiers = [
        {"system": systems.X_ECPR, "value": "0703921VJ4", "period": {"end": "2025-01-01"}},
        {"system": systems.CPR, "value": CPR, "use": "official"},
    ]
    first, second = demographics_of(patient(identifier=identifiers)).numbers
    assert first.held == (OPEN_START, bounds("2025-01-01")[1])
    assert second.number.is_permanent


def test_the_register_answers_before_the_hospital_before_the_gp_before_the_municipality():
    kinds = ["municipality", "general-practice", "hospital", "register"]
    found = [candidate(index, kind) for index, kind in enumerate(kinds)]
    assert [master_of(found[: count + 1]).key for count in range(4)] == [0, 1, 2, 3]


def test_of_one_rank_a_permanent_number_then_the_newest_answers():
    temporary = [{"system": systems.X_ECPR, "value": "0703921VJ4"}]
    assert master_of([candidate(1, identifier=temporary, updated_us=9), candidate(2)]).key == 2
    assert master_of([candidate(1, updated_us=1), candidate(2, updated_us=2)]).key == 2
    assert master_of([]) is None


@given(st.permutations([candidate(1, "municipality"), candidate(2), candidate(3, "alien"), candidate(4, updated_us=5)]))
def test_the_master_does_not_depend_on_the_order(candidates):
    assert master_of(candidates).key == 4


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"birthDate": "1947-09-26"}, "birthDate"),
        ({"identifier": [{"system": systems.CPR, "value": "2512489996"}]}, "identifier"),
        ({"name": [{"use": "official", "family": "Berggren"}]}, "name.family"),
    ],
)
def test_a_contradiction_is_found_by_its_element(change, element):
    [found] = contradictions([candidate(1), candidate(2, **change)])
    assert (found.element, found.left, found.right) == (element, 1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"birthDate": "1947"},
        {"name": [{"family": "ELMER"}]},
        {"name": []},
        {"identifier": [{"system": systems.X_ECPR, "value": "0703921VJ4"}]},
    ],
)
def test_less_said_is_no_contradiction(change):
    assert contradictions([candidate(1), candidate(2, **change)]) == ()


def test_one_dead_and_one_alive_is_a_contradiction():
    found = contradictions([candidate(1, deceasedBoolean=True), candidate(2, deceasedBoolean=False)])
    assert [each.element for each in found] == ["deceased[x]"]


def test_the_published_number_on_two_persons_is_found():
    both = [
        Candidate(key=key, source_kind="hospital", updated_us=0, demographics=demographics_of(corpus("dk-core", name)))
        for key, name in enumerate(["Patient-john.json", "Patient-Einer.json"])
    ]
    assert "name.family" in {found.element for found in contradictions(both)}


def test_demographics_show_nobody():
    shown = repr(candidate(1))
    assert CPR not in shown
    assert "elmer" not in shown


def related(code, system=systems.RELATIONSHIP_DK, **elements):
    defaults = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": "Patient/p"},
        "identifier": [{"system": systems.CPR, "value": "2512489996"}],
        "relationship": [{"coding": [{"system": system, "code": code}]}],
    }
    return {**defaults, **elements}


def test_parental_authority_from_the_register_is_custody():
    [row] = representations_of(related("PARAUTH"), function=Function.REGISTER)
    assert (row.kind, row.number.value) == (RepresentationKind.CUSTODY, "2512489996")
    assert row.held == (OPEN_START, OPEN_END)


def test_a_guardian_from_the_register_is_one_for_the_stated_time():
    guardian = related("GUARD", systems.ROLE_CODE, period={"start": "2024-01-01"})
    [row] = representations_of(guardian, function=Function.REGISTER)
    assert (row.kind, row.held) == (RepresentationKind.GUARDIAN, (bounds("2024-01-01")[0], OPEN_END))


@pytest.mark.parametrize("function", [function for function in Function if function is not Function.REGISTER])
def test_nobody_but_the_register_proves_representation(function):
    assert representations_of(related("PARAUTH"), function=function) == ()


@pytest.mark.parametrize("code", ["PRICARE", "PROCON"])
def test_a_carer_or_contact_person_may_not_act(code):
    assert representations_of(related(code), function=Function.REGISTER) == ()


def test_a_parent_without_authority_may_not_act():
    assert representations_of(related("MTH", systems.ROLE_CODE), function=Function.REGISTER) == ()


def test_an_inactive_or_nameless_related_person_proves_nothing():
    assert representations_of(related("PARAUTH", active=False), function=Function.REGISTER) == ()
    assert representations_of(related("PARAUTH", identifier=[]), function=Function.REGISTER) == ()


def test_no_published_related_person_gives_a_right_unless_a_register_says_so():
    people = [json.loads(path.read_text()) for path in corpus_files("dk-core") if path.stem.startswith("RelatedPerson")]
    proven = [len(representations_of(person, function=Function.REGISTER)) for person in people]
    assert all(representations_of(person, function=Function.HOSPITAL_TREATMENT) == () for person in people)
    assert not people or 0 < sum(proven) < len(people)
