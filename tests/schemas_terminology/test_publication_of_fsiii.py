"""KL's publication is read whole or not at all; what it says that we do not understand stays unknown."""

import copy
import csv
import os
from pathlib import Path
from typing import Any

import pytest
from fsiii_files import NURSING, WOUND, code_system, concept

from schemas.terminology import fsiii
from schemas.terminology.fsiii import Family
from schemas.terminology.publication import Publication, read_fsiii


def read(resource: object) -> Publication:
    found = read_fsiii(resource)
    assert isinstance(found, Publication), found
    return found


def refused(resource: object) -> set[str]:
    found = read_fsiii(resource)
    assert isinstance(found, tuple)
    return {fault.path for fault in found}


def test_a_code_takes_the_family_of_its_branch_and_a_uuid_the_legacy_form_that_says_the_same():
    rows = {code: (family, legacy) for code, family, legacy in read(code_system()).rows}
    assert rows["G1.39"] == (Family.NURSING_SERVICE, "G1.39")
    assert rows[WOUND] == (Family.NURSING_SERVICE, "G1.39")
    assert rows["f4c9f159-5806-4c06-95e9-e69b83bab1a1"] == (Family.SCALE, "B5")


def test_two_concepts_with_the_same_words_are_not_paired():
    file = code_system()
    file["concept"][0]["concept"].append(concept("G1.40", "Sårbehandling"))
    rows = {code: legacy for code, _, legacy in read(file).rows}
    assert rows[WOUND] is None


def test_a_uuid_written_with_underscores_is_the_legacy_form_of_itself():
    file = code_system()
    file["concept"][0]["concept"].append(concept(WOUND.replace("-", "_"), "andre ord"))
    rows = {code: legacy for code, _, legacy in read(file).rows}
    assert rows[WOUND] == WOUND.replace("-", "_")


def test_a_branch_that_nobody_knows_is_left_out_and_named():
    file = code_system()
    file["concept"].append(concept("X", "Nyt område", concept("X1", "Ny indsats")))
    found = read(file)
    assert (found.unknown_branches, found.left_out) == (("X",), 2)
    assert not {"X", "X1"} & {row[0] for row in found.rows}


def test_a_loaded_table_knows_its_codes_and_keeps_the_single_ones():
    table = fsiii.table_of(read(code_system()).rows)
    assert table.families[WOUND] is Family.NURSING_SERVICE
    assert set(fsiii.SINGLE_CODES.families) <= set(table.families)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in code_system().items() if name != key}


def with_concept(value: object) -> dict[str, Any]:
    file = code_system()
    file["concept"].append(value)
    return file


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ([], "CodeSystem"),
        ("FSIII", "CodeSystem"),
        ({"resourceType": "ValueSet"}, "CodeSystem"),
        (without("url"), "CodeSystem.url"),
        (code_system(url="http://snomed.info/sct"), "CodeSystem.url"),
        (code_system(content="fragment"), "CodeSystem.content"),
        (without("concept"), "CodeSystem.concept"),
        (code_system(concept=[]), "CodeSystem.concept"),
        (code_system(concept={}), "CodeSystem.concept"),
        (with_concept(7), "CodeSystem.concept[3]"),
        (with_concept({"display": "uden kode"}), "CodeSystem.concept[3].code"),
        (with_concept(concept("G 1", "mellemrum")), "CodeSystem.concept[3].code"),
        (with_concept({"code": "X", "concept": "nej"}), "CodeSystem.concept[3].concept"),
        (with_concept(concept("g1.39", "to gange")), "CodeSystem.concept"),
        (with_concept(concept("J", "Tilstande", concept("B5", "forkert gren"))), "CodeSystem.concept"),
        (code_system(concept=[concept("X", "ingen gren")]), "CodeSystem.concept"),
        (code_system(concept=code_system()["concept"][:1]), "CodeSystem.concept"),  # cut off before the scale
    ],
)
def test_a_wrong_file_is_refused_with_the_place(file, path):
    assert path in refused(file)


def test_a_file_that_goes_too_deep_is_refused():
    deep = concept("Z99", "inderst")
    for level in range(40):
        deep = concept(f"Z{level}", "lag", deep)
    assert refused(with_concept(deep))


def test_reading_changes_nothing_in_the_file():
    file = code_system()
    before = copy.deepcopy(file)
    read(file)
    assert file == before


def test_all_414_published_pairs_are_found_again_from_their_words():
    facts = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")).parent / "facts"
    if not facts.is_dir():
        pytest.skip("the facts are not on this machine")
    with (facts / "fsiii-codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    tops = {(row["path"].split(" > ")[0] or row["display"]) for row in rows}
    branches: dict[tuple[str, str], dict[str, Any]] = {}
    for key in ("legacy_code", "uuid_code"):
        for row in rows:
            if not row["path"]:
                branches[row["display"], key] = concept(row[key], row["display"])
        for row in rows:
            if row["path"]:
                top = branches[row["path"].split(" > ")[0], key]
                top.setdefault("concept", []).append(
                    {**concept(row[key], row["display"]), "definition": row["definition_240"] + row["path"]}
                )
    assert len(tops) == len(Family)
    found = read(code_system(concept=list(branches.values())))
    pairs = {code: legacy for code, _, legacy in found.rows}
    assert (len(found.rows), found.unknown_branches) == (828, ())
    assert all(pairs[row["uuid_code"]] == row["legacy_code"] for row in rows)
    assert NURSING in pairs
