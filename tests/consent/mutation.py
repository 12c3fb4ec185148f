"""Mutation testing of consent/: change the code in one place at a time, and see whether a test notices.

`python -m tests.consent.mutation [--due 0.95] [--sample 400 [--seed 1]] [module ...]` runs it, as `make soak` does; a
sample is drawn from all mutants of the modules alike. Each mutant lives in a forked
child that loads the changed module in place of the real one and runs the tests of consent/ until one fails: first the
decision cases, then the rest. What survives is printed; survivors that mean the same as the original, or that no test
should notice, are explained in `survivors.yaml`.
"""

import argparse
import ast
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

import hypothesis
import hypothesis.stateful
import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
_FIRST: Final = ("test_decisions.py", "test_engine.py", "test_directives.py")
_LAST: Final = ("test_state_machine.py", "test_properties.py")
_OWN: Final = ("test_mutation.py", "test_seam.py")
"""Of the tests of consent/, those that tell most come first, those that take long last; the tests of this are left out."""
TESTS: Final = (
    *_FIRST,
    *sorted(path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in {*_FIRST, *_LAST, *_OWN}),
    *_LAST,
)
_OPTIONS: Final = ["-x", "--noconftest", "--assert=plain", "-o", "addopts=-p no:cacheprovider"] + [
    part for plugin in ("tests.consent.conftest", "no:randomly", "no:xdist", "no:cov") for part in ("-p", plugin)
]
LONGEST_SECONDS: Final = 90
_TELL_EACH: Final = 50
"""Mutants after which the state is told: a whole run takes hours."""
EXPLAINED: Final[list[dict[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "survivors.yaml").read_text(encoding="utf-8")
)
_COMPARED: Final = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: Final = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Sub: ast.Add, ast.Add: ast.Sub, ast.Mult: ast.Add}
_NAMED: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the module, the line, the text before and after."""

    module: str
    line: int
    before: str
    after: str
    tree: ast.Module

    def is_explained(self) -> bool:
        return any(
            row["module"] == self.module and row["before"] == self.before and row["after"] == self.after
            for row in EXPLAINED
        )

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.before}  ->  {self.after}"


def modules() -> list[str]:
    """Return the modules whose code decides; vocabulary.py is a list of words."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "consent").rglob("*.py"))
        if path.name != "vocabulary.py"
    ]
    return [name for name in names if not name.endswith("__init__")]


