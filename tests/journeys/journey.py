"""Steps that the journeys share: the admission that opens the door, and reading a summary as its reader does."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
from served import NANCY, Identifier, summary_of

from app.demo.cluster import Cluster, demo_messages
from app.demo.messages import DemoMessages, hospital_notification

FIRST_SCREEN = (
    "48765-2",  # allergies and intolerances (CAVE)
    "treatment-limits",
    "42348-3",  # wills
    "104605-1",  # isolation and alerts
    "status-note",
    "habitual-function",
    "47420-5",  # functional level before the first contact
    "8716-3",  # habitual and latest values
    "baseline-tests",
    "10160-0",  # medication
    "46264-8",  # oxygen, implants, catheter
    "aids",
    "wounds",
    "relatives",
    "interpreter",
    "municipal-services",
)
THEN = ("11450-4", "appointments", "46240-8", "11369-6", "30954-2", "18776-5", "letters")
"""Diagnoses, appointments, stays, vaccinations, labs, plans, letters."""
UNAVAILABLE = "Det betyder ikke, at der ingen findes"
RESTRICTED = "Oplysninger kan være begrænset"


@dataclass(frozen=True, slots=True)
class Section:
    """One section as it is read: words without marks, and its entries' references."""

    code: str
    title: str
    text: str
    div: str
    entries: tuple[str, ...]
    empty: str


class Summary:
    """An answered document."""

    def __init__(self, answer: httpx2.Response) -> None:
        assert answer.status_code == 200, answer.text
        self.bundle: dict[str, Any] = answer.json()
        self.composition = self.bundle["entry"][0]["resource"]
        self.resources = {one["fullUrl"]: one["resource"] for one in self.bundle["entry"]}
        self.sections = [_section(row) for row in self.composition["section"]]

    def __getitem__(self, code: str) -> Section:
        return next(one for one in self.sections if one.code == code)

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.sections]

    def resolved(self, section: Section) -> list[dict[str, Any]]:
        """Return the resources that a section's entries name; each stands in the document."""
        return [self.resources[reference] for reference in section.entries]


def _section(row: dict[str, Any]) -> Section:
    div = row["text"]["div"]
    return Section(
        code=row["code"]["coding"][0]["code"],
        title=row["title"],
        text=words(div),
        div=div,
        entries=tuple(entry["reference"] for entry in row.get("entry", [])),
        empty=row.get("emptyReason", {}).get("coding", [{}])[0].get("code", ""),
    )


def words(div: str) -> str:
    """Return a narrative's text."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", div))).strip()


def messages(cluster: Cluster) -> DemoMessages:
    """Return what is sent about Nancy."""
    return demo_messages(cluster)


async def admit(client: httpx2.AsyncClient, cluster: Cluster, citizen: Identifier = NANCY) -> httpx2.Response:
    """Send the hospital's notification of an admission of half an hour ago."""
    life = cluster.lives[citizen[1]]
    notification = hospital_notification(life, admitted=life.at - timedelta(minutes=25))
    return await client.post("/$process-message", json=notification)


async def pull(client: httpx2.AsyncClient, citizen: Identifier = NANCY) -> Summary:
    """Pull the admission context."""
    return Summary(await client.post("/Patient/$summary", json=summary_of(citizen)))


async def log_of(citizen: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """Return the citizen's own log, newest first."""
    answer = await citizen.post("/AuditEvent/_search", data={"patient.identifier": "|".join(NANCY)})
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def user_of(event: dict[str, Any]) -> tuple[str, str]:
    """Return (key of the person or system, code of the function) of who did what an AuditEvent tells."""
    agent = next(one for one in event["agent"] if one["requestor"])
    function = agent["role"][0]["coding"][0]["code"] if "role" in agent else ""
    return agent["who"].get("identifier", {}).get("value", ""), function
