"""Resources and sources as they come in: valid by default, different in what a test names."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.translate import Actor, Source
from consent.model import OrganisationKey, Organisations
from schemas.terminology import systems

JSON = dict[str, Any]

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))

REGION, HOSPITAL, WARD, PSYCHIATRY = "100", "110", "111", "112"
MUNICIPALITY, NURSES, GP = "200", "210", "300"
PARENTS = {HOSPITAL: REGION, WARD: HOSPITAL, PSYCHIATRY: HOSPITAL, NURSES: MUNICIPALITY}
TREE = Organisations(parents={OrganisationKey(child): OrganisationKey(parent) for child, parent in PARENTS.items()})

RECEIVED_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
DAY_US = 86_400_000_000
CPR = "2509479989"

ACTORS = {
    "Organization/ward": Actor(organisation=WARD),
    "Organization/hospital": Actor(organisation=HOSPITAL),
    "Organization/psychiatry": Actor(organisation=PSYCHIATRY),
    "Organization/municipality": Actor(organisation=MUNICIPALITY),
    "Organization/gp": Actor(organisation=GP),
    "Practitioner/anna": Actor(person="ANNA1"),
    "PractitionerRole/anna-at-ward": Actor(organisation=WARD, person="ANNA1"),
    "PractitionerRole/addiction": Actor(
        organisation=NURSES, person="BENT1", specialties=frozenset({f"{systems.FUNCTION}|addiction-treatment"})
    ),
}
SPECIALTIES = {PSYCHIATRY: frozenset({f"{systems.SNOMED}|394587001"})}


def source(controller: str = HOSPITAL, **changes: Any) -> Source:
    defaults: JSON = {
        "received_us": RECEIVED_US,
        "organisations": TREE,
        "actors": ACTORS,
        "specialties": SPECIALTIES,
    }
    return Source(controller=controller, **{**defaults, **changes})


def concept(system: str, code: str, display: str = "") -> JSON:
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def resource(type_: str, **elements: Any) -> JSON:
    return {"resourceType": type_, "subject": {"reference": "Patient/p"}, **elements}


def condition(system: str = systems.SKS_DIAGNOSIS, code: str = "DE11", **elements: Any) -> JSON:
    return resource("Condition", code=concept(system, code), recordedDate="2025-06-01", **elements)


def security(*labels: tuple[str, str]) -> JSON:
    return {"security": [{"system": system, "code": code} if system else {"code": code} for system, code in labels]}


@cache
def _read(path: Path) -> str:
    return path.read_text()


def corpus(folder: str, name: str) -> JSON:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not on this machine")
    return json.loads(_read(CORPUS / folder / name))


def corpus_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((CORPUS / folder).glob("*.json"))] if CORPUS.is_dir() else []
