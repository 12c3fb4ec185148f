"""The bench runs and reports every figure. What the figures are is never tested: a machine under test is no measure."""

import json
from datetime import UTC, datetime

import pytest

from bench import growth
from bench.__main__ import main
from bench.corpus import PLACEHOLDER, TRANSACTION, corpus, number
from bench.measure import spread
from bench.paths import PATHS

FEW = ["--quick", "--citizens", "1", "--directed", "1", "--rounds", "1", "--seconds", "0.05"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One run on as little as possible, without the models of fhir.resources, which take seconds to load."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    streams = {key for path in PATHS for key in (path.stream, path.beside) if key} - {"ingest-models"}
    reports = main([*FEW, "--only", ",".join(sorted(streams)), "--json", str(file)])
    return reports[0], json.loads(file.read_text())


def test_every_path_is_measured(measured):
    report, _ = measured
    assert [figure.path for figure in report.figures] == [path for path in PATHS if path.beside != "ingest-models"]


def test_every_answer_was_counted_and_cost_something(measured):
    report, _ = measured
    assert all(figure.rate.median > 0 and figure.cpu_us.median > 0 for figure in report.figures)
    assert report.start.resident_mb > 0


def test_growth_is_measured_in_time_and_pages(tmp_path):
    grown = growth.run(tmp_path, few=12, many=24, rounds=1, seconds=0.05, progress=lambda *_: None)

    assert [one.path for one in grown] == ["read", "search", "summary-fresh"]
    assert all(one.ratio > 0 and one.few_pages > 1 and one.many_pages > 1 for one in grown)


def test_the_json_says_when_and_on_what(measured):
    _, (written,) = measured
    assert written["engine"] == "SQLite"
    assert written["at"].startswith("20")
    assert "cores" in written["shape"]


def test_a_measured_transaction_is_whole_and_names_its_citizen_by_the_placeholder():
    made = corpus(citizens=1, at=datetime(2026, 3, 1, tzinfo=UTC))
    bundle = json.loads(made.writing)
    addresses = {entry["fullUrl"] for entry in bundle["entry"]}

    assert len(addresses) == TRANSACTION
    assert PLACEHOLDER in made.writing
    assert all(part.split('"')[0] in addresses for part in made.writing.decode().split('"reference":"')[1:])


def test_every_bench_citizen_has_a_number_of_her_own():
    assert len({number(place) for place in range(50_000)}) == 50_000


def test_the_spread_of_one_round_is_that_round():
    assert spread([3.0]).low == spread([3.0]).high == 3.0
