"""Decision records have one form, and a list that names each."""

import re

import pytest
from doc_pages import ROOT, links

FOLDER = ROOT / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_every_decision_has_its_sections(path):
    text = path.read_text(encoding="utf-8")
    title, status, *_ = [line for line in text.splitlines() if line]

    assert title.startswith(f"# {path.stem[:4]} ")
    assert re.fullmatch(r"Status: \S.* · \d{4}-\d\d-\d\d", status)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert "**" in text.partition("## Decision")[2].partition("## Consequences")[0], "no line to quote"
    assert len(text.splitlines()) <= 60, "one page"


def test_numbers_are_given_once_and_without_gaps():
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_list_of_decisions_is_complete():
    listed = [link for link in links(FOLDER / "README.md") if re.match(r"\d{4}-", link)]

    assert sorted(set(listed)) == [path.name for path in DECISIONS]
