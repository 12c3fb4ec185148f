"""What a refused caller is told: complete, in two languages, from caller and purpose alone, and never a dead end."""

import re
from itertools import product

import pytest

from consent import Permit, decide, guidance
from consent.guiding import ASKING_FOR_CONSENT
from consent.policy import CITIZENS, SOCIAL, SYSTEMS, TREATING
from consent.vocabulary import Action, Function, Purpose
from tests.consent.cases import load_cases

EVERYTHING = list(product(Function, Purpose, Action))


def test_every_function_purpose_and_action_has_its_words_in_both_languages() -> None:
    for function, purpose, action in EVERYTHING:
        text = guidance(function, purpose, action)
        for words in (text.da, text.en):
            assert re.fullmatch(r"[A-ZÆØÅ].{40,}\.", words), (function, purpose, action)
            assert "  " not in words
        assert text.da != text.en


def test_the_two_languages_name_the_same_operations_paragraphs_and_purposes() -> None:
    words = re.compile(r"`[^`]+`|§+ \d+(?: [a-d]\b)?|\b(?:TREAT|ETREAT|BTG|CAREMGT|HOPERAT|PATRQT|PATADMIN)\b")
    for function, purpose, action in EVERYTHING:
        text = guidance(function, purpose, action)
        assert words.findall(text.da) == words.findall(text.en), (function, purpose, action)


@pytest.mark.parametrize("function", sorted(TREATING))
def test_a_treating_function_is_told_of_all_three_doors(function: Function) -> None:
    text = guidance(function, Purpose.TREATMENT, Action.LOOK_UP)
    for operation in ("$treating-now", "$consent-now", "$emergency-access"):
        assert operation in text.da
        assert operation in text.en


def test_how_to_ask_for_consent_says_what_to_say_where_it_is_noted_by_what_law_and_when_it_lapses() -> None:
    for part in ("hvilke oplysninger", "til", "frivilligt", "trækkes tilbage", "journalen", "$consent-now", "24 timer"):
        assert part in ASKING_FOR_CONSENT.da
    for part in ("§ 42 a, stk. 3", "skal bekræftes af en jurist", "borgeren får besked"):
        assert part in ASKING_FOR_CONSENT.da
    assert ASKING_FOR_CONSENT.da in guidance(Function.HOME_NURSING, Purpose.TREATMENT, Action.LOOK_UP).da


@pytest.mark.parametrize(
    ("functions", "purpose", "action", "parts"),
    [
        (TREATING, Purpose.EMERGENCY, Action.LOOK_UP, ("fire timer", "§ 42 a, stk. 2")),
        (TREATING, Purpose.RESEARCH, Action.LOOK_UP, ("skriftligt", "et år", "§ 42 d")),
        (TREATING, Purpose.QUALITY, Action.LOOK_UP, ("seks måneder", "ledelsen")),
        (TREATING, Purpose.OPERATIONS, Action.LOOK_UP, ("udpeget", "nr. 3")),
        (
            SOCIAL | {Function.ASSISTANT, Function.ADMINISTRATOR},
            Purpose.OPERATIONS,
            Action.LOOK_UP,
            ("udpeget", "nr. 3"),
        ),
        (TREATING, Purpose.PATIENT_REQUEST, Action.LOOK_UP, ("TREAT",)),
        (TREATING, Purpose.TREATMENT, Action.DISCLOSE, ("§§ 41 og 42",)),
        (TREATING, Purpose.PAYMENT, Action.DISCLOSE, ("§§ 43 og 44", "et år")),
        (TREATING, Purpose.TREATMENT, Action.DIRECT, ("$consent-now",)),
        (SOCIAL, Purpose.CARE_MANAGEMENT, Action.LOOK_UP, ("ikke behandling", "frivilligt", "Consent")),
        (SOCIAL, Purpose.TREATMENT, Action.LOOK_UP, ("CAREMGT",)),
        ({Function.ASSISTANT}, Purpose.TREATMENT, Action.LOOK_UP, ("§ 42 a, stk. 4", "ansvarlige")),
        ({Function.ASSISTANT}, Purpose.EMERGENCY, Action.LOOK_UP, ("TREAT",)),
        (SYSTEMS, Purpose.TREATMENT, Action.LOOK_UP, ("personlig adgang",)),
        (CITIZENS, Purpose.TREATMENT, Action.LOOK_UP, ("PATRQT", "15 år")),
        (CITIZENS, Purpose.PATIENT_REQUEST, Action.READ_LOG, ("15 år",)),
        ({Function.DATA_PROTECTION}, Purpose.TREATMENT, Action.READ_LOG, ("HOPERAT",)),
        ({Function.DATA_PROTECTION}, Purpose.OPERATIONS, Action.EXPLAIN, ("egen organisation", "loggen")),
        (TREATING, Purpose.TREATMENT, Action.EXPLAIN, ("din egen adgang", "$treating-now")),
        (SOCIAL, Purpose.CARE_MANAGEMENT, Action.EXPLAIN, ("din egen adgang", "samtykke")),
        (set(Function) - TREATING, Purpose.TREATMENT, Action.DECLARE, ("Bed en sundhedsperson",)),
        (TREATING, Purpose.RESEARCH, Action.DECLARE, ("ETREAT",)),
        (CITIZENS, Purpose.PATIENT_REQUEST, Action.SUBMIT, ("bed den, der har skrevet det",)),
        (SYSTEMS, Purpose.RESEARCH, Action.SUBMIT, ("PATADMIN",)),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set | frozenset) else value)[:40],
)
def test_the_words_fit_who_asks_and_for_what(functions, purpose: Purpose, action: Action, parts: tuple) -> None:
    for function in functions:
        for part in parts:
            assert part in guidance(function, purpose, action).da, (function, part)


def test_nobody_who_can_be_permitted_is_told_that_the_function_gives_no_access() -> None:
    """Whoever some case permits is told of a way, not that there is none."""
    dead_ends = ("giver ikke adgang", "indberetter ikke", "kan ikke erklære")
    for case in load_cases():
        request = case.request
        if isinstance(decide(request, case.facts), Permit):
            for purpose in request.purposes:
                text = guidance(request.requester.function, purpose, request.action).da
                assert not any(words in text for words in dead_ends), case.name


def test_no_paragraph_is_cited_as_certain_that_no_lawyer_has_confirmed() -> None:
    """What rests on a rule of ours that is to be confirmed says so, in every text that cites its paragraph alone."""
    certain = {
        "§ 42 a, stk. 4",
        "§ 42 d, stk. 2",
        "§§ 41 og 42",
        "§§ 43 og 44",
        "§ 41, stk. 4",
    }  # their rules are verified
    cited = re.compile(r"\(Sundhedsloven ([^);]+)(;[^)]*)?\)")
    for function, purpose, action in EVERYTHING:
        for paragraph, mark in cited.findall(guidance(function, purpose, action).da):
            assert mark or paragraph in certain, paragraph
