"""The checklist is whole: each of its thirty rows names tests that are collected, and no test of a row is left out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from leak_checklist import CHECKLIST

ROOT = Path(__file__).parents[2]
_LISTED = re.compile(r"^tests/leaks/(\w+)\.py::(test_\w+)", re.MULTILINE)


@pytest.fixture(scope="module")
def collected(request: pytest.FixtureRequest) -> set[str]:
    """Every test that `make test` collects here, as `module::function`."""
    found = {
        f"{item.path.stem}::{getattr(item, 'originalname', item.name)}"
        for item in request.session.items
        if item.path.parent == Path(__file__).parent
    }
    modules = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    if {name.partition("::")[0] for name in found} == modules:
        return found
    # A part of the tests was asked for: the whole is collected by another process.
    command = [sys.executable, "-m", "pytest", "--collect-only", "-n", "0", "-p", "no:randomly", "tests/leaks"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=250).stdout
    return {f"{module}::{test}" for module, test in _LISTED.findall(listed)}


def test_the_checklist_has_thirty_rows() -> None:
    assert list(CHECKLIST) == list(range(1, 31))


@pytest.mark.parametrize("number", CHECKLIST)
def test_each_row_names_tests_that_are_collected(collected: set[str], number: int) -> None:
    row = CHECKLIST[number]
    assert row.tests, f"row {number} ({row.what}) has no test"
    assert not set(row.tests) - collected


def test_no_test_of_a_row_is_missing_from_the_checklist(collected: set[str]) -> None:
    """A test that bears the number of a row stands under it, so that whoever removes one is seen."""
    named = {test for row in CHECKLIST.values() for test in row.tests}
    of_rows = {test for test in collected if "::test_row_" in test}
    assert of_rows <= named
    for number, row in CHECKLIST.items():
        assert all(f"::test_row_{number:02d}_" in test for test in row.tests if "::test_row_" in test), number
