"""A power of attorney is a consent of the citizen's own: whom it names sees what it names, as long as it lasts."""

from acting import (
    acting,
    as_citizen,
    citizen,
    condition,
    consent,
    day,
    kind,
    new_number,
    power_of,
    purpose,
    recipient,
    register_says,
    related_person,
    sees,
    years_ago,
)
from served import World

CREATED, FORBIDDEN, INVALID, OK = 201, 403, 422, 200
PATRQT = [purpose("PATRQT")]


def power(citizen_, proxy, **scope):
    return power_of(citizen_.number, proxy, **scope)


async def _given(world: World, citizen_, resource) -> str:
    answer = await as_citizen(world, citizen_.number).post("/Consent", json=resource)
    assert answer.status_code == CREATED, answer.text
    return str(answer.json()["id"])


async def test_a_proxy_sees_what_the_power_names_until_the_citizen_ends_it(world: World) -> None:
    mother = await citizen(world)
    daughter = new_number()
    assert not await sees(acting(world, daughter), mother)
    id_ = await _given(world, mother, power(mother, daughter, code=[kind("diagnosis")]))
    assert await sees(acting(world, daughter), mother)
    assert (await acting(world, daughter).get(f"/Patient/{mother.patient}")).status_code == 404
    assert not await sees(acting(world, new_number()), mother)
    assert (await as_citizen(world, mother.number).delete(f"/Consent/{id_}")).status_code == 204
    assert not await sees(acting(world, daughter), mother)


async def test_a_power_for_something_else_or_another_time_opens_nothing(world: World) -> None:
    for scope in (
        {"code": [kind("medication")]},
        {"period": {"end": day(-1)}},
        {"period": {"start": day(1)}},
        {"purpose": [purpose("TREAT")]},
        {"dataPeriod": {"start": "2025-01-01", "end": "2025-12-31"}},
    ):
        mother, daughter = await citizen(world), new_number()
        await _given(world, mother, power(mother, daughter, **scope))
        # The diagnosis began in 2024 and still runs, so a period of the data that ends before it does not reach it.
        assert await sees(acting(world, daughter), mother) is ("dataPeriod" in scope), scope


async def test_a_related_person_who_is_kept_here_can_be_named(world: World) -> None:
    mother, daughter = await citizen(world), new_number()
    made = await world.as_("gp").post("/RelatedPerson", json=related_person(mother.number, daughter, "proxy"))
    assert made.status_code == CREATED
    assert not await sees(acting(world, daughter), mother)
    given = consent(
        mother.number,
        {"type": "permit", "actor": [recipient(f"RelatedPerson/{made.json()['id']}")], "purpose": PATRQT},
    )
    await _given(world, mother, given)
    assert await sees(acting(world, daughter), mother)
    # Who wrote the related person cannot make it somebody else afterwards.
    stranger = new_number()
    swapped = {**related_person(mother.number, stranger, "proxy"), "id": made.json()["id"]}
    assert (await world.as_("gp").put(f"/RelatedPerson/{swapped['id']}", json=swapped)).status_code == OK
    assert not await sees(acting(world, stranger), mother)


async def test_a_related_person_of_somebody_else_names_nobody(world: World) -> None:
    mother, other, daughter = await citizen(world), await citizen(world), new_number()
    made = await world.as_("gp").post("/RelatedPerson", json=related_person(other.number, daughter, "proxy"))
    given = consent(
        mother.number,
        {"type": "permit", "actor": [recipient(f"RelatedPerson/{made.json()['id']}")], "purpose": PATRQT},
    )
    answer = await as_citizen(world, mother.number).post("/Consent", json=given)
    assert answer.status_code == INVALID
    assert answer.json()["issue"][0]["expression"] == ["Consent.provision.actor[0].reference"]


async def test_nobody_gives_a_power_for_somebody_else(world: World) -> None:
    child, mother, friend = await citizen(world, born=years_ago(9)), new_number(), new_number()
    await register_says(world, child.number, mother, "custody")
    parent = acting(world, mother)
    assert (await parent.post("/Consent", json=power(child, friend))).status_code == FORBIDDEN
    for who in ("gp", "hospital-doctor", "hospital-system", "register-feed"):
        answer = await world.as_(who).post("/Consent", json=power(child, friend))
        assert answer.status_code == FORBIDDEN, who
    assert (await acting(world, friend).post("/Consent", json=power(child, friend))).status_code == FORBIDDEN
    assert not await sees(acting(world, friend), child)


async def test_a_proxy_decides_nothing_and_passes_nothing_on(world: World) -> None:
    mother, daughter, friend = await citizen(world), new_number(), new_number()
    await _given(world, mother, power(mother, daughter))
    proxy = acting(world, daughter)
    assert await sees(proxy, mother)
    for provision in ({"type": "deny"}, {"type": "permit", "purpose": PATRQT}):
        provision["actor"] = [recipient("#r0")]
        answer = await proxy.post("/Consent", json=consent(mother.number, provision, relatives=[friend]))
        assert answer.status_code == FORBIDDEN
    assert (await proxy.post("/Condition", json=condition(mother.number))).status_code == FORBIDDEN


async def test_naming_a_known_and_an_unknown_person_gets_the_same_answer(world: World) -> None:
    mother, known = await citizen(world), await citizen(world)
    answers = [
        await as_citizen(world, mother.number).post("/Consent", json=power(mother, number))
        for number in (known.number, new_number())
    ]
    assert [answer.status_code for answer in answers] == [CREATED] * 2
    assert sorted(answers[0].headers) == sorted(answers[1].headers)


async def test_a_proxy_can_be_blocked_again(world: World) -> None:
    mother, daughter = await citizen(world), new_number()
    await _given(world, mother, power(mother, daughter))
    block = consent(mother.number, {"type": "deny", "actor": [recipient("#r0")]}, relatives=[daughter])
    await _given(world, mother, block)
    assert not await sees(acting(world, daughter), mother)
    assert await sees(world.as_("gp"), mother)
