"""A data protection officer reads what the own organisation looked up, and nothing of what others did."""

from served import NANCY, World, resources_in, summary_of

from app.demo.personas import PERSONAS

LOG = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}"


def _names(events):
    return {agent.get("who", {}).get("display") for event in events for agent in event["agent"]}


async def test_an_officer_sees_the_look_ups_of_the_own_region_alone(world: World) -> None:
    for persona in ("hospital-doctor", "gp"):
        await world.as_(persona).post("/Patient/$summary", json=summary_of())  # recorded, whatever the answer
    everything = _names(resources_in(await world.as_("citizen", citizen=NANCY).get(LOG)))
    own = _names(resources_in(await world.as_("dpo").get(LOG)))
    assert own < everything
    assert own
    assert PERSONAS["hospital-doctor"].name in own
    assert PERSONAS["gp"].name in everything - own


async def test_an_officer_reads_no_record_of_the_citizen(world: World) -> None:
    answer = await world.as_("dpo").post("/Patient/$summary", json=summary_of())
    assert answer.status_code == 403
