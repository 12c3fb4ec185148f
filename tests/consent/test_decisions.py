"""Every decision case, through the engine."""

from pathlib import Path

import pytest

from consent import Denial, Permit, decide, may_disclose
from consent.rules import DEFECT, NO_BASIS, RULES
from tests.consent.cases import DecisionCase, load_cases, load_world

CASES = load_cases()
WORLD = load_world()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_case_is_decided_as_its_lawyer_reads_it(case: DecisionCase) -> None:
    decision = decide(case.request, case.facts)
    rules = {reason.rule for reason in decision.reasons}
    assert not rules & case.not_because
    if isinstance(decision, Denial):
        assert not case.permitted, rules
        assert not case.because or rules == case.because
        return
    assert case.permitted, rules
    assert case.because <= rules
    seen = {name for name, item in WORLD.records.items() if may_disclose(decision, item)}
    assert case.sees is None or seen == case.sees
    assert case.also_sees <= seen
    assert not case.unseen & seen
    assert case.duties is None or decision.obligations == case.duties
    assert case.until is None or decision.valid_until == case.until


def test_every_rule_has_a_yes_and_a_no() -> None:
    told = {(case.rule, bool(case.permitted)) for case in CASES}
    closing = {"L6", "F1", "F2", "F3", "L5-P", "A0"}  # they close part of a record: both are permits, one sees more
    missing = [
        (rule.id, answer)
        for rule in RULES
        for answer in (True, False)
        if (rule.id, answer) not in told and not (rule.id in closing and not answer)
    ]
    assert missing == []


def test_every_case_is_about_a_rule() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES} | {NO_BASIS.rule}


def test_every_permit_names_a_rule_that_opened_it() -> None:
    for case in CASES:
        decision = decide(case.request, case.facts)
        if isinstance(decision, Permit):
            assert any(reason.effect == "permit" for reason in decision.reasons), case.name
        assert DEFECT not in decision.reasons, case.name


def test_names_of_cases_are_unique_in_their_file() -> None:
    names = [(case.file, case.name) for case in CASES]
    assert len(names) == len(set(names))
    assert {case.file for case in CASES} == {p.stem for p in Path(__file__).parent.glob("decisions/*.yaml")} - {"world"}
