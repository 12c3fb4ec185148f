"""The base of the service is an address that documents and clients write without a slash at its end."""

import pytest
from served import BASE, World


@pytest.mark.parametrize("base", [BASE, f"{BASE}/"])
async def test_a_bundle_may_be_posted_to_the_base_with_and_without_a_slash_at_its_end(world: World, base: str):
    client = world.as_("municipality-system")

    answer = await client.post(base, json={"resourceType": "Bundle", "type": "batch"})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"resourceType": "Bundle", "type": "batch-response"}


async def test_the_base_takes_no_other_method(world: World):
    answer = await world.as_("municipality-system").get(BASE)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
