"""What the journeys send: a HospitalNotification, a DeliveryReport, and a municipality's push of habitual status.

Written from the rules of MedCom (messaging 4.0.2, hospitalnotification 3.0.2) and of the KL gateway (1.2.0).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from app.demo.baseline import declare, note
from app.demo.chart import JSON, Chart, Submission
from app.demo.codes import coding, fsiii
from app.demo.life import DAY, Life
from app.demo.moments import day, written
from app.demo.municipality import fsiii_condition, nurse_of, sender_of, severity
from app.demo.organisations import HTEST, NOTICE, ORGANISATIONS, Organisation, unit
from schemas.terminology import systems

_CORE = "http://medcomfhir.dk/ig/core/StructureDefinition/"
_MESSAGING = "http://medcomfhir.dk/ig/messaging/StructureDefinition/"
_NOTIFICATION = "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMessages:
    """What is sent in the journeys, all about one citizen, and by which persona's system."""

    notification: JSON
    notification_sender: str
    delivery_report: JSON
    habitual_status: Submission
    municipality_sender: str


def messages_of(life: Life) -> DemoMessages:
    """Return the messages about `life`, sent shortly before its end."""
    return DemoMessages(
        notification=hospital_notification(life, admitted=life.at - timedelta(minutes=25)),
        notification_sender="hospital-system",
        delivery_report=delivery_report(life),
        habitual_status=habitual_status(life),
        municipality_sender=sender_of(life.citizen).key,
    )


class _Message:
    """Collects the entries of one message, with ids and addresses in MedCom's form."""

    def __init__(self, life: Life, base: str) -> None:
        self.rng = life.draws(base)
        self.base = base
        self.entries: list[JSON] = []

    def id(self) -> str:
        """Return a fresh UUID."""
        bits = f"{self.rng.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"

    def add(self, id_: str, profile: str, resource: JSON, words: str) -> str:
        """Add a resource with narrative and return a relative reference to it."""
        type_ = resource.pop("resourceType")
        whole = {
            "resourceType": type_,
            "id": id_,
            "meta": {"profile": [profile], "security": [HTEST]},
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}. {NOTICE}</div>',
            },
            **resource,
        }
        self.entries.append({"fullUrl": f"{self.base}/{type_}/{id_}", "resource": whole})
        return f"{type_}/{id_}"


def _party(message: _Message, where: Organisation) -> str:
    resource = {
        "resourceType": "Organization",
        "identifier": [
            {"system": "https://www.gs1.org/gln", "value": where.gln},
            {"system": systems.SOR, "value": where.sor},
        ],
        "name": where.name,
    }
    return message.add(message.id(), f"{_MESSAGING}medcom-messaging-organization", resource, where.name)


