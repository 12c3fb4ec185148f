"""The tests of consent/ notice nearly every change of its code; what they do not is explained."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.consent.mutation import EXPLAINED, modules, mutants_of

ROOT = Path(__file__).parents[2]
DUE = 0.95


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("half", [0, 1], ids=["even", "odd"])
def test_the_tests_of_consent_notice_nearly_every_change_of_its_code(half: int) -> None:
    names = modules()[half::2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.consent.mutation", "--due", str(DUE), *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_explained_survivor_is_a_mutant_that_there_is() -> None:
    there = {
        (mutant.module, mutant.before, mutant.after)
        for module in {row["module"] for row in EXPLAINED}
        for mutant in mutants_of(module)
    }
    gone = [row for row in EXPLAINED if (row["module"], row["before"], row["after"]) not in there]
    assert gone == []
    assert all(row["because"].endswith(".") for row in EXPLAINED)
