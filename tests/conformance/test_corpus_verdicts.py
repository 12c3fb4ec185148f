"""What the write gate says to each file that others published: a committed verdict per file.

`python tests/conformance/test_corpus_verdicts.py` writes the table anew; the column `why`, written by hand, is kept.
"""

import csv
import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from schemas.admit import Rejected, admit

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
TABLE = Path(__file__).parent / "corpus_verdicts.csv"
COLUMNS = ["file", "sha256", "verdict", "faults", "why"]
FOLDERS = {
    "dk-core",
    "ips-1.1-examples",
    "ips-connectathon",
    "medcom-acknowledgement",
    "medcom-carecommunication",
    "medcom-conditionlist",
    "medcom-homecareobservation",
    "medcom-hospitalnotification",
}
_SHOWN = 3  # faults a file

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")


def _committed() -> dict[str, dict[str, str]]:
    if not TABLE.is_file():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def _row(file: Path, why: str) -> dict[str, str]:
    raw = file.read_bytes()
    answer = admit(raw)
    faults = answer.faults if isinstance(answer, Rejected) else answer.warnings
    return {
        "file": file.relative_to(CORPUS).as_posix(),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "verdict": "refused" if isinstance(answer, Rejected) else "accepted",
        "faults": " ; ".join(f"{fault.path}: {fault.text}" for fault in faults[:_SHOWN]),
        "why": why,
    }


def _table() -> list[dict[str, str]]:
    committed = _committed()
    files = sorted(CORPUS.glob("*/*.json"))
    return [_row(file, committed.get(file.relative_to(CORPUS).as_posix(), {}).get("why", "")) for file in files]


def _text(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_the_gate_says_what_the_committed_table_says() -> None:
    assert _table() == list(_committed().values())


def test_the_table_covers_all_folders() -> None:
    assert {name.split("/", maxsplit=1)[0] for name in _committed()} == FOLDERS


def test_every_refusal_is_explained() -> None:
    assert [name for name, row in _committed().items() if row["verdict"] == "refused" and not row["why"]] == []


if __name__ == "__main__":
    TABLE.write_text(_text(_table()), encoding="utf-8")
    sys.stdout.write(f"{TABLE}\n")