def hospital_notification(life: Life, *, admitted: datetime, ward: str = "emergency-ward") -> JSON:
    """Return a HospitalNotification `STIN` (Danish: start sygehusophold, indlagt) to the citizen's municipality."""
    citizen = life.citizen
    provider, receiver = ORGANISATIONS[ward], unit("nursing", citizen.municipality or "")
    sent = admitted + timedelta(minutes=2)
    message = _Message(life, "https://medcomfhir.dk/ig/hospitalnotification")
    header_id, encounter_id, patient_id, provenance_id = (message.id() for _ in range(4))
    rest = _Message(life, message.base)
    rest.rng = message.rng
    sender_ref, receiver_ref = _party(rest, provider), _party(rest, receiver)
    use = {"system": systems.MEDCOM_DESTINATION_USE, "code": "primary"}
    message.add(
        header_id,
        f"{_NOTIFICATION}medcom-hospitalNotification-messageHeader",
        {
            "resourceType": "MessageHeader",
            "extension": [
                {"url": systems.REPORT_OF_ADMISSION_EXTENSION, "valueBoolean": True},
                {"url": systems.REPORT_OF_ADMISSION_RECIPIENT_EXTENSION, "valueReference": {"reference": sender_ref}},
            ],
            "eventCoding": {"system": systems.MEDCOM_EVENT, "code": "hospital-notification-message"},
            "destination": [
                {
                    "extension": [{"url": systems.DESTINATION_USE_EXTENSION, "valueCoding": use}],
                    "endpoint": f"https://sor2.sum.dsdn.dk/#id={receiver.sor}",
                    "receiver": {"reference": receiver_ref},
                }
            ],
            "sender": {"reference": sender_ref},
            "source": {"endpoint": f"https://sor2.sum.dsdn.dk/#id={provider.sor}"},
            "focus": [{"reference": f"Encounter/{encounter_id}"}],
        },
        "Advis om sygehusophold",
    )
    name = {"use": "official", "family": citizen.family, "given": list(citizen.given)}
    identifier = {"system": citizen.system, "value": citizen.value}
    message.add(
        patient_id,
        f"{_CORE}medcom-core-patient",
        {"resourceType": "Patient", "identifier": [identifier], "name": [name]},
        citizen.name,
    )
    episode = f"urn:uuid:{message.id()[:14]}5{message.id()[15:]}"
    message.add(
        encounter_id,
        f"{_NOTIFICATION}medcom-hospitalNotification-encounter",
        {
            "resourceType": "Encounter",
            "status": "in-progress",
            "class": coding(systems.ACT_CODE, "IMP"),
            "subject": {"reference": f"Patient/{patient_id}"},
            "episodeOfCare": [{"identifier": {"system": systems.EPISODE, "value": episode}}],
            "period": {"start": written(admitted)},
            "serviceProvider": {"reference": sender_ref},
        },
        "Indlagt",
    )
    message.entries += rest.entries
    message.add(
        provenance_id,
        f"{_MESSAGING}medcom-messaging-provenance",
        {
            "resourceType": "Provenance",
            "target": [{"reference": f"MessageHeader/{header_id}"}],
            "occurredDateTime": written(admitted),
            "recorded": written(sent),
            "activity": {"coding": [{"system": systems.MEDCOM_ACTIVITY, "code": "admit-inpatient"}]},
            "agent": [{"who": {"reference": sender_ref}}],
        },
        "Indlæggelse registreret",
    )
    return {
        "resourceType": "Bundle",
        "id": message.id(),
        "meta": {"profile": [f"{_NOTIFICATION}medcom-hospitalNotification-message"], "security": [HTEST]},
        "type": "message",
        "timestamp": written(sent),
        "entry": message.entries,
    }


_REPORTED: tuple[tuple[str, int], ...] = (("J1.1", 3), ("J1.3", 2), ("J3.8", 3), ("J4.6", 3))
"""Levels that the report tells: one worse than before."""


