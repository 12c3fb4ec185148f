"""Mutation testing of consent/: change the code in one place at a time, and see whether a test notices.

`python -m tests.consent.mutation [--due 0.95] [--sample 400 [--seed 1]] [--verdicts FILE] [module ...]` runs it, as
`make soak` does; a sample is drawn from all mutants of the modules alike. Each mutant lives in a forked child that loads
the changed module in place of the real one and runs tests of consent/ until one fails: only those that execute the
changed lines, the quickest first; which these are is seen once, before. What survives is printed; survivors that mean the
same as the original, or that no test should notice, are explained in `survivors.yaml`.

With `--verdicts` every verdict is appended to a file, and what was noticed before, in the same text of the module, is not
tried again: a long run can be broken off, and one after new tests were written tries what was left alive.
"""

import argparse
import collections
import functools
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

import hypothesis
import hypothesis.stateful
import pytest
import yaml

from tests.consent.mutants import ROOT, Mutant, modules, mutants_of, path_of

_OWN: Final = ("test_mutation.py", "test_seam.py")
"""Of the tests of consent/ these are left out: the tests of this, and those that read the source."""
TESTS: Final = tuple(sorted(path for path in Path(__file__).parent.glob("test_*.py") if path.name not in _OWN))
_OPTIONS: Final = ["-x", "--tb=no", "--noconftest", "--assert=plain", "-o", "addopts=-p no:cacheprovider"] + [
    part for plugin in ("tests.consent.conftest", "no:randomly", "no:xdist", "no:cov") for part in ("-p", plugin)
]
LONGEST_SECONDS: Final = 60
_LOOKING_SECONDS: Final = 900
_TELL_EACH: Final = 50
"""Mutants after which the state is told: a whole run takes most of an hour."""
_ANY: Final = ""
"""Stands for every test: the lines that are executed while the modules are loaded."""

_CODE: Final = str(ROOT / "consent")
Lines = dict[str, set[int]]
"""By file, the lines of consent/ that were executed."""


class Seen:
    """What one run of the tests showed: which test executes which lines, and how long it takes."""

    def __init__(self, lines: dict[str, dict[str, list[int]]], seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self._tests: dict[tuple[str, int], set[str]] = collections.defaultdict(set)
        for test, files in lines.items():
            for file, executed in files.items():
                for line in executed:
                    self._tests[file, line].add(test)

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a line of the mutant, the quickest first."""
        file = str(path_of(mutant.module))
        tests: set[str] = set()
        for line in range(mutant.line, mutant.last_line + 1):
            tests |= self._tests.get((file, line), set())
        if _ANY in tests:
            tests = set(self.seconds)
        return sorted(tests, key=lambda test: (self.seconds[test], test))


class _Watch:
    """A pytest plugin that notes for every test the lines of consent/ that it executes."""

    def __init__(self) -> None:
        self.lines: dict[str, Lines] = {}
        self.seconds: dict[str, float] = {}
        self._noted = self._lines_of(_ANY)
        sys.settrace(self._trace)

    def _lines_of(self, test: str) -> Lines:
        return self.lines.setdefault(test, collections.defaultdict(set))

    def _trace(self, frame: FrameType, event: str, argument: object) -> "Any":
        del event, argument
        file = frame.f_code.co_filename
        return self._line if file.startswith(_CODE) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> "Any":
        del event, argument
        self._noted[frame.f_code.co_filename].add(frame.f_lineno)
        return self._line

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._noted = self._lines_of(item.nodeid)
        begun = time.perf_counter()
        sys.settrace(self._trace)
        yield
        self.seconds[item.nodeid] = time.perf_counter() - begun
        self._noted = self._lines_of(_ANY)


class _Only:
    """A pytest plugin that runs the named tests alone, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.rank = {test: at for at, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])


class _Loads(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.changed(), f"<{self.mutant.module}>", "exec"), module.__dict__)  # noqa: S102


def _status_of(work: Callable[[], int], seconds: int) -> int:
    """Do the work in a forked child, in silence; who takes more seconds of computing ends too, and not with 0."""
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            code = work()
        finally:
            os._exit(int(code != 0))
    return os.waitpid(child, 0)[1]


def _tested(files: Iterable[Path], plugin: object) -> int:
    return int(pytest.main([*_OPTIONS, *map(str, files)], plugins=[plugin]))


