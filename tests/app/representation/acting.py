"""Citizens made for one test, who acts for them, and what is written about both: over HTTP, as everybody else does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from served import Identifier, World

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.demo.run import persona_token
from app.runtime import now, now_us
from app.sharing import RegisterFact, feed_registers
from consent.model import Period, PersonKey
from consent.vocabulary import RelationKind
from schemas.terminology import systems

JSON = dict[str, Any]
_numbers = count(1)
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def new_number(born: str = "0101701") -> Identifier:
    """Return a replacement number that nobody has."""
    number = next(_numbers)
    letters = _LETTERS[number // 10 // len(_LETTERS) % len(_LETTERS)] + _LETTERS[number // 10 % len(_LETTERS)]
    return systems.X_ECPR, f"{born}{letters}{number % 10}"


def years_ago(years: int, *, days: int = 0) -> str:
    """Return the birth date of somebody who turned so old `days` ago (or will, when negative)."""
    today = now().astimezone(ZoneInfo("Europe/Copenhagen"))  # birthdays are Danish days
    birthday = (today - timedelta(days=days)).date()
    if (birthday.month, birthday.day) == (2, 29):
        birthday = birthday.replace(day=28)
    return birthday.replace(year=birthday.year - years).isoformat()


def day(days: int = 0) -> str:
    """Return an instant so many days from now, as FHIR writes it."""
    return (now() + timedelta(days=days)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def about(citizen: Identifier) -> JSON:
    """Return a reference to a citizen by number."""
    return {"type": "Patient", "identifier": {"system": citizen[0], "value": citizen[1]}}


def sor(key: str) -> JSON:
    """Return a logical reference to an organisation of the cluster."""
    return {"type": "Organization", "identifier": {"system": systems.SOR, "value": ORGANISATIONS[key].sor}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A citizen as the service knows her. `patient` is the id of the hospital's Patient, `condition` of a diagnosis.

    `others` are the addresses of what was written besides.
    """

    number: Identifier
    patient: str
    condition: str
    others: tuple[str, ...] = ()


async def citizen(
    world: World,
    *,
    born: str = "1950-01-01",
    gp: str = "gp-1",
    patient: JSON | None = None,
    records: Callable[[Identifier], Iterable[JSON]] = lambda _: (),
) -> Person:
    """Make a citizen whom the hospital has written about, and whose own GP the register knows."""
    number = new_number()
    await own_gp(world, number, gp)
    resources = [
        {
            "resourceType": "Patient",
            "identifier": [{"system": number[0], "value": number[1]}],
            "name": [{"family": "Testprøve", "given": ["Kim"]}],
            "birthDate": born,
            **(patient or {}),
        },
        condition(number),
        *records(number),
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{index:012d}",
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for index, resource in enumerate(resources)
        ],
    }
    answer = await world.as_("hospital-system").post("", json=bundle)
    assert answer.status_code == httpx2.codes.OK, answer.text
    made = [entry["response"]["location"].split("/fhir/")[1].split("/")[:2] for entry in answer.json()["entry"]]
    others = tuple(f"/{type_}/{id_}" for type_, id_ in made[2:])
    return Person(number=number, patient=made[0][1], condition=made[1][1], others=others)


def condition(number: Identifier, **more: Any) -> JSON:
    """Return a diagnosis without any label."""
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": systems.CONDITION_CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": systems.CONDITION_VERIFICATION, "code": "confirmed"}]},
        "code": {"coding": [{"system": systems.SKS_DIAGNOSIS, "code": "DZ039"}]},
        "subject": about(number),
        "onsetDateTime": "2024-02-01",
        **more,
    }


async def own_gp(world: World, number: Identifier, gp: str) -> None:
    """Let the register say who the own GP is."""
    fact = RegisterFact(
        citizen=number, kind=RelationKind.OWN_GP, period=Period(), source="sikrede", organisation=ORGANISATIONS[gp].sor
    )
    await feed_registers(world.service, [fact], at_us=now_us())


def as_citizen(world: World, number: Identifier) -> httpx2.AsyncClient:
    """Return the client of a citizen who is logged in."""
    return world.as_("citizen", citizen=number)


