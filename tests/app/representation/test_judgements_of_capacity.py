"""What a health professional documents about a citizen's capacity, and what follows from it; what forgers get."""

from acting import acting, as_citizen, citizen, day, judgement, new_number, register_says, sees, years_ago
from served import World, issues, resources_in

CREATED, FORBIDDEN, INVALID, OK = 201, 403, 422, 200


async def test_who_holds_custody_acts_for_the_young_only_where_a_professional_judged_so(world: World) -> None:
    young = await citizen(world, born=years_ago(16))
    mother = new_number()
    await register_says(world, young.number, mother, "custody")
    parent = acting(world, mother)
    assert not await sees(parent, young)
    made = await world.as_("gp").post("/ClinicalImpression", json=judgement(young.number, "cannot-foresee", by="gp"))
    assert made.status_code == CREATED, made.text
    assert await sees(parent, young)
    # A judgement about another thing opens nothing, and what was withdrawn closes at once.
    withdrawn = judgement(young.number, "cannot-foresee", by="gp", status="entered-in-error")
    answer = await world.as_("gp").put(
        f"/ClinicalImpression/{made.json()['id']}", json={**withdrawn, "id": made.json()["id"]}
    )
    assert answer.status_code == OK, answer.text
    assert not await sees(parent, young)


async def test_the_nearest_relative_acts_in_the_situation_that_names_her(world: World) -> None:
    patient = await citizen(world)
    daughter, neighbour = new_number(), new_number()
    answer = await world.as_("gp").post(
        "/ClinicalImpression", json=judgement(patient.number, "incapable", by="gp", relative=daughter)
    )
    assert answer.status_code == CREATED, answer.text
    assert await sees(acting(world, daughter), patient)
    assert not await sees(acting(world, neighbour), patient)
    told = resources_in(await as_citizen(world, patient.number).get("/$notices"), "Parameters")
    assert [one["parameter"][0]["valueCode"] for one in told] == ["judged-incapable"]
    deleted = await world.as_("gp").delete(f"/ClinicalImpression/{answer.json()['id']}")
    assert deleted.status_code == 204
    assert not await sees(acting(world, daughter), patient)


async def test_a_situation_that_is_over_opens_nothing_any_more(world: World) -> None:
    patient = await citizen(world)
    daughter = new_number()
    over = judgement(
        patient.number, "incapable", by="gp", relative=daughter, effectivePeriod={"start": day(-9), "end": day(-1)}
    )
    assert (await world.as_("gp").post("/ClinicalImpression", json=over)).status_code == CREATED
    assert not await sees(acting(world, daughter), patient)


async def test_a_judgement_that_cannot_count_is_refused_where_it_says_so(world: World) -> None:
    patient = await citizen(world)
    wrong = {
        "ClinicalImpression.effectivePeriod": {"effectivePeriod": {"start": day(-1)}},
        "ClinicalImpression.effectivePeriod.end": {"effectivePeriod": {"start": day(-1), "end": day(40)}},
        "ClinicalImpression.effectivePeriod.start": {"effectivePeriod": {"start": day(1), "end": day(3)}},
    }
    for path, how in wrong.items():
        answer = await world.as_("gp").post(
            "/ClinicalImpression", json=judgement(patient.number, "incapable", by="gp", **how)
        )
        assert answer.status_code == INVALID, answer.text
        assert [issue["expression"] for issue in issues(answer)] == [[path]]
    another = judgement(patient.number, "incapable", by="hospital-doctor")
    answer = await world.as_("gp").post("/ClinicalImpression", json=another)
    assert answer.status_code == INVALID
    assert issues(answer)[0]["expression"] == ["ClinicalImpression.assessor"]
    lasting = judgement(patient.number, "permanently-incapable", by="gp", relative=new_number())
    answer = await world.as_("gp").post("/ClinicalImpression", json=lasting)
    assert answer.status_code == INVALID
    assert issues(answer)[0]["expression"] == ["ClinicalImpression.extension"]


async def test_nobody_judges_who_does_not_treat_and_no_system_does(world: World) -> None:
    young = await citizen(world, born=years_ago(16))
    mother = new_number()
    await register_says(world, young.number, mother, "custody")
    for who in ("other-gp", "hospital-doctor", "home-carer", "gp-secretary", "gp-system", "hospital-system", "dpo"):
        body = judgement(young.number, "cannot-foresee", by=who)
        answer = await world.as_(who).post("/ClinicalImpression", json=body)
        assert answer.status_code == FORBIDDEN, (who, answer.text)
        bundle = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"resource": body, "request": {"method": "POST", "url": "ClinicalImpression"}}],
        }
        assert (await world.as_(who).post("", json=bundle)).status_code == FORBIDDEN, who
    parent = acting(world, mother)
    answer = await parent.post("/ClinicalImpression", json=judgement(young.number, "cannot-foresee", by="gp"))
    assert answer.status_code == FORBIDDEN
    assert not await sees(parent, young)


async def test_who_does_not_treat_learns_nothing_of_whom_she_judges(world: World) -> None:
    known, unknown = await citizen(world), new_number()
    answers = [
        await world.as_("other-gp").post("/ClinicalImpression", json=judgement(number, "incapable", by="other-gp"))
        for number in (known.number, unknown)
    ]
    assert [answer.status_code for answer in answers] == [FORBIDDEN] * 2
    assert answers[0].json() == answers[1].json()
