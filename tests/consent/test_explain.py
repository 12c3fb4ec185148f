"""Decisions and refusals in words."""

import re

import pytest

from consent import decide, explain, guidance, sentences
from consent.explain import TEXTS
from consent.model import Facts, Reason
from consent.rules import RULES
from consent.vocabulary import Action, Effect, Evidence, EvidenceMark, Function, Purpose
from tests.consent.test_directives import FACTS


def test_a_permit_is_explained_with_rule_and_paragraph(make_request) -> None:
    lines = explain(decide(make_request(), FACTS))
    assert lines[0] == "Der er adgang."
    assert lines[-1] == (
        "Giver adgang (L1): En sundhedsperson må indhente de oplysninger, der er nødvendige i forbindelse med aktuel "
        "behandling af borgeren. [Sundhedsloven § 42 a, stk. 1]"
    )


def test_a_refusal_is_explained_in_english_too(make_request) -> None:
    assert explain(decide(make_request(), Facts()), "en") == [
        "Access is not given.",
        "Limits (D0): No rule gives access; the duty of secrecy is the starting point. [Sundhedsloven § 40]",
    ]


def test_what_a_lawyer_has_not_confirmed_says_so() -> None:
    reason = Reason(rule="L2", effect=Effect.PERMIT, paragraph="§", mark=EvidenceMark.TO_BE_CONFIRMED.value)
    assert sentences([reason], "da")[0].endswith("[§; skal bekræftes af en jurist]")
    assert sentences([reason], "en")[0].endswith("[§; to be confirmed by a lawyer]")


@pytest.mark.parametrize(
    ("evidence", "ending"),
    [
        (Evidence.SELF_ASSERTED, "egen registrering."),
        (Evidence.DECLARED, "egen erklæring."),
        (Evidence.NOTIFICATION, "[§]"),
    ],
)
def test_weak_evidence_is_told(evidence: Evidence, ending: str) -> None:
    reason = Reason(rule="L1", effect=Effect.PERMIT, paragraph="§", mark="verified", evidence=evidence)
    assert sentences([reason], "da")[0].endswith(ending)


def test_a_rule_of_an_older_version_can_still_be_rendered() -> None:
    reason = Reason(rule="GONE", effect=Effect.DENY, paragraph="§", mark="verified")
    assert "GONE" in sentences([reason], "da")[0]


def test_every_rule_is_one_sentence_in_both_languages() -> None:
    for rule_id, text in TEXTS.items():
        for sentence in (text.da, text.en):
            assert re.fullmatch(r"[A-ZÆØÅ].*[^.]\.", sentence), rule_id
        assert text.da != text.en


def test_paragraphs_are_cited_as_danish_law_is() -> None:
    for rule in RULES:
        assert not re.search(r"§\d|stk\.\d|\d[a-d]\b", rule.paragraph), rule.id


def test_guidance_knows_every_function_purpose_and_action() -> None:
    for function in Function:
        for purpose in Purpose:
            for action in Action:
                text = guidance(function, purpose, action)
                assert text.da.endswith(".")
                assert text.en.endswith(".")
                assert text["da"] == text.da
                assert text["en"] == text.en


@pytest.mark.parametrize(
    ("function", "purpose", "part"),
    [
        (Function.HOME_NURSING, Purpose.TREATMENT, "»behandler nu«"),
        (Function.HOME_NURSING, Purpose.TREATMENT, "samtykke"),
        (Function.HOSPITAL_TREATMENT, Purpose.BREAK_GLASS, "fire timer"),
        (Function.GENERAL_PRACTICE, Purpose.RESEARCH, "Formålet"),
        (Function.HOME_CARE, Purpose.CARE_MANAGEMENT, "ikke behandling"),
        (Function.ASSISTANT, Purpose.TREATMENT, "ledelsen"),
        (Function.CITIZEN, Purpose.PATIENT_REQUEST, "15 år"),
        (Function.SYSTEM, Purpose.TREATMENT, "Et system"),
        (Function.ADMINISTRATOR, Purpose.SYSTEM_ADMINISTRATION, "ikke adgang"),
    ],
)
def test_a_refused_caller_is_told_what_to_do_next(function: Function, purpose: Purpose, part: str) -> None:
    assert part in guidance(function, purpose, Action.LOOK_UP).da
