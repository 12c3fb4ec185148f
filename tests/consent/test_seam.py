"""What the package may touch, and who makes permits."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("consent", "schemas", "app", "migrations")
IMPURE = {"time", "random", "os", "logging", "asyncio", "secrets", "uuid", "pathlib", "sys", "socket", "subprocess"}


def trees(*packages: str) -> list[tuple[Path, ast.Module]]:
    return [
        (path, ast.parse(path.read_text("utf-8")))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def test_only_the_engine_makes_permits() -> None:
    makers = {
        path.relative_to(ROOT).as_posix()
        for path, tree in trees(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "Permit"
    }
    assert makers == {"consent/engine.py"}


def test_nobody_copies_a_permit_with_changes() -> None:
    copies = [
        path.relative_to(ROOT).as_posix()
        for path, tree in trees(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and called(node) == "replace"
        and node.args
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id.endswith("permit")
    ]
    assert copies == []


def test_consent_imports_the_standard_library_and_itself_alone() -> None:
    for path, tree in trees("consent"):
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                top = name.split(".")[0]
                assert top == "consent" or (top in sys.stdlib_module_names and top not in IMPURE), path


def test_consent_has_no_clock() -> None:
    for path, tree in trees("consent"):
        called_names = {called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not called_names & {"now", "utcnow", "today", "open", "print"}, path
