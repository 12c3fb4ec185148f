"""What one source writes about one citizen: the entries of one transaction Bundle."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.demo.life import Life
from app.demo.moments import written
from app.demo.organisations import HTEST, NOTICE
from app.demo.personas import Persona
from schemas.terminology import systems

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One transaction that a source sends about one citizen. `sender` is a key of PERSONAS."""

    sender: str
    identifier: tuple[str, str]  # system, value
    at: datetime
    bundle: JSON


@dataclass(slots=True)
class Chart:
    """Collects one source's resources about one citizen, with urn:uuid addresses; the Patient comes first.

    `part` sets one transaction apart from another of the same source: other addresses, other noise.
    `newest` is the time of the newest thing that had happened, for the order of the submissions.
    """

    life: Life
    sender: Persona
    part: str = ""
    rng: random.Random = field(init=False)
    entries: list[JSON] = field(default_factory=list)
    patient: str = field(init=False)
    newest: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.rng = self.life.draws(f"{self.sender.key}:{self.part}")
        self.newest = self.life.at.replace(year=self.life.at.year - 3, day=1)
        self.patient = self.add(patient_of(self.life, self.sender), about="")

    def add(self, resource: JSON, *, about: str = "subject", profile: str | None = None) -> str:
        """Add a resource, pointing to the patient by the element `about`, marked as test data; return its address."""
        bits = f"{self.rng.getrandbits(128):032x}"
        address = f"urn:uuid:{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"
        whole: JSON = {
            "resourceType": resource.pop("resourceType"),
            "meta": {"profile": [profile], "security": [HTEST]} if profile else {"security": [HTEST]},
            **resource,
        }
        if about:
            whole[about] = {"reference": self.patient}
        self.entries.append(
            {
                "fullUrl": address,
                "resource": whole,
                "request": {"method": "POST", "url": whole["resourceType"]},
            }
        )
        return address

    def when(self, moment: datetime) -> str:
        """Return `moment` as a FHIR dateTime and remember it as something that happened."""
        if self.newest < moment <= self.life.at:
            self.newest = moment
        return written(moment)

    def submission(self) -> Submission:
        """Return the transaction; nothing may be added afterwards."""
        citizen = self.life.citizen
        return Submission(
            sender=self.sender.key,
            identifier=(citizen.system, citizen.value),
            at=self.newest,
            bundle={"resourceType": "Bundle", "type": "transaction", "entry": self.entries},
        )

    def known_patient(self) -> None:
        """Make the Patient conditional: the source has sent her before and means the same one."""
        citizen = self.life.citizen
        self.entries[0]["request"]["ifNoneExist"] = f"identifier={citizen.system}|{citizen.value}"


def identifier_of(life: Life) -> JSON:
    """Return the citizen's identifier as dk-core writes it."""
    citizen = life.citizen
    return {
        "use": "official" if citizen.system == systems.CPR else "temp",
        "system": citizen.system,
        "value": citizen.value,
    }


def patient_of(life: Life, sender: Persona) -> JSON:
    """Return the source's own Patient: demographics that agree with all other sources."""
    citizen = life.citizen
    resource: JSON = {
        "resourceType": "Patient",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{citizen.name}. {NOTICE}</div>',
        },
        "identifier": [identifier_of(life)],
        "active": True,
        "name": [{"use": "official", "family": citizen.family, "given": list(citizen.given)}],
        "gender": citizen.gender,
        "birthDate": citizen.born.isoformat(),
    }
    if citizen.deceased:
        resource["deceasedBoolean"] = True
    if citizen.municipality is not None:
        code = {"system": systems.MUNICIPALITY, "code": citizen.municipality}
        resource["address"] = [
            {
                "extension": [{"url": systems.MUNICIPALITY_EXTENSION, "valueCodeableConcept": {"coding": [code]}}],
                "line": [f"Testvej {sum(map(ord, citizen.value)) % 97 + 1}"],
                "country": "DK",
            }
        ]
    if citizen.language is not None:
        resource["communication"] = [
            {
                "language": {
                    "coding": [{"system": systems.LANGUAGE, "code": citizen.language}],
                    "text": LANGUAGES[citizen.language],
                },
                "preferred": True,
            }
        ]
        resource["extension"] = [{"url": INTERPRETER, "valueBoolean": True}]
    resource["managingOrganization"] = sender.home.reference()
    return resource


INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
LANGUAGES = {"ar": "arabisk", "tr": "tyrkisk", "pl": "polsk", "so": "somali", "uk": "ukrainsk"}
