"""Real senders beside the demo cluster: the organisations that the corpus' own messages name, by their SOR ids."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from served import World

from app.demo.personas import Persona
from app.demo.run import persona_token
from app.runtime import now_us
from app.store import clients, directory
from app.store.clients import Client
from app.store.directory import Organisation, Staff
from app.store.job import Job
from app.store.tables import DIRECTORY
from consent.model import OrganisationKey, PersonKey
from consent.vocabulary import Function, Purpose

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
NOTIFICATIONS = sorted((CORPUS / "medcom-hospitalnotification").glob("*.json"))
HEART_WARD, BED_UNIT, NURSING_HOME = "265161000016000", "399841000016000", "953741000016009"
BRUNO = ("urn:oid:1.2.208.176.1.2", "2509479989")
"""The official test citizen of all official notifications."""

SENDER = Persona(
    key="herlev-system",
    name="Herlev og Gentofte Hospital (syntetisk)",
    function=Function.SYSTEM,
    organisation=OrganisationKey(HEART_WARD),
    client="herlev-epj",
    purpose=Purpose.TREATMENT,
)
DOCTOR = Persona(
    key="herlev-doctor",
    name="Overlæge Test Herlev (syntetisk)",
    function=Function.HOSPITAL_TREATMENT,
    organisation=OrganisationKey(HEART_WARD),
    client="herlev-epj",
    purpose=Purpose.TREATMENT,
    person=PersonKey("X0D99"),
    authorisation="X0D99",
    profession="7170",
)


@dataclass(frozen=True, slots=True)
class Real:
    """The clients of the real sender and of its doctor, and of the citizen all messages are about."""

    sender: httpx2.AsyncClient
    doctor: httpx2.AsyncClient
    citizen: httpx2.AsyncClient
    municipality: httpx2.AsyncClient

    async def send(self, raw: bytes) -> httpx2.Response:
        return await self.sender.post(
            "/$process-message", content=raw, headers={"Content-Type": "application/fhir+json"}
        )

    async def encounters(self) -> list[dict[str, Any]]:
        """Return Bruno's Encounters at the real sender, as he sees them himself, by their episodes."""
        answer = await self.citizen.post(
            "/Encounter/_search", data={"patient.identifier": "|".join(BRUNO), "_count": "500"}
        )
        assert answer.status_code == 200, answer.text
        found = [entry["resource"] for entry in answer.json().get("entry", [])]
        mine = [one for one in found if _provider(one) in {HEART_WARD, BED_UNIT}]
        return sorted(mine, key=lambda one: (one["period"]["start"], _provider(one)))

    async def may_look_up(self) -> bool:
        """Tell whether the sending hospital has a basis to look Bruno up."""
        answer = await self.doctor.post("/Encounter/_search", data={"patient.identifier": "|".join(BRUNO)})
        assert answer.status_code in {200, 403}, answer.text
        return answer.status_code == 200


def _provider(encounter: Mapping[str, Any]) -> str:
    return str(encounter.get("serviceProvider", {}).get("identifier", {}).get("value", ""))


async def register(world: World) -> Real:
    """Register the senders of the corpus in the world's directory."""
    organisations = [
        Organisation(sor=HEART_WARD, name="Hjerteafdelingen på Herlev og Gentofte hospital", kind="hospital"),
        Organisation(sor=BED_UNIT, name="Hjertemedicinsk sengeafs. S103", kind="unit", parent=HEART_WARD),
        Organisation(sor=NURSING_HOME, name="Plejecenter Herlev", kind="municipality"),
    ]
    staff = Staff(
        person=str(DOCTOR.person),
        name=DOCTOR.name,
        authorisation=DOCTOR.authorisation,
        profession=DOCTOR.profession,
        functions=frozenset({DOCTOR.function}),
        organisations=frozenset({HEART_WARD}),
    )
    client = Client(
        id="herlev-epj",
        organisation=HEART_WARD,
        functions=frozenset({SENDER.function.value, DOCTOR.function.value}),
        purposes=frozenset({Purpose.TREATMENT.value}),
        types=frozenset({"*"}),
    )
    writes = (*directory.put_organisations(organisations), *directory.put_staff([staff]), *clients.put([client]))
    await world.service.database.commit(Job(pid=DIRECTORY, writes=writes))

    def bearing(persona: Persona) -> httpx2.AsyncClient:
        return world.bearing(persona_token(persona, world.issuer, at_us=now_us()))

    return Real(
        sender=bearing(SENDER),
        doctor=bearing(DOCTOR),
        citizen=world.as_("citizen", citizen=BRUNO),
        municipality=world.as_("municipality-system"),
    )
