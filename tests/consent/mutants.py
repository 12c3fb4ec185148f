"""What can be changed in the code of consent/, one place at a time; `mutation.py` asks the tests whether they notice."""

import ast
import functools
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parents[2]
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
    number: int
    """The place among the mutants of the module."""

    line: int
    last_line: int
    before: str
    after: str
    place: tuple[int, int]
    """Which node of the module, and which of its changes."""

    def changed(self) -> ast.Module:
        """Return the changed module."""
        at, variant = self.place
        tree = deepcopy(_parsed(path_of(self.module)))
        old = next(node for number, node in enumerate(ast.walk(tree)) if number == at)
        return ast.fix_missing_locations(_Replaced(old, _changes(old)[variant][1]).visit(tree))

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


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return ROOT / Path(*module.split(".")).with_suffix(".py")


@functools.cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def mutants_of(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    tree = _parsed(path_of(module))
    skipped = {id(inner) for node in ast.walk(tree) for outer in _unmeant(node) for inner in ast.walk(outer)}
    found = 0
    for at, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        lines = [inner.end_lineno or 0 for inner in ast.walk(node) if isinstance(inner, ast.expr | ast.stmt)]
        first = min((inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.expr | ast.stmt)), default=0)
        for variant, (words, new) in enumerate(_changes(node)):
            yield Mutant(
                module=module,
                number=found,
                line=first,
                last_line=max(lines, default=0),
                before=ast.unparse(node)[:200],
                after=words if words.startswith("without ") else ast.unparse(new)[:200],
                place=(at, variant),
            )
            found += 1


def _unmeant(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that say nothing at run time: annotations, decorators, texts."""
    match node:
        case ast.FunctionDef():
            places = [*node.decorator_list, *([node.returns] if node.returns else [])]
            arguments = [*node.args.args, *node.args.kwonlyargs]
            return [*places, *(argument.annotation for argument in arguments if argument.annotation)]
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