def look() -> Seen:
    """Run the tests once without any mutant, and see what each of them executes."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "seen.json"

        def watched() -> int:
            watch = _Watch()
            code = _tested(TESTS, watch)
            lines = {test: {file: sorted(found) for file, found in seen.items()} for test, seen in watch.lines.items()}
            notes.write_text(json.dumps([lines, watch.seconds]), encoding="utf-8")
            return code

        if _status_of(watched, _LOOKING_SECONDS) != 0:
            raise SystemExit("the tests fail without any mutant")
        return Seen(*json.loads(notes.read_text(encoding="utf-8")))


def is_killed(mutant: Mutant, seen: Seen) -> bool:
    """Tell whether a test notices the mutant; a child that hangs or crashes counts as noticed."""
    tests = seen.tests_of(mutant)
    files = dict.fromkeys(ROOT / test.partition("::")[0] for test in tests)

    def mutated() -> int:
        sys.meta_path.insert(0, _Loads(mutant))
        return _tested(files, _Only(tests))

    return bool(tests) and _status_of(mutated, LONGEST_SECONDS) != 0


class Verdicts:
    """What was noticed in earlier runs, in a file with one verdict a line; without a file nothing is kept."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._noticed: set[tuple[str, str, int]] = set()
        if file is not None and file.exists():
            rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
            self._noticed = {(row["module"], row["text"], row["number"]) for row in rows if row["noticed"]}

    def is_noticed(self, mutant: Mutant) -> bool:
        return (mutant.module, _text(mutant.module), mutant.number) in self._noticed

    def add(self, mutant: Mutant, *, noticed: bool) -> None:
        if self.file is not None:
            row = {"module": mutant.module, "text": _text(mutant.module), "number": mutant.number, "noticed": noticed}
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row | {"mutant": str(mutant)}) + "\n")


@functools.cache
def _text(module: str) -> str:
    return hashlib.sha256(path_of(module).read_bytes()).hexdigest()


def trial(
    names: Sequence[str], report: "Report", verdicts: Verdicts, *, sample: int | None = None, seed: int = 1
) -> None:
    """Try every mutant of the modules, or a sample of so many."""
    seen = look()
    mutants = [mutant for name in names for mutant in mutants_of(name)]
    chosen = mutants
    if sample is not None:
        drawn = random.Random(seed).sample(range(len(mutants)), min(sample, len(mutants)))  # noqa: S311
        chosen = [mutants[at] for at in sorted(drawn)]
    print(f"{len(chosen)} of {len(mutants)} mutants", flush=True)  # noqa: T201
    for mutant in chosen:
        noticed = verdicts.is_noticed(mutant)
        if not noticed:
            noticed = is_killed(mutant, seen)
            verdicts.add(mutant, noticed=noticed)
        report.add(mutant, killed=noticed)


class Report:
    """Counts, and prints what survives."""

    def __init__(self) -> None:
        self.killed = 0
        self.explained: list[Mutant] = []
        self.survived: list[Mutant] = []

    def add(self, mutant: Mutant, *, killed: bool) -> None:
        if killed:
            self.killed += 1
        elif mutant.is_explained():
            self.explained.append(mutant)
        else:
            self.survived.append(mutant)
            print(mutant, flush=True)  # noqa: T201
        if self.tried % _TELL_EACH == 0:
            print(f"so far {self}", flush=True)  # noqa: T201

    @property
    def tried(self) -> int:
        return self.killed + len(self.explained) + len(self.survived)

    @property
    def score(self) -> float:
        """Killed, of all: the explained survivors count against it."""
        return self.killed / self.tried if self.tried else 0.0

    def __str__(self) -> str:
        return (
            f"{self.killed} killed, {len(self.explained)} survive and are explained, {len(self.survived)} survive: "
            f"{self.score:.1%}"
        )


def main(names: Sequence[str], *, sample: int | None = None, seed: int = 1, verdicts: Path | None = None) -> Report:
    """Try the named modules, or all."""
    os.environ.pop("OVERGANG_SOAK", None)  # the everyday number of examples, for every mutant
    yaml.safe_load = functools.cache(yaml.safe_load)  # read once here, by every child for nothing
    for path in Path(__file__).parent.rglob("*.yaml"):
        yaml.safe_load(path.read_text(encoding="utf-8"))
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # one failure will do, however large
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=phases)
    hypothesis.settings.load_profile("mutation")
    report = Report()
    trial(names or modules(), report, Verdicts(verdicts), sample=sample, seed=seed)
    print(report, flush=True)  # noqa: T201
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.consent.mutation")
    parser.add_argument("--due", type=float, default=0.0, help="the score below which the run fails")
    parser.add_argument("--sample", type=int, help="try so many mutants only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verdicts", type=Path, help="a file to keep verdicts in, and to go on from")
    parser.add_argument("modules", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    found = main(given.modules, sample=given.sample, seed=given.seed, verdicts=given.verdicts)
    sys.exit(0 if found.score >= given.due and not (given.due and found.survived) else 1)
