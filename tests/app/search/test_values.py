from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import values
from app.search.values import LEAST, LONGEST_TEXT, MOST, fold, scaled

FOLDED = {
    "Jørgen": "jørgen",
    "Ångstrøm": "angstrøm",
    "Ærø": "ærø",
    "José-María": "josemaria",
    "O'Brien": "obrien",
    "  two\t\n words ": "two words",
    "STRASSE": "strasse",
    "Straße": "strasse",
    "a\u0308": "a",
    "ﬁ ℡": "fi tel",
    "a - b": "a b",
    "!?": "",
    "\0x": "x",
}
SCALED = {
    5: 5_000_000,
    Decimal("5.40"): 5_400_000,
    5.4: 5_400_000,
    Decimal("-0.0000001"): -1,
    Decimal("1E+13"): MOST,
    Decimal("-1E+999999"): LEAST,
    Decimal("1E-999999"): 0,
    Decimal("-1E-999999"): -1,
    10**4000: MOST,
    9 * 10**12: MOST,
    -9 * 10**12: LEAST,
    True: None,
    "5": None,
    float("nan"): None,
    Decimal("Infinity"): None,
}


@pytest.mark.parametrize("text", FOLDED)
def test_texts_are_compared_without_case_accents_punctuation_and_white_space(text: str) -> None:
    assert fold(text) == FOLDED[text]


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_folded_text_can_be_stored_and_has_no_wildcards(text: str) -> None:
    folded = fold(text * 3)
    folded.encode()
    assert len(folded) <= LONGEST_TEXT
    assert not set(folded) & set("\0%_\\")


@pytest.mark.parametrize(("value", "expected"), SCALED.items(), ids=lambda value: str(value)[:20])
def test_numbers_are_kept_in_millionths_within_the_column(value: object, expected: int | None) -> None:
    assert scaled(value) == expected


@given(st.decimals() | st.integers() | st.floats() | st.text() | st.none())
def test_no_number_is_too_much(value: object) -> None:
    number = scaled(value)
    assert number is None or LEAST <= number <= MOST


@given(st.text(), st.text())
def test_hashes_fit_the_column_and_are_never_zero(one: str, other: str) -> None:
    hashes = [
        values.hash_code(one),
        values.hash_system_code(one, other),
        values.hash_system(one),
        values.hash_reference(one),
        values.hash_uri(one),
        values.hash_exact(one),
        values.hash_unit(one, other),
    ]
    assert all(0 < value < 2**63 for value in hashes)
    assert len(set(hashes)) == len(hashes)


def test_hashes_never_change_because_databases_hold_them() -> None:
    assert values.hash_code("Final") == values.hash_code("final") == 4198024894479727599
    assert values.hash_reference("Patient/a/_history/3") == values.hash_reference("Patient/a")
