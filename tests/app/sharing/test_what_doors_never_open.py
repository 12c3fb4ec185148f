"""What no door opens, on the real path, and the instant at which each closes; on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doors_builders import DOORS, HOUR_US, declare, declare_at, now, purposes_for
from served import NANCY, World, resources_in, summary_of

from app import sharing
from app.context import Call
from app.errors import AccessRefusedError
from app.translate.consents import consent_of, provision_of
from consent.vocabulary import Category, Effect
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
SURGEON = "surgeon"
BO = (systems.CPR, "3103979995")
LABELS = ("national-genome", "sharing-refused", "anonymous-treatment")
LONGEST = {"$treating-now": 24 * HOUR_US, "$consent-now": 24 * HOUR_US, "$emergency-access": 4 * HOUR_US}
NUMBER = {"patient.identifier": "|".join(NANCY)}


def condition(text: str, **meta: Any) -> dict[str, Any]:
    """Return a diagnosis of Nancy."""
    resource = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": systems.CONDITION_CLINICAL, "code": "active"}]},
        "code": {"text": text},
        "subject": {"identifier": {"system": NANCY[0], "value": NANCY[1]}},
    }
    return resource | ({"meta": meta} if meta else {})


async def written(world: World) -> dict[str, str]:
    """Write one open record and those that no door opens; return ids by text."""
    records = {"maerke-open": {}} | {
        f"maerke-{label}": {"security": [{"system": systems.LABEL, "code": label}]} for label in LABELS
    }
    found = {}
    for text, meta in records.items():
        answer = await world.as_("hospital-system").post("/Condition", json=condition(text, **meta))
        assert answer.status_code == 201, answer.text
        found[text] = answer.json()["id"]
    social = condition("maerke-social", tag=[{"system": systems.REGIME_SYSTEM, "code": "social-case"}])
    answer = await world.as_("municipality-system").post("/Condition", json=social)
    assert answer.status_code == 201, answer.text
    return found | {"maerke-social": answer.json()["id"]}


@pytest.mark.parametrize("door", DOORS)
async def test_what_no_door_opens(own_world: World, door: str) -> None:
    ids = await written(own_world)
    surgeon = own_world.as_(SURGEON, purposes=purposes_for(door))
    for id_ in ids.values():
        assert (await surgeon.get(f"/Condition/{id_}")).status_code == 404
    assert (await declare(own_world, door, who=SURGEON)).status_code == 201
    assert (await surgeon.get(f"/Condition/{ids['maerke-open']}")).status_code == 200
    hidden = [text for text in ids if text != "maerke-open"]
    block = consent_of(patient="Patient/x", at_us=now(), provision=provision_of(Effect.DENY, categories=(Category.DEVICE,)),
                       status="active")  # fmt: skip
    subject = {"identifier": {"system": NANCY[0], "value": NANCY[1]}}
    made = await own_world.as_("citizen").post("/Consent", json=block | {"patient": subject, "performer": [subject]})
    assert made.status_code == 201, made.text
    ids["maerke-block"] = made.json()["id"]
    assert (await surgeon.get(f"/Consent/{made.json()['id']}")).status_code == 404
    for text in hidden:
        for path in (f"/Condition/{ids[text]}", f"/Condition/{ids[text]}/_history"):
            assert (await surgeon.get(path)).status_code == 404, text
    everything = ""
    for type_ in ("Condition", "Provenance", "Observation", "Consent", "Composition"):
        answer = await surgeon.post(f"/{type_}/_search", data=NUMBER | {"_count": "200"})
        assert answer.status_code == 200, answer.text
        # A will about treatment is a Consent too, and clinical; what the citizen decided on sharing is not for staff.
        scopes = {one["scope"]["coding"][0]["code"] for one in resources_in(answer, "Consent")}
        assert "patient-privacy" not in scopes
        everything += answer.text
    summary = await surgeon.post("/Patient/$summary", json=summary_of())
    assert summary.status_code == 200
    everything += summary.text
    assert "maerke-open" in everything
    for text in (*hidden, "maerke-block"):
        assert text not in everything
        assert ids[text] not in everything


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_is_to_one_citizens_records_and_to_nothing_else(own_world: World, door: str) -> None:
    surgeon = own_world.as_(SURGEON, purposes=purposes_for(door))
    assert (await declare(own_world, door, who=SURGEON)).status_code == 201
    log = f"/AuditEvent?patient.identifier={'|'.join(NANCY)}"
    assert (await surgeon.get(log)).status_code == 403
    assert (await surgeon.get("/Condition")).status_code == 400, "no search over citizens"
    assert (await surgeon.get("/Patient?name=Berggren")).status_code == 400
    assert (await surgeon.post("/Patient/$summary", json=summary_of(BO))).status_code == 403
    assert (await surgeon.post("/Condition/_search", data={"patient.identifier": "|".join(BO)})).status_code == 403
    for path in ("/$export", "/Patient/$export", "/Subscription", "/Subscription/1", "/Group/1/$export"):
        assert (await surgeon.get(path)).status_code in {404, 405}, path
    assert (await surgeon.post("/Subscription", json={"resourceType": "Subscription"})).status_code == 404
    colleague = own_world.as_("stroke-doctor", purposes=purposes_for(door))
    assert (await colleague.post("/Patient/$summary", json=summary_of())).status_code == 403, "hers alone"


async def test_in_an_emergency_nothing_is_written_and_no_consent_changed(own_world: World) -> None:
    surgeon = own_world.as_(SURGEON, purposes=("ETREAT",))
    subject = {"identifier": {"system": NANCY[0], "value": NANCY[1]}}
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": subject,
        "performer": [subject],
        "policyRule": {"text": "x"},
        "provision": {"type": "permit"},
    }  # fmt: skip
    assert (await declare(own_world, "$emergency-access", who=SURGEON)).status_code == 201
    before = await own_world.row_counts()
    for resource in (condition("maerke-ny"), consent):
        answer = await surgeon.post(f"/{resource['resourceType']}", json=resource)
        assert answer.status_code in {403, 422}, answer.text
        bundle = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}],
        }
        assert (await surgeon.post("", json=bundle)).status_code in {403, 422}
    assert await own_world.row_counts() == before


@contextmanager
def refused() -> Iterator[None]:
    """Expect a refusal."""
    with pytest.raises(AccessRefusedError):
        yield


@pytest.mark.parametrize("door", DOORS)
async def test_each_door_closes_at_its_instant(own_world: World, door: str) -> None:
    """The period of a declaration includes its last instant; one microsecond later there is no basis."""
    start = now() - 48 * HOUR_US
    await declare_at(own_world, door, at_us=start, who=SURGEON)
    end = start + LONGEST[door]

    async def search(at_us: int) -> bytes:
        token = own_world.token(SURGEON, purposes=purposes_for(door), at_us=at_us)
        caller = own_world.service.verifier.verify(token, now_us=at_us)
        call = Call(caller=caller, request_id="test", at_us=at_us)
        pairs = list(NUMBER.items())
        return await sharing.search(own_world.service, call, type="Condition", pairs=pairs, lenient=False)

    with refused():
        await search(start - 1)
    for at_us in (start, end - 1, end):
        assert b'"searchset"' in await search(at_us)
    for at_us in (end + 1, end + HOUR_US):
        with refused():
            await search(at_us)
    assert b'"searchset"' in await search(end), "what was remembered of one instant serves no other"
    with refused():
        await search(end + 1)
