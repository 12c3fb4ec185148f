"""IHE PCF's 23 example consents, each sent over REST, and what of five labelled records every reader then gets.

The same table as the engine's (`tests/consent/pcf/truth.yaml`), in its Danish column: what the service answers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from acting import JSON, Person, about, as_citizen, citizen, consent, day, sor
from served import World, issues, resources_in

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.sharing import load_directory
from app.sharing.directory_file import ClientRow, DirectoryFile
from consent.vocabulary import Function, Purpose
from schemas.terminology import systems
from tests.consent.test_pcf import fhir_provision

TABLE = yaml.safe_load((Path(__file__).parents[2] / "consent" / "pcf" / "truth.yaml").read_text("utf-8"))
READERS = {
    "clinician": "hospital-nurse",
    "ex-practitioner": "lung-doctor",
    "privileged": "surgeon",
    "researcher": "gp-secretary",
}
ANSWERS: dict[Any, frozenset[str] | None] = {
    "all": frozenset(TABLE["records"]),
    "normal-only": frozenset(TABLE["records"]) - {"ex-alcoholUse"},
    "alcohol-only": frozenset({"ex-alcoholUse"}),
    "none": frozenset(),
    False: None,
}
STAY = "urn:uuid:00000000-0000-4000-8000-000000000002"
CREATED, FORBIDDEN, INVALID, OK = 201, 403, 422, 200


@pytest.fixture(scope="module")
async def pcf(world: World) -> World:
    """The service, with clients that may speak for the purposes of IHE's examples."""
    clients = tuple(
        ClientRow(
            id=PERSONAS[who].client,
            organisation=ORGANISATIONS[place].sor,
            functions=frozenset(Function),
            purposes=frozenset(Purpose),
            types=frozenset({"*"}),
        )
        for who, place in (("surgeon", "hospital"), ("gp-secretary", "gp-1"))
    )
    await load_directory(world.service.database, DirectoryFile(clients=clients))
    return world


def _records(number: tuple[str, str]) -> list[JSON]:
    stay: JSON = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": systems.ACT_CODE, "code": "IMP"},
        "subject": about(number),
        "period": {"start": day(-2)},
        "serviceProvider": sor("hospital"),
    }
    return [stay, *(_observation(number, row) for row in TABLE["records"].values())]


def _observation(number: tuple[str, str], row: Mapping[str, Any]) -> JSON:
    made: JSON = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": systems.LOINC, "code": "8867-4"}]},
        "subject": about(number),
        "encounter": {"reference": STAY},
        "performer": [PERSONAS["stroke-doctor"].reference()],
        "effectiveDateTime": row["when"].isoformat(),
        "valueQuantity": {"value": 72, "system": systems.UCUM, "code": "/min"},
    }
    label = {"system": systems.ACT_CODE, "code": "ETHUD"}
    return {**made, "meta": {"security": [label]}} if "labels" in row else made


async def _chart(world: World) -> tuple[Person, dict[str, str]]:
    person = await citizen(world, gp="gp-3", records=_records)
    names = ("Encounter/ex-encounter", *(f"Observation/{name}" for name in TABLE["records"]))
    return person, {name: place.lstrip("/") for name, place in zip(names, person.others, strict=True)}


def _referring(value: Any, places: Mapping[str, str], *, with_groups: bool) -> Any:
    """Return a provision of the table with its references as they are said here."""
    known: dict[str, JSON] = {
        "Practitioner/ex-practitioner": PERSONAS["lung-doctor"].reference(),
        "Organization/ex-org-researcher": sor("gp-1"),
    }
    if not with_groups:
        known["Group/ex-privilegedUsers"] = PERSONAS["surgeon"].reference()
    if isinstance(value, dict):
        name = value.get("reference")
        if isinstance(name, str):
            return known.get(name, {"reference": places.get(name, name)})
        return {key: _referring(inner, places, with_groups=with_groups) for key, inner in value.items()}
    if isinstance(value, list):
        return [_referring(inner, places, with_groups=with_groups) for inner in value]
    return value


async def _declare(world: World, who: str, person: Person) -> None:
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
            {"name": "code", "valueCode": "cannot-consent"},
            {"name": "reason", "valueString": "bevidstløs"},
        ],
    }
    answer = await world.as_(who, purposes=["BTG"]).post("/Patient/$emergency-access", json=asked)
    assert answer.status_code == CREATED, answer.text


@pytest.mark.parametrize("row", TABLE["consents"], ids=lambda row: row["consent"])
async def test_an_example_of_ihe_sent_over_rest_does_what_the_table_says(pcf: World, row: Mapping[str, Any]) -> None:
    person, places = await _chart(pcf)
    provision = fhir_provision(row["provision"])
    own = as_citizen(pcf, person.number)
    if "Group/" in str(provision):
        # Groups are not kept here: the consent is refused where it names one, and says the members instead.
        grouped = consent(person.number, _referring(provision, places, with_groups=True))
        refused = await own.post("/Consent", json=grouped)
        assert refused.status_code == INVALID, refused.text
        assert {one["expression"][0] for one in issues(refused)} == {
            "Consent.provision.provision[0].actor[0].reference"
        }
    made = await own.post("/Consent", json=consent(person.number, _referring(provision, places, with_groups=False)))
    assert made.status_code == CREATED, made.text
    for asked in row["asked"]:
        if "at" in asked:
            continue  # the past is the engine's to try; today the consent has ended
        who, purposes = READERS[asked["by"]], asked["for"] if isinstance(asked["for"], list) else [asked["for"]]
        if "emergency" in asked:
            await _declare(pcf, who, person)
        answer = await pcf.as_(who, purposes=purposes).get(
            "/Observation", params={"patient.identifier": "|".join(person.number)}
        )
        expected = ANSWERS[asked["danish"]]
        if expected is None:
            assert answer.status_code == FORBIDDEN, (asked, answer.text)
            continue
        by_id = {place.rpartition("/")[2]: name.rpartition("/")[2] for name, place in places.items()}
        assert {by_id[one["id"]] for one in resources_in(answer, "Observation")} == expected, asked
