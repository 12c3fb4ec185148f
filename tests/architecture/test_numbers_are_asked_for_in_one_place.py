"""A number leads to a citizen for somebody: who asks past `app.sharing.numbers` asks for official ones alone."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
OFFICIAL_ALONE = {
    "app/gate.py": "a citizen's token; who acts for no organisation has no local numbers",
    "app/sharing/citizen.py": "chooses by `numbers.scope_of`",
    "app/sharing/message.py": "the numbers of a message are official ones, by its reading",
    "app/sharing/numbers.py": "is the place",
    "app/sharing/proofs.py": "a CitizenNumber",
    "app/sharing/registers.py": "registers speak of official numbers, by the reading of their file",
    "app/sharing/report.py": "a CitizenNumber",
}
"""Modules that look a citizen up by number, and why no local number of another organisation can come there."""


def test_who_looks_citizens_up_by_number_is_known() -> None:
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "find_pid":
                found.add(path.relative_to(ROOT).as_posix())
    assert found == OFFICIAL_ALONE.keys()
