"""The three journeys against a process of its own, over a socket, as the two commands of the README start it."""

import asyncio

import httpx2
from journey import FIRST_SCREEN, Summary, admit, log_of, messages
from served import NANCY, resources_in, summary_of

from app.config import Settings
from app.demo.cluster import Cluster
from app.demo.tokens import token_of


async def test_the_three_journeys_work_over_a_socket(server: tuple[Settings, Cluster]) -> None:
    settings, cluster = server
    sent = messages(cluster)
    async with httpx2.AsyncClient(base_url=settings.public_url, timeout=60) as http:

        async def as_(persona: str) -> httpx2.AsyncClient:
            http.headers["Authorization"] = f"Bearer {await token_of(settings, persona)}"
            return http

        refused = await (await as_("hospital-doctor")).post("/Patient/$summary", json=summary_of())
        assert refused.status_code == 403
        assert (await admit(await as_(sent.notification_sender), cluster)).status_code == 200
        pushed = await (await as_(sent.municipality_sender)).post("", json=sent.habitual_status.bundle)
        assert pushed.status_code == 200, pushed.text
        reported = await http.post("/$submit-report", json=sent.delivery_report)
        assert reported.status_code == 200, reported.text
        assert len(resources_in(await http.get("/$notices"))) == 2
        doctor = await as_("hospital-doctor")
        answer = await doctor.post("/Patient/$summary", json=summary_of())
        summary = Summary(answer)
        assert tuple(summary.codes[: len(FIRST_SCREEN)]) == FIRST_SCREEN
        assert "saturation 85 % uden ilt i morges" in summary["status-note"].text
        assert summary.composition["subject"]["reference"].startswith(f"{settings.public_url}/Patient/")
        gp = await as_("gp")
        found = {"patient.identifier": "|".join(NANCY)}
        plans = resources_in(await gp.post("/CarePlan/_search", data={**found, "category": "discharge-plan"}))
        letters = resources_in(await gp.post("/DocumentReference/_search", data={**found, "date": "ge2024"}))
        assert plans
        assert letters
        assert len(await log_of(await as_("citizen"))) >= 6


async def test_many_callers_at_once_are_all_answered(server: tuple[Settings, Cluster]) -> None:
    settings, _ = server
    async with httpx2.AsyncClient(base_url=settings.public_url, timeout=60) as http:
        http.headers["Authorization"] = f"Bearer {await token_of(settings, 'gp')}"
        answers = await asyncio.gather(*(http.post("/Patient/$summary", json=summary_of()) for _ in range(24)))
    assert {answer.status_code for answer in answers} == {200}