def delivery_report(life: Life) -> JSON:
    """Return a KL DeliveryReport: a collection with relative addresses, coded only, without names and free text."""
    citizen = life.citizen
    recorded = life.at - timedelta(hours=3)
    entries: list[JSON] = []

    def own(name: str) -> str:
        """Return the system's id of a thing: universally unique, as the gateway demands."""
        return str(uuid5(NAMESPACE_URL, f"https://omsorg.example/{citizen.value}/{name}"))

    subject = {"reference": f"Patient/{own('borger')}"}

    def add(name: str, profile: str, resource: JSON) -> JSON:
        type_, id_ = resource.pop("resourceType"), own(name)
        about = {} if type_ == "Patient" else {"subject": subject}
        meta = {"profile": [f"{systems.KL_GATEWAY}klgateway-care-{profile}"], "security": [HTEST]}
        whole = {"resourceType": type_, "id": id_, "meta": meta, **resource, **about}
        entries.append({"fullUrl": f"{type_}/{id_}", "resource": whole})
        return {"reference": f"{type_}/{id_}"}

    where = ORGANISATIONS["municipality-a" if sender_of(citizen).key == "municipality-system" else "municipality-b"]
    add(
        "borger",
        "citizen",
        {
            "resourceType": "Patient",
            "identifier": [{"system": citizen.system, "value": citizen.value}],
            "managingOrganization": {"identifier": {"system": systems.SOR, "value": where.sor}},
        },
    )
    problem = [{"coding": [{"system": systems.CONDITION_CATEGORY, "code": "problem-list-item"}]}]
    active = {"coding": [{"system": systems.CONDITION_CLINICAL, "code": "active"}]}
    for code, level in _REPORTED:
        condition = add(
            f"tilstand-{code.replace('.', '-').lower()}",
            "condition",
            {
                "resourceType": "Condition",
                "clinicalStatus": active,
                "category": problem,
                "severity": {"coding": severity(level, citizen.municipality)["coding"]},
                "code": {"coding": [fsiii(code)]},
                "recordedDate": written(recorded),
            },
        )
        if code == "J3.8":
            add(
                "maal-j3-8",
                "goal",
                {
                    "resourceType": "Goal",
                    "lifecycleStatus": "active",
                    "category": [{"coding": [coding(systems.KL_CARE_SOCIAL, "expectedCondition")]}],
                    "description": {"coding": [fsiii(code)]},
                    "startDate": day(recorded),
                    "target": [
                        {
                            "measure": {"coding": [fsiii(code)]},
                            "detailCodeableConcept": {"coding": severity(2, citizen.municipality)["coding"]},
                            "dueDate": day(recorded + DAY * 60),
                        }
                    ],
                    "addresses": [condition],
                },
            )
            for kind, answer in (("own-performance", "C2"), ("own-importance", "D1")):
                add(
                    f"{kind}-j3-8",
                    "citizens-own-observation",
                    {
                        "resourceType": "Observation",
                        "status": "final",
                        "code": {"coding": [coding(systems.FSIII, answer[0])]},
                        "focus": [condition],
                        "effectiveDateTime": written(recorded),
                        "valueCodeableConcept": {"coding": [coding(systems.FSIII, answer)]},
                    },
                )
    for code in ("I7.1", "I3.5"):
        add(
            f"tilstand-{code.replace('.', '-').lower()}",
            "condition",
            {
                "resourceType": "Condition",
                "clinicalStatus": active,
                "category": problem,
                "code": {"coding": [fsiii(code)]},
                "recordedDate": written(recorded),
            },
        )
    for code in ("G1.20", "G1.29", "H1.1"):
        plan = add(
            f"indsats-{code.replace('.', '-').lower()}",
            "planned-intervention",
            {
                "resourceType": "CarePlan",
                "status": "active",
                "intent": "plan",
                "period": {"start": day(recorded - DAY * 30)},
                "activity": [{"detail": {"code": {"coding": [fsiii(code)]}, "status": "in-progress"}}],
            },
        )
        if code == "G1.29":
            add(
                "opfoelgning-1",
                "follow-up-observation",
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"coding": [coding(systems.SNOMED, "712744002")]},
                    "focus": [plan],
                    "effectiveDateTime": written(recorded),
                    "valueCodeableConcept": {"coding": [coding(systems.FSIII, "E1")]},
                },
            )
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{systems.KL_GATEWAY}klgateway-care-delivery-report"], "security": [HTEST]},
        "type": "collection",
        "timestamp": written(recorded + timedelta(minutes=1)),
        "entry": entries,
    }


_PUSHED: tuple[tuple[str, int], ...] = (("J1.1", 3), ("J1.3", 2), ("J3.2", 3), ("J3.8", 3))


def habitual_status(life: Life) -> Submission:
    """Return one transaction: habitual values of the last half year, levels of today, and a status note."""
    nurse = nurse_of(life.citizen)
    chart = Chart(life, sender_of(life.citizen), "push")
    chart.known_patient()
    declare(chart, nurse, end=life.at - DAY * 0.6)
    moment = life.at - timedelta(minutes=50)
    for code, level in _PUSHED:
        fsiii_condition(chart, code, recorded=moment, by=nurse, level=level)
    text = "Tiltagende åndenød gennem to døgn, saturation 85 % uden ilt i morges. Har brug for hjælp til påklædning."
    note(
        chart,
        text=text,
        why="Mulig lungebetændelse; indlægges efter aftale med læge",
        need="more",
        moment=moment,
        days=7,
        by=nurse,
    )
    return chart.submission()
