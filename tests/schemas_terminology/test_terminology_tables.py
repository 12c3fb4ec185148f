"""The terminology tables are complete, agree with consent's words, and read both code forms."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.codes import DIAGNOSES
from app.summary import topics
from app.translate.labels import labels_of
from consent.vocabulary import Category, Label
from schemas.homes import HOMES
from schemas.terminology import fsiii, sensitivity, systems
from schemas.terminology.categories import CATEGORIES, OTHERWISE
from schemas.terminology.fsiii import Family
from schemas.terminology.identifiers import FORMS, citizen_number
from schemas.terminology.medication import ANTICOAGULANT, INSULIN, OPIOID, marks_of


def test_every_kept_type_ends_in_exactly_one_category_row_without_conditions():
    for home in HOMES:
        last = [row for row in CATEGORIES if row.is_last and home.type in row.types]
        assert len(last) == 1, home.type


def test_no_category_row_stands_behind_the_one_that_ends_its_type():
    ended: set[str] = set()
    for row in CATEGORIES:
        assert not row.types & ended, row
        if row.is_last:
            ended |= row.types


def test_category_rows_speak_consents_words_and_reach_all_of_them():
    words = {row.category for row in CATEGORIES} | {OTHERWISE}
    assert words == {category.value for category in Category}


def test_sensitivity_rows_speak_consents_words():
    words = {label for row in sensitivity.ROWS for label in row.labels}
    words |= {label for labels in sensitivity.ACT_CODES.values() for label in labels}
    words |= {label for _, labels in sensitivity.WORDS for label in labels}
    words |= sensitivity.OWN_LABELS | sensitivity.SENSITIVE
    assert words <= {label.value for label in Label}


def test_every_stored_label_can_come_from_some_table():
    reachable = {label for row in sensitivity.ROWS for label in row.labels} | sensitivity.OWN_LABELS | {"R", "V"}
    assert reachable == {label.value for label in Label} - {Label.NORMAL_ONLY.value}


def test_every_sensitivity_row_names_its_source():
    assert all(row.source and row.prefixes for row in sensitivity.ROWS)
    compared = {row.system for row in sensitivity.ROWS if row.known == "compared"}
    assert compared == {systems.FSIII, systems.FUNCTION}, "say `compared` only of what was"


def test_no_code_stands_in_two_sensitivity_rows_of_one_system():
    seen: set[tuple[str, str]] = set()
    for row in sensitivity.ROWS:
        for prefix in row.prefixes:
            assert (row.system, prefix) not in seen, prefix
            seen.add((row.system, prefix))


def test_every_uri_is_named_once():
    named = [
        value for name, value in vars(systems).items() if name.isupper() and isinstance(value, str) and ":" in value
    ]
    assert len(named) == len(set(named))


def test_aliases_lead_to_names_that_we_write():
    named = {value for name, value in vars(systems).items() if name.isupper() and isinstance(value, str)}
    for alias, name in systems.ALIASES.items():
        assert alias not in named
        assert name in named
        assert systems.canonical(alias) == name


@pytest.mark.parametrize(
    ("code", "level"),
    [("B1", 0), ("B3", 2), ("b5", 4), ("B6", fsiii.NOT_RELEVANT), ("d984ad21-48fe-4619-845e-2aa0303048e7", 2)],
)
def test_a_severity_code_means_its_level_in_either_form(code, level):
    assert fsiii.level_of(code) == level


def test_what_is_no_severity_code_has_no_level():
    assert fsiii.level_of("J1.1") is None
    assert fsiii.level_of("9") is None


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("J3.8", Family.CARE_CONDITION),
        ("G1.39", Family.NURSING_SERVICE),
        ("4374F01C-494B-4FC6-9D95-A0022FA515CF", Family.NURSING_SERVICE),
        ("Psykisk_pleje_og_stoette", Family.NURSING_SERVICE),
        ("H1.1", Family.CARE_SERVICE),
        ("b07bbb6d-16b2-4cee-b5a5-771ca5beb67c", Family.CARE_SERVICE),
        ("Kommunalt_hjaelpemiddelomraade_indsatser", Family.AID_SERVICE),
        ("7deb81de-12c0-4a49-bd5b-72ea6fe89d83", Family.REHABILITATION_SERVICE),
        ("2abe20c7-c0b4-41c1-b397-52acf36499ef", None),  # one of the codes that only an import brings
        ("G1.99", Family.NURSING_SERVICE),  # newer than our list
        ("c2c2c2c2-0000-4000-8000-000000000000", None),  # an unknown UUID is no C code
        ("DE11", None),
        ("", None),
        ("G1.x", None),
    ],
)
def test_a_code_belongs_to_its_family_in_either_form(code, family):
    assert fsiii.family_of(code) == family


def test_only_single_codes_that_a_table_of_ours_names_are_shipped():
    named = {"J1.1"}  # the example of both code forms in docs/messages.md
    named |= set(fsiii.SCALE_LEVELS)
    named |= {code for topic in topics.FUNCTIONS for system, code in topic.codes if system == systems.FSIII}
    sensitive = {prefix for row in sensitivity.ROWS if row.system == systems.FSIII for prefix in row.prefixes}
    for pairs in fsiii.NAMED.values():
        for legacy in pairs:
            assert legacy in named or legacy.upper() in sensitive or legacy.upper().split(".")[0] in sensitive, legacy
    assert len(fsiii.ROOTS) == len(Family)
    assert len(fsiii.SINGLE_CODES) < 100


@pytest.mark.parametrize(
    ("atc", "marks"),
    [
        ("B01AF02", (ANTICOAGULANT,)),
        ("a10ab05", (INSULIN,)),
        ("A10BA02", ()),
        ("N02AA01", (OPIOID,)),
        ("N07BC02", (OPIOID,)),
        ("", ()),
    ],
)
def test_dangerous_drugs_are_marked_by_their_atc_code(atc, marks):
    assert marks_of(atc) == marks


@pytest.mark.parametrize(
    ("system", "value", "kept"),
    [
        (systems.CPR, "2509479989", "2509479989"),
        (systems.CPR, "250947-9989", "2509479989"),
        (systems.CPR, " 250947 9989 ", "2509479989"),
        (systems.CPR, "2902010000", "2902010000"),  # 29 February always may be
        (systems.CPR, "3002010000", None),
        (systems.CPR, "3113010000", None),
        (systems.CPR, "25094799", None),
        (systems.CPR, "٢٥٠٩٤٧٩٩٨٩", None),  # digits, but not ASCII
        (systems.X_ECPR, "0703921vj4", "0703921VJ4"),
        (systems.X_ECPR, "0703922VJ4", None),
        (systems.D_ECPR_SJAELLAND, "1206550VK9", "1206550VK9"),
        (systems.SOR, "265161000016000", None),
        ("http://rn.dk", "0706830VJ9", None),
        (None, "2509479989", None),
        (systems.CPR, 2509479989, None),
    ],
)
def test_a_citizens_number_has_one_normal_form(system, value, kept):
    number = citizen_number(system, value)
    assert (None if number is None else number.value) == kept


def test_official_test_numbers_are_accepted_although_they_fail_modulus_11():
    facts = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")).parent / "facts"
    if not facts.is_dir():
        pytest.skip("the facts are not on this machine")
    with (facts / "test-patients.csv").open() as file:
        for row in csv.DictReader(file):
            assert citizen_number(systems.CPR, row["cpr"]) is not None


def test_a_number_never_shows_itself():
    number = citizen_number(systems.CPR, "2509479989")
    assert "2509479989" not in f"{number!r} {number} {[number]}"


@given(st.sampled_from([*FORMS, "urn:x"]), st.text(max_size=20))
def test_any_text_is_a_number_or_none_and_its_normal_form_is_stable(system, value):
    number = citizen_number(system, value)
    if number is not None:
        assert citizen_number(system, number.value) == number


def test_the_codes_of_one_disease_in_several_languages_earn_the_same_labels():
    """The demo's diagnoses stand in SKS, ICPC-2 and FSIII side by side; FSIII may say less, never another thing."""
    for key, row in DIAGNOSES.items():
        said = [
            labels_of({"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}})
            for system, code in ((systems.SKS_DIAGNOSIS, row.sks), (systems.ICPC2, row.icpc))
        ]
        assert said[0] == said[1], key
