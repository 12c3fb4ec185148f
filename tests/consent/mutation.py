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
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Final

import hypothesis
import hypothesis.stateful
import pytest
import yaml

from tests.consent.mutants import ROOT, Mutant, modules, mutants_of, path_of

_OWN: Final = ("test_mutation.py", "test_seam.py")
"""Of the tests of consent/ these are left out: the tests of this, and those that read the source."""
TESTS: Final = tuple(sorted(path for path in Path(__file__).parent.glob("test_*.py") if path.name not in _OWN))
_OPTIONS: Final = ["-x", "-qq", "--tb=no", "--noconftest", "--assert=plain", "-o", "addopts=-p no:cacheprovider"] + [
    part for plugin in ("tests.consent.conftest", "no:randomly", "no:xdist", "no:cov") for part in ("-p", plugin)
]
LONGEST_SECONDS: Final = 60
_LOOKING_SECONDS: Final = 900
_TELL_EACH: Final = 50
"""Mutants after which the state is told: a whole run takes most of an hour."""
_ANY: Final = ""
"""Stands for every test: the lines that are executed while the modules are loaded."""

_CODE: Final = str(ROOT / "consent")
_OURS: Final = tuple(str(ROOT / folder) for folder in ("app", "consent", "schemas", "tests"))


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

    def is_loading(self, mutant: Mutant, lines: Iterable[int]) -> bool:
        """Tell whether a line of the mutant, or one of these of its module, is executed while modules are loaded."""
        file = str(path_of(mutant.module))
        every = {*lines, *range(mutant.line, mutant.last_line + 1)}
        return any(_ANY in self._tests.get((file, line), ()) for line in every)


