"""Walls that no import may cross, kept by import-linter and by reading the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("consent", "schemas", "app") for path in (ROOT / top).rglob("*.py"))
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "perf_counter"),
    ("uuid", "uuid4"),
    ("uuid", "uuid1"),
    ("secrets", "token_hex"),
    ("secrets", "token_bytes"),
    ("secrets", "randbelow"),
    ("os", "urandom"),
    ("random", "random"),
    ("random", "randint"),
    ("random", "choice"),
}
MAY_ASK_THE_CLOCK = {
    "app/runtime.py",
    "app/store/migrate.py",  # makes the keys of a new database
    "app/store/writer.py",
}


def calls_in(path: Path) -> set[tuple[str, str]]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            found.add((node.func.value.id, node.func.attr))
    return found


def test_imports_point_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout[-3000:]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_but_the_runtime_asks_the_clock_or_throws_dice(path: Path) -> None:
    if str(path.relative_to(ROOT)) in MAY_ASK_THE_CLOCK:
        return
    assert not calls_in(path) & CLOCKS


def test_only_the_engine_makes_permits() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Permit"
    }
    assert makers == {"consent/engine.py"}


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers <= {"app/config.py", "app/demo/start.py"}, "a child process inherits; nobody else looks"


def test_only_writing_and_notices_keep_the_books() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "bookkeeping" in path.read_text(encoding="utf-8") and path.name != "bookkeeping.py"
    }
    assert users == {
        "app/sharing/doors.py",
        "app/sharing/log.py",
        "app/sharing/message.py",
        "app/sharing/patients.py",
        "app/sharing/pointing.py",
        "app/sharing/proofs.py",
        "app/sharing/report.py",
        "app/sharing/submit.py",
    }


def _users_of(name: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if name in path.read_text(encoding="utf-8") and path.name != f"{name}.py"
    }


def test_only_reclassification_reads_every_record_and_only_replays_read_shapes() -> None:
    assert _users_of("reclassifying") == {"app/reclassification.py"}
    assert _users_of("replaying") == {"app/sharing/replay.py"}


def test_the_faces_never_touch_the_store_or_the_gate() -> None:
    for path in (ROOT / "app" / "fhir").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            assert module is None or not module.startswith(("app.store", "app.gate")), path


def test_the_only_openapi_is_none() -> None:
    """The FHIR face describes itself by its CapabilityStatement; there is no second, unguarded description."""
    from app.config import Settings
    from app.main import create_app

    app = create_app(Settings())
    assert {route.path for route in app.routes} == {"/fhir", "/health/live", "/health/ready"}
