"""fhirpy, a client that others wrote, works against a running server. Source: https://pypi.org/project/fhirpy/"""

import pytest
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, OperationOutcome, ResourceNotFound
from served import NANCY

from app.config import Settings
from app.demo.cluster import Cluster
from app.demo.tokens import token_of

LOINC = "http://loinc.org"


async def client_of(settings: Settings, persona: str = "gp") -> AsyncFHIRClient:
    return AsyncFHIRClient(settings.public_url, authorization=f"Bearer {await token_of(settings, persona)}")


async def test_it_finds_the_citizen_and_pages_through_all_that_is_known(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    patients = await client.resources("Patient").search(identifier="|".join(NANCY)).fetch_all()
    assert [one["resourceType"] for one in patients] == ["Patient"]
    search = client.resources("Observation").search(patient=patients[0].id)
    count = await search.count()
    everything = await search.limit(20).fetch_all()
    assert count == len(everything) > 20
    assert len({one.id for one in everything}) == count


async def test_it_creates_updates_reads_and_deletes(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    (patient,) = await client.resources("Patient").search(identifier="|".join(NANCY)).fetch_all()
    seen = client.resource(
        "Observation",
        status="final",
        code={"coding": [{"system": LOINC, "code": "8867-4"}]},
        subject=patient.to_reference(),
        effectiveDateTime="2026-01-01",
        identifier=[{"system": "https://example.org/fhirpy", "value": "1"}],
    )
    await seen.save()
    assert seen["meta"]["versionId"] == "1"
    seen["status"] = "amended"
    await seen.save()
    assert seen["meta"]["versionId"] == "2"
    read = await client.reference("Observation", seen.id).to_resource()
    assert read["status"] == "amended"
    with pytest.raises(OperationOutcome, match="does not take this method"):
        await seen.patch(status="final")
    await seen.delete()
    with pytest.raises(ResourceNotFound):
        await client.reference("Observation", seen.id).to_resource()


async def test_get_or_create_creates_once(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    (patient,) = await client.resources("Patient").search(identifier="|".join(NANCY)).fetch_all()
    new = client.resource(
        "Observation",
        status="final",
        code={"text": "x"},
        subject=patient.to_reference(),
        identifier=[{"system": "https://example.org/fhirpy", "value": "2"}],
    )
    mine = client.resources("Observation").search(identifier="https://example.org/fhirpy|2")
    _, is_new = await mine.get_or_create(new)
    assert is_new


async def test_what_is_refused_arrives_as_an_operation_outcome(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0], "surgeon")
    with pytest.raises(ForbiddenError, match="forbidden"):
        await client.resources("Observation").search(**{"patient.identifier": "|".join(NANCY)}).fetch()
    with pytest.raises(OperationOutcome, match="not-supported"):
        await client.resources("Organization").search(nonsense="x").fetch()