class _Watch:
    """A pytest plugin that notes for every test the lines of consent/ that it executes, from its own making on."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, set[int]]] = {}
        self.seconds: dict[str, float] = {}
        self._note(_ANY)
        sys.settrace(self._trace)

    def _note(self, test: str) -> None:
        self._noted = self.lines.setdefault(test, collections.defaultdict(set))

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        del event, argument
        return self._line if frame.f_code.co_filename.startswith(_CODE) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        del event, argument
        self._noted[frame.f_code.co_filename].add(frame.f_lineno)
        return self._line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._note(item.nodeid)
        begun = time.perf_counter()
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - begun
            self._note(_ANY)


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


class _Collected:
    """A pytest plugin that has the tests collected, and then leaves the session to the trial.

    A mutant within a function gets to the collected tests: a child puts the changed code into the function. A mutant of
    what is done while modules are loaded, or of a function that is made then, needs them loaded anew
    (`_is_killed_anew`).
    """

    def __init__(self, trial: Callable[["_Collected"], None]) -> None:
        self._trial = trial
        self._watch = _Watch()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        self.seen = self._look()
        self._trial(self)
        return True

    def _look(self) -> Seen:
        """Run the tests once without any mutant, and see what each of them executes."""
        with tempfile.TemporaryDirectory() as folder:
            notes = Path(folder) / "seen.json"

            def watched() -> int:
                self.session.config.pluginmanager.register(self._watch)
                failed = self._run(list(self.items))
                notes.write_text(json.dumps([self._watch.lines, self._watch.seconds], default=sorted))
                return failed

            sys.settrace(None)
            if _status_of(watched, _LOOKING_SECONDS) != 0:
                raise SystemExit("the tests fail without any mutant")
            seen = Seen(*json.loads(notes.read_text()))
        if _is_killed_anew(None, list(self.items), self.items):
            raise SystemExit("the tests fail without any mutant, when the modules are loaded anew")
        return seen

    def _run(self, tests: Sequence[str]) -> int:
        """Run the tests until one fails; return how many did."""
        for test, following in itertools.zip_longest(tests, tests[1:]):
            self.session.config.hook.pytest_runtest_protocol(
                item=self.items[test], nextitem=following and self.items[following]
            )
            if self.session.testsfailed:
                break
        return self.session.testsfailed

    def is_killed(self, mutant: Mutant) -> bool:
        """Tell whether a test notices the mutant; a child that hangs or crashes counts as noticed."""
        tests = self.seen.tests_of(mutant)
        function = _function_with(mutant)
        if function is None or self.seen.is_loading(mutant, _lines(function) - {_first(function)}):
            return _is_killed_anew(mutant, tests, self.items)

        changed = next(
            code
            for code in _codes(compile(mutant.changed(), f"<{mutant.module}>", "exec"))
            if (code.co_firstlineno, code.co_name) == (_first(function), function.__code__.co_name)
        )

        def mutated() -> int:
            function.__code__ = changed
            return self._run(tests)

        return _status_of(mutated, LONGEST_SECONDS) != 0


def _function_with(mutant: Mutant) -> FunctionType | None:
    """Return the function or method of the loaded module whose code has the lines of the mutant."""
    module = sys.modules[mutant.module]
    values = [value for value in vars(module).values() if getattr(value, "__module__", None) == mutant.module]
    values += [value for owner in values if isinstance(owner, type) for value in vars(owner).values()]
    changed = range(mutant.line, mutant.last_line + 1)
    for value in values:
        function = value.fget if isinstance(value, property) else value
        is_written = isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__
        if is_written and not _lines(function).isdisjoint(changed):
            return function  # those that a dataclass adds are written nowhere
    return None


def _lines(function: FunctionType) -> set[int]:
    return {line for code in _codes(function.__code__) for *_, line in code.co_lines() if line is not None}


def _first(function: FunctionType) -> int:
    return function.__code__.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


class _Loads(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.changed(), f"<{self.mutant.module}>", "exec"), module.__dict__)  # noqa: S102


class _Without:
    """A pytest plugin that leaves tests out; those that nobody has seen are run: their names may be of what changed."""

    def __init__(self, left_out: set[str], order: Sequence[str]) -> None:
        self.left_out = left_out
        self.rank = {test: at for at, test in enumerate(order)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        left = (item for item in items if item.nodeid not in self.left_out)
        items[:] = sorted(left, key=lambda item: self.rank.get(item.nodeid, -1))


def _is_killed_anew(mutant: Mutant | None, tests: Sequence[str], every: Iterable[str]) -> bool:
    """Tell the same of a mutant that must be there when the modules are loaded."""

    def mutated() -> int:
        ours = [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(_OURS)]
        for name in ours:
            del sys.modules[name]
        if mutant is not None:
            sys.meta_path.insert(0, _Loads(mutant))
        return int(pytest.main([*_OPTIONS, *map(str, TESTS)], plugins=[_Without({*every} - {*tests}, tests)]))

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
    mutants = [mutant for name in names for mutant in mutants_of(name)]
    chosen = mutants
    if sample is not None:
        drawn = random.Random(seed).sample(range(len(mutants)), min(sample, len(mutants)))  # noqa: S311
        chosen = [mutants[at] for at in sorted(drawn)]
    print(f"{len(chosen)} of {len(mutants)} mutants", flush=True)  # noqa: T201

    def try_them(collected: _Collected) -> None:
        for mutant in chosen:
            noticed = verdicts.is_noticed(mutant)
            if not noticed:
                noticed = collected.is_killed(mutant)
                verdicts.add(mutant, noticed=noticed)
            report.add(mutant, killed=noticed)

    status = pytest.main([*_OPTIONS, "-s", *map(str, TESTS)], plugins=[_Collected(try_them)])
    if status != 0:
        raise SystemExit(f"pytest ended with {status}")


class Report:
    """Counts, and prints what survives."""

    def __init__(self) -> None:
        self.killed: list[Mutant] = []
        self.explained: list[Mutant] = []
        self.survived: list[Mutant] = []

    def add(self, mutant: Mutant, *, killed: bool) -> None:
        if killed:
            self.killed.append(mutant)
        elif mutant.is_explained():
            self.explained.append(mutant)
        else:
            self.survived.append(mutant)
            print(mutant, flush=True)  # noqa: T201
        if self.tried % _TELL_EACH == 0:
            print(f"so far {self}", flush=True)  # noqa: T201

    @property
    def tried(self) -> int:
        return len(self.killed) + len(self.explained) + len(self.survived)

    @property
    def score(self) -> float:
        """Killed, of all: the explained survivors count against it."""
        return len(self.killed) / self.tried if self.tried else 0.0

    def by_module(self) -> str:
        """Return a line a module: killed, explained, surviving."""
        counts = [
            collections.Counter(mutant.module for mutant in some)
            for some in (self.killed, self.explained, self.survived)
        ]
        every = sorted({module for count in counts for module in count})
        return "\n".join(f"{module}: {' '.join(str(count[module]) for count in counts)}" for module in every)

    def __str__(self) -> str:
        return (
            f"{len(self.killed)} killed, {len(self.explained)} survive and are explained, {len(self.survived)} survive: "
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
    print(report.by_module(), report, sep="\n", flush=True)  # noqa: T201
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
