"""The tests of consent/ notice nearly every change of its code; what they do not is explained."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.consent.mutants import EXPLAINED, modules, mutants_of, path_of
from tests.consent.mutation import Seen, Verdicts

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


def test_a_mutant_changes_its_own_place_alone() -> None:
    module = "consent.ages"
    texts = [ast.unparse(mutant.changed()) for mutant in mutants_of(module)]
    assert len({*texts, ast.unparse(ast.parse(path_of(module).read_text("utf-8")))}) == len(texts) + 1


def test_the_tests_that_execute_the_line_are_run_the_quickest_first() -> None:
    mutant = next(mutants_of("consent.ages"))
    file = str(path_of("consent.ages"))
    lines = {"slow": {file: [mutant.line]}, "quick": {file: [mutant.line]}, "elsewhere": {file: [1]}}
    seconds = {"slow": 2.0, "quick": 1.0, "elsewhere": 0.1}
    assert Seen(lines, seconds).tests_of(mutant) == ["quick", "slow"]
    assert Seen({"": {file: [mutant.line]}}, seconds).tests_of(mutant) == ["elsewhere", "quick", "slow"]


def test_what_was_noticed_is_not_tried_again_and_what_was_not_is(tmp_path: Path) -> None:
    noticed, alive, *_ = mutants_of("consent.ages")
    first = Verdicts(tmp_path / "verdicts")
    first.add(noticed, noticed=True)
    first.add(alive, noticed=False)
    again = Verdicts(tmp_path / "verdicts")
    assert again.is_noticed(noticed)
    assert not again.is_noticed(alive)
