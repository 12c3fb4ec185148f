"""fhirclient, the SMART client whose models are strict R4, works against a running server.

Source: https://pypi.org/project/fhirclient/
"""

import asyncio

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException
from served import NANCY, summary_of

from app.config import Settings
from app.demo.cluster import Cluster
from app.demo.tokens import token_of


async def client_of(settings: Settings, persona: str = "gp") -> FHIRClient:
    client = FHIRClient(settings={"app_id": "overgang-tests", "api_base": settings.public_url})
    client.server.session.headers["Authorization"] = f"Bearer {await token_of(settings, persona)}"
    return client


def _everything(client: FHIRClient) -> tuple[list[Patient], list[Observation]]:
    assert client.prepare(), "the CapabilityStatement parses in strict models"
    patients = list(Patient.where({"identifier": "|".join(NANCY)}).perform_resources_iter(client.server))
    search = Observation.where({"patient": patients[0].id, "_count": "20"})
    return patients, list(search.perform_resources_iter(client.server))


async def test_it_reads_metadata_and_pages_through_all_that_is_known(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    patients, found = await asyncio.to_thread(_everything, client)
    client.server.session.close()
    assert len(patients) == 1
    assert len({one.id for one in found}) == len(found) > 20


def _lives(client: FHIRClient) -> None:
    (patient,) = Patient.where({"identifier": "|".join(NANCY)}).perform_resources_iter(client.server)
    reference = {"reference": f"Patient/{patient.id}"}
    made = Observation(
        {"status": "final", "code": {"text": "x"}, "subject": reference, "effectiveDateTime": "2026-01-01"}
    ).create(client.server)
    seen = Observation.read(made["id"], client.server)
    seen.status = "amended"
    assert seen.update(client.server)["meta"]["versionId"] == "2"
    seen.delete(client.server)
    with pytest.raises(FHIRNotFoundException):
        Observation.read("a" * 26, client.server)


async def test_it_creates_updates_and_deletes(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    await asyncio.to_thread(_lives, client)
    client.server.session.close()


def _summary(client: FHIRClient) -> tuple[Bundle, OperationOutcome]:
    base = client.server.base_uri.rstrip("/")
    answer = client.server.session.post(f"{base}/Patient/$summary", json=summary_of())
    refused = client.server.session.get(f"{base}/Observation?x=1")
    return Bundle(answer.json()), OperationOutcome(refused.json())


async def test_its_strict_models_take_the_summary_and_an_outcome(server: tuple[Settings, Cluster]) -> None:
    client = await client_of(server[0])
    summary, refused = await asyncio.to_thread(_summary, client)
    client.server.session.close()
    assert summary.type == "document"
    assert summary.entry[0].resource.resource_type == "Composition"
    assert refused.issue[0].severity == "error"
