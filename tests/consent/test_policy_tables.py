"""The policy's tables as a lawyer reads them stand in policy.yaml; whoever changes one changes both, and says why.

`python -m tests.consent.test_policy_tables` prints them as they are in the code.
"""

import sys
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from consent import policy

READ = Path(__file__).parent / "policy.yaml"


def said(value: Any) -> Any:
    """Return a table in plain words, in a fixed order."""
    match value:
        case Enum():
            return value.value
        case timedelta():
            return f"{value.total_seconds() / 3600:g} hours"
        case Mapping():
            return {said(key): said(of) for key, of in sorted(value.items())}
        case frozenset() | set():
            return sorted(said(one) for one in value)
        case policy.Door():
            return {name: said(getattr(value, name)) for name in value.__slots__}
        case _:
            return value


def tables() -> dict[str, Any]:
    return {name: said(value) for name, value in sorted(vars(policy).items()) if name.isupper() and name[0] != "_"}


def test_the_tables_are_those_that_were_read() -> None:
    assert tables() == yaml.safe_load(READ.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.stdout.write(yaml.safe_dump(tables(), allow_unicode=True, width=120))