def mutants_of(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(inner) for node in ast.walk(tree) for outer in _unmeant(node) for inner in ast.walk(outer)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for variant in range(len(list(_changes(node)))):
            changed = deepcopy(tree)
            place = next(found for at, found in enumerate(ast.walk(changed)) if at == number)
            words, new = list(_changes(place))[variant]
            mutated = _Replaced(place, new).visit(changed)
            yield Mutant(
                module=module,
                line=getattr(node, "lineno", 0),
                before=ast.unparse(node)[:200],
                after=words if words.startswith("without ") else ast.unparse(new)[:200],
                tree=ast.fix_missing_locations(mutated),
            )


def _unmeant(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that say nothing at run time: annotations, decorators, texts."""
    match node:
        case ast.FunctionDef():
            places = [*node.decorator_list, *([node.returns] if node.returns else [])]
            return [*places, *(argument.annotation for argument in node.args.args if argument.annotation)]
        case ast.ClassDef():
            return list(node.decorator_list)
        case ast.AnnAssign():
            return [node.annotation]
        case ast.Assign(targets=[ast.Name(id=name)]) if name.endswith(("Value", "Payload")) or name == "__all__":
            return [node]
        case _:
            return []


def _changes(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """Return what can replace a node, with the kind of change, or in words what it leaves out."""
    found: list[tuple[str, ast.AST]] = []
    match node:
        case ast.Compare(left=left, ops=[op], comparators=right):
            if type(op) in _COMPARED:
                found.append(("compare", ast.Compare(left, [_COMPARED[type(op)]()], right)))
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            found.append(("bool", ast.BoolOp(other, values)))
            if len(values) > 2:
                found += [
                    (f"without {ast.unparse(value)}"[:200], ast.BoolOp(op, values[:at] + values[at + 1 :]))
                    for at, value in enumerate(values)
                ]
            else:
                found += [("part", value) for value in values]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found.append(("not", operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
            found.append(("compute", ast.BinOp(left, _COMPUTED[type(op)](), right)))
        case ast.Constant(value=bool() as value):
            found.append(("constant", ast.Constant(not value)))
        case ast.Constant(value=int() as value):
            found.append(("constant", ast.Constant(value + 1)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _NAMED:
            found.append(("call", ast.Call(ast.Name(_NAMED[name], ast.Load()), args, keywords)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            found.append(("branch", ast.IfExp(test, orelse, body)))
        case ast.If(test=test, body=body, orelse=orelse):
            found.append(("if", ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)))
        case ast.Return(value=value) if value is not None and not _is_nothing(value):
            found.append(("return", ast.Return(ast.Constant(None))))
        case ast.Set(elts=elements) if len(elements) > 1:
            found += [("element", ast.Set(elements[:at] + elements[at + 1 :])) for at in range(len(elements))]
        case ast.AugAssign() | ast.Raise():
            found.append(("statement", ast.Pass()))
        case ast.Expr(value=ast.Call()):
            found.append(("statement", ast.Pass()))
        case ast.Continue():
            found.append(("loop", ast.Break()))
        case ast.comprehension(target=target, iter=items, ifs=ifs, is_async=is_async) if ifs:
            found.append(("filter", ast.comprehension(target, items, [], is_async)))
        case _:
            pass
    return found


def _is_nothing(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and value.value in {None, False}


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self.new if node is self.old else self.generic_visit(node)


class _Loads(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.tree, f"<{self.mutant.module}>", "exec"), module.__dict__)  # noqa: S102


def is_killed(mutant: Mutant | None) -> bool:
    """Tell whether a test notices the mutant; a child that hangs or crashes counts as noticed."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_SECONDS)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            if mutant is not None:
                sys.meta_path.insert(0, _Loads(mutant))
            code = _tested()
        finally:
            os._exit(0 if code == 0 else 1)
    _, status = os.waitpid(child, 0)
    return status != 0


def _tested() -> int:
    folder = Path(__file__).parent
    return int(pytest.main([*_OPTIONS, *(str(folder / name) for name in TESTS)]))


def trial(names: Sequence[str], report: "Report", *, sample: int | None = None, seed: int = 1) -> None:
    """Try every mutant of the modules, or a sample of so many."""
    if is_killed(None):
        raise SystemExit("the tests fail without any mutant")
    chosen = None
    if sample is not None:
        every = [(name, number) for name in names for number, _ in enumerate(mutants_of(name))]
        chosen = set(random.Random(seed).sample(every, min(sample, len(every))))  # noqa: S311
        print(f"{len(chosen)} of {len(every)} mutants", flush=True)  # noqa: T201
    for name in names:
        for number, mutant in enumerate(mutants_of(name)):
            if chosen is None or (name, number) in chosen:
                report.add(mutant, killed=is_killed(mutant))


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


def main(names: Sequence[str], *, sample: int | None = None, seed: int = 1) -> Report:
    """Try the named modules, or all."""
    yaml.safe_load = functools.cache(yaml.safe_load)  # read once here, by every child for nothing
    for path in Path(__file__).parent.rglob("*.yaml"):
        yaml.safe_load(path.read_text(encoding="utf-8"))
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutation")
    report = Report()
    trial(names or modules(), report, sample=sample, seed=seed)
    print(report, flush=True)  # noqa: T201
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.consent.mutation")
    parser.add_argument("--due", type=float, default=0.0, help="the score below which the run fails")
    parser.add_argument("--sample", type=int, help="try so many mutants only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("modules", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    found = main(given.modules, sample=given.sample, seed=given.seed)
    sys.exit(0 if found.score >= given.due and not (given.due and found.survived) else 1)