def acting(world: World, number: Identifier, *, person: str = "") -> httpx2.AsyncClient:
    """Return the client of a person who is logged in to act for somebody else."""
    who = replace(PERSONAS["parent"], citizen=number, person=PersonKey(person or f"syn-acting-{number[1]}"))
    return world.bearing(persona_token(who, world.issuer, at_us=now_us()))


def related_person(citizen: Identifier, representative: Identifier, code: str, **more: Any) -> JSON:
    """Return a RelatedPerson with one of our codes, or 'system|code'."""
    system, bar, plain = code.rpartition("|")
    return {
        "resourceType": "RelatedPerson",
        "patient": about(citizen),
        "identifier": [{"system": representative[0], "value": representative[1]}],
        "relationship": [{"coding": [{"system": system if bar else systems.REPRESENTATION, "code": plain}]}],
        **more,
    }


async def register_says(world: World, citizen: Identifier, representative: Identifier, code: str, **more: Any) -> str:
    """Let the register feed write who may act; return the id."""
    answer = await world.as_("register-feed").post(
        "/RelatedPerson", json=related_person(citizen, representative, code, **more)
    )
    assert answer.status_code == httpx2.codes.CREATED, answer.text
    return str(answer.json()["id"])


def judgement(citizen: Identifier, kind: str, *, by: str, relative: Identifier | None = None, **more: Any) -> JSON:
    """Return a judgement of capacity by a persona, in force from yesterday for a week."""
    made: JSON = {
        "resourceType": "ClinicalImpression",
        "status": "completed",
        "code": {"coding": [{"system": systems.CAPACITY, "code": kind}]},
        "subject": about(citizen),
        "effectivePeriod": {"start": day(-1), "end": day(6)},
        "assessor": PERSONAS[by].reference(),
        "summary": "Kan ikke overskue følgerne.",
    }
    if relative is not None:
        made["contained"] = [{**related_person(citizen, relative, "nearest-relative"), "id": "relative"}]
        made["extension"] = [{"url": systems.NEAREST_RELATIVE_EXTENSION, "valueReference": {"reference": "#relative"}}]
    return {**made, **more}


async def sees(client: httpx2.AsyncClient, person: Person) -> bool:
    """Tell whether a client reads the diagnosis; anything but 200 and 404 is an error."""
    answer = await client.get(f"/Condition/{person.condition}")
    assert answer.status_code in {httpx2.codes.OK, httpx2.codes.NOT_FOUND}, answer.text
    return answer.status_code == httpx2.codes.OK


def at(moment: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(moment)


def consent(citizen: Identifier, provision: JSON, *, relatives: Iterable[Identifier] = (), **more: Any) -> JSON:
    """Return a Consent of the citizen's; `relatives` are contained as #r0, #r1 ..."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": systems.LOINC, "code": "59284-0"}]}],
        "patient": about(citizen),
        "performer": [about(citizen)],
        "dateTime": day(),
        "policy": [{"uri": systems.DEFAULT_POLICY}],
        "provision": provision,
        **(
            {"contained": [{**related_person(citizen, who, "proxy"), "id": f"r{n}"} for n, who in enumerate(relatives)]}
            if relatives
            else {}
        ),
        **more,
    }


def recipient(reference: JSON | str) -> JSON:
    """Return an actor of a provision: who would get the records."""
    named = {"reference": reference} if isinstance(reference, str) else reference
    return {"role": {"coding": [{"system": systems.PARTICIPATION, "code": "IRCP"}]}, "reference": named}


def purpose(code: str) -> JSON:
    """Return a purpose as a provision has it."""
    return {"system": systems.ACT_REASON, "code": code}


def kind(code: str) -> JSON:
    """Return a kind of information as a provision has it."""
    return {"coding": [{"system": systems.CATEGORY, "code": code}]}


def power_of(citizen: Identifier, proxy: Identifier, **scope: Any) -> JSON:
    """Return the citizen's power of attorney to a proxy."""
    provision = {"type": "permit", "actor": [recipient("#r0")], "purpose": [purpose("PATRQT")], **scope}
    return consent(citizen, provision, relatives=[proxy])
