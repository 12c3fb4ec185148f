"""What the pages say exists, links lead somewhere, and every block is run or read."""

import inspect
import json
import re
import shlex
import tomllib
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import click
import pytest
import typer
from doc_pages import ROOT, Block, anchors, blocks, links, name_of, pages

from app.cli import app as command_line
from app.cli import demo
from app.config import Settings
from app.fhir.dispatch import INTERACTIONS
from app.summary.sections import VIEWS
from consent.engine import decide
from consent.model import AccessRequest, CitizenKey, Facts, Permit, Requester
from consent.rules import RULES
from consent.vocabulary import Action, Category, Function, Purpose
from schemas.admit import Admitted, admit
from schemas.homes import HOMES

LANGUAGES = {"sh", "json", "python", "text"}
RUN_ELSEWHERE = {"docs/messages.md", "docs/connect.md", "consent/README.md"}
"""Pages whose Python is run by a test of its own."""
_TEST = re.compile(r"`(?P<name>test_[a-z0-9_]+)`")
_PATH = re.compile(r"`(?P<path>(?:app|consent|schemas|migrations|tests|docs|bench)/[A-Za-z0-9_./-]+)`")
_PAGE_IN_CODE = re.compile(r"\bdocs/(?:[a-z0-9-]+/)*[a-z0-9-]+\.md")
_KEY = re.compile(r"\bOVERGANG_[A-Z_]+")
_MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|Users|mnt|opt|var/lib)/|[A-Z]:\\\\")
_NOT_SETTINGS = {"OVERGANG_CORPUS", "OVERGANG_SOAK"}
PAGES = [pytest.param(page, id=name_of(page)) for page in pages()]
CODE = [
    path
    for folder in ("app", "consent", "schemas", "migrations", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def _ids(found: list[Block]) -> list[Any]:
    return [pytest.param(block, id=str(block)) for block in found]


def test_there_are_pages_and_blocks():
    assert len(pages()) > 30
    assert {block.language for block in blocks()} <= LANGUAGES


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in links(page):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{name_of(page)} -> {target}"
        assert not anchor or anchor in anchors(aim), f"{name_of(page)} -> {target}"


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_no_machine(page):
    found = _MACHINE.search(page.read_text(encoding="utf-8"))

    assert found is None, found


def test_tests_that_pages_name_exist():
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
    }
    named = {(name_of(page), name) for page in pages() for name in _TEST.findall(page.read_text(encoding="utf-8"))}

    assert sorted((page, name) for page, name in named if name not in defined) == []


def test_files_that_pages_name_exist():
    named = {(name_of(page), path) for page in pages() for path in _PATH.findall(page.read_text(encoding="utf-8"))}

    assert sorted((page, path) for page, path in named if not (ROOT / path).exists()) == []


def test_paths_of_pages_in_the_code_lead_somewhere():
    named = {
        (path.relative_to(ROOT).as_posix(), page)
        for path in [
            *(each for each in CODE if "tests/docs" not in each.as_posix()),
            ROOT / "Makefile",
            ROOT / "pyproject.toml",
        ]
        for page in _PAGE_IN_CODE.findall(path.read_text(encoding="utf-8"))
    }

    assert named
    assert sorted((path, page) for path, page in named if not (ROOT / page).exists()) == []


@pytest.mark.parametrize("block", _ids([block for block in blocks("json") if "answer" not in block.info]))
def test_json_on_the_pages_is_json_and_resources_pass_the_gate(block: Block):
    value = json.loads(block.text)

    if "resourceType" in value:
        result = admit(block.text.encode())
        assert isinstance(result, Admitted), result


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.json")), ids=lambda path: path.name)
def test_examples_pass_the_gate_and_are_marked_as_test_data(path):
    raw = path.read_bytes()
    result = admit(raw)

    assert isinstance(result, Admitted), result
    resources = [part["resource"] for part in result.resource.get("entry", [])] or [result.resource]
    for resource in resources:
        assert [label["code"] for label in resource["meta"]["security"]] == ["HTEST"]


def test_python_on_the_pages_is_run_by_a_test():
    assert {block.page for block in blocks("python")} == RUN_ELSEWHERE


def test_the_python_of_the_page_about_consent_runs():
    (block,) = blocks("python", page="consent/README.md")
    herself = Requester(function=Function.CITIZEN, citizen=CitizenKey(1))
    request = AccessRequest(
        requester=herself,
        citizen=CitizenKey(1),
        purposes=frozenset({Purpose.PATIENT_REQUEST}),
        action=Action.LOOK_UP,
        categories=frozenset(Category),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    facts = Facts(citizen_born=datetime(1948, 12, 25, tzinfo=UTC))
    names = {"request": request, "facts": facts, "permit": decide(request, facts), "items": []}
    names |= {"function": herself.function, "purpose": Purpose.PATIENT_REQUEST, "action": Action.LOOK_UP}

    exec(compile(block.text, str(block), "exec"), names)  # noqa: S102  # our own page

    assert isinstance(names["decision"], Permit)
    assert names["payloads"] == []


def test_rules_that_the_page_about_law_names_exist():
    text = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z]\d(?:-[A-Z]+)?\b", text))

    assert named - {rule.id for rule in RULES} <= {"A1"}, "A1 stands on the record of `$notices`"


def _commands() -> list[tuple[Block, list[str]]]:
    return [
        (block, shlex.split(line))
        for block in blocks("sh")
        if not block.text.startswith("curl ")
        for line in block.text.replace("\\\n", " ").splitlines()
        if line.strip()
    ]


@pytest.mark.parametrize(
    ("block", "words"), [pytest.param(*each, id=f"{each[0]} {' '.join(each[1][:3])}") for each in _commands()]
)
def test_commands_on_the_pages_are_commands(block: Block, words: list[str]):
    match words:
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        case ["export", *settings]:
            for each in settings:
                key, _, value = each.partition("=")
                name = key.removeprefix("OVERGANG_").lower()
                assert name in Settings.model_fields
                assert getattr(Settings.model_validate({name: value}), name) == value
        case [".venv/bin/overgang", *arguments]:
            command: click.Command = typer.main.get_command(command_line)
            while isinstance(command, click.Group):
                command = command.commands[arguments.pop(0)]
            command.make_context("overgang", arguments)
        case [".venv/bin/python", "-m", "pytest", *arguments]:
            assert (ROOT / arguments[-1]).exists()
        case _:
            pytest.fail(f"{block}: the test does not know `{' '.join(words)}`")


def test_every_setting_is_described_and_every_described_setting_exists():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(OVERGANG_[A-Z_]+)` \| (.+?) \|", text, re.MULTILINE))
    fields = {f"OVERGANG_{name.upper()}": field.default for name, field in Settings.model_fields.items()}

    assert rows.keys() == fields.keys()
    for key, default in fields.items():
        said = "none" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        assert rows[key] == said, key


def test_the_number_of_citizens_in_the_readme_is_the_demonstrations():
    default = inspect.signature(demo).parameters["citizens"].default

    assert f"seeds {default} citizens" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_page_names_a_setting_that_does_not_exist():
    known = {f"OVERGANG_{name.upper()}" for name in Settings.model_fields} | _NOT_SETTINGS
    named = {(name_of(page), key) for page in pages() for key in _KEY.findall(page.read_text(encoding="utf-8"))}

    assert sorted((page, key) for page, key in named if key not in known) == []


def test_every_dependency_is_described():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *chain.from_iterable(project["dependency-groups"].values())]
    names = {re.split(r"[\[<>=~! ]", each)[0] for each in wanted}
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    described, _, _ = text.partition("## Considered and not taken")

    assert names == set(re.findall(r"^\| ([A-Za-z][\w.-]*) \|", described, re.MULTILINE)) - {"Package"}


def test_the_page_of_conformance_names_every_type_and_every_operation():
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    types = set(re.findall(r"\b[A-Z][A-Za-z]+\b", text[text.index("## Resource types") : text.index("## Search")]))
    operations = {part for row in INTERACTIONS for part in row.shape if part.startswith("$")}

    assert {row.type for row in HOMES} <= types
    assert {name for name in operations if f"{name}`" not in text} == set()
    _, _, denied = text.rpartition("**Not supported**")
    assert operations & set(re.findall(r"\$[a-z-]+", denied.partition("## What")[0])) == set()


def test_the_views_in_the_changelog_are_the_views():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert "in three views" in text
    assert len(VIEWS) == 3


def test_the_table_of_performance_is_quoted_as_it_stands():
    source = ROOT / "docs" / "performance.md"
    quoted = _between((ROOT / "README.md").read_text(encoding="utf-8"))

    assert quoted is not None
    measured = _between(source.read_text(encoding="utf-8")) if source.exists() else None
    assert measured is None or measured == quoted


def _between(text: str) -> str | None:
    found = re.search(r"<!-- bench -->\n(.*?)<!-- /bench -->", text, re.DOTALL)
    return found[1] if found else None
