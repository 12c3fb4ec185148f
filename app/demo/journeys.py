"""The three journeys over HTTP, each request shown with its answer and time. All data is synthetic."""

import json
from typing import Any

import httpx2
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from app.config import Settings
from app.demo.cluster import demo_messages, generate
from app.demo.personas import NANCY, PERSONAS
from app.demo.tokens import token_of
from app.runtime import monotonic, now
from schemas.terminology import systems

_SHOWN_LINES = 24
_TEXT_LINES = 60


async def play(settings: Settings) -> None:
    """Play the journeys against the server of `settings` and print them."""
    console = Console(soft_wrap=True, highlight=False)
    cluster = generate(citizens=60, at=now())
    messages = demo_messages(cluster)
    async with httpx2.AsyncClient(base_url=settings.public_url, timeout=60) as client:
        show = _Show(console, client, settings)
        console.print(Rule("Overgang: three journeys (synthetic citizens only)"))
        console.print(
            "\nNancy Ann Berggren (official test citizen) is brought to the emergency department. Before the hospital"
            "\nhas told anybody, its doctor has no basis to look her up:"
        )
        await show.call("hospital-doctor", "POST", "/Patient/$summary", json=_summary_of(NANCY))
        console.print("\nThe hospital's system sends the MedCom notification that it sends today:")
        await show.call(messages.notification_sender, "POST", "/$process-message", json=messages.notification)
        console.print(Rule("Journey 2: the municipality pushes habitual status"))
        sender = messages.municipality_sender
        await show.call(sender, "POST", "", json=messages.habitual_status.bundle, headers={"Prefer": "return=minimal"})
        console.print("\nThe report that its system already builds for the KL gateway, unchanged:")
        await show.call(sender, "POST", "/$submit-report", json=messages.delivery_report)
        console.print("\nIt has an active health service for Nancy, so it is told of the admission (ids only):")
        await show.call(sender, "GET", "/$notices")
        console.print(Rule("Journey 1: the hospital pulls the admission context"))
        answer = await show.call("hospital-doctor", "POST", "/Patient/$summary", json=_summary_of(NANCY), quiet=True)
        _first_screen(console, answer)
        console.print(Rule("Journey 3: the GP reads the discharge plan"))
        citizen = {"patient.identifier": "|".join(NANCY)}
        await show.call(
            "gp",
            "POST",
            "/CarePlan/_search",
            data={**citizen, "category": "discharge-plan", "status": "active,completed"},
        )
        await show.call("gp", "POST", "/DocumentReference/_search", data={**citizen, "date": "ge2024", "_count": "1"})
        console.print(Rule("The citizen sees who looked, and why"))
        log = await show.call(
            "citizen", "POST", "/AuditEvent/_search", data={"patient:identifier": "|".join(NANCY)}, quiet=True
        )
        _log(console, log)


def _summary_of(citizen: tuple[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": citizen[0], "value": citizen[1]}},
            {"name": "profile", "valueCanonical": systems.ADMISSION_CONTEXT_PROFILE},
        ],
    }


class _Show:
    """Sends requests as personas and prints them."""

    def __init__(self, console: Console, client: httpx2.AsyncClient, settings: Settings) -> None:
        self._console, self._client, self._settings = console, client, settings
        self._tokens: dict[str, str] = {}

    async def call(self, persona: str, method: str, path: str, *, quiet: bool = False, **how: Any) -> httpx2.Response:
        """Send one request, print it with status, size and time; `quiet` leaves the answer's body out."""
        if persona not in self._tokens:
            self._tokens[persona] = await token_of(self._settings, persona)
        headers = {"Authorization": f"Bearer {self._tokens[persona]}", **how.pop("headers", {})}
        started = monotonic()
        answer = await self._client.request(method, path, headers=headers, **how)
        took = (monotonic() - started) * 1000
        name = PERSONAS[persona].name
        print_ = self._console.print
        print_(f"\n[bold]{method} /fhir{escape(path)}[/bold]  [dim]as {persona}: {escape(name)}[/dim]")
        for key in ("json", "data", "params"):
            if key in how:
                print_(_cut(how[key], 10), style="cyan", markup=False)
        colour = "green" if answer.is_success else "yellow"
        print_(
            f"[{colour}]{answer.status_code} {answer.reason_phrase}[/{colour}]  "
            f"{len(answer.content):,} bytes  {took:.1f} ms"
        )
        if not quiet and answer.content:
            print_(_cut(answer.json(), _SHOWN_LINES), style="dim", markup=False)
        return answer


def _cut(value: Any, lines: int) -> str:
    text = json.dumps(value, indent=1, ensure_ascii=False).splitlines()
    rest = [] if len(text) <= lines else [f"… {len(text) - lines} more lines"]
    return "\n".join([*text[:lines], *rest])


def _first_screen(console: Console, answer: httpx2.Response) -> None:
    """Print the sections of the document as a reader sees them, the first ones with their text."""
    sections = answer.json()["entry"][0]["resource"]["section"]
    for number, section in enumerate(sections):
        count = len(section.get("entry", []))
        note = section.get("emptyReason", {}).get("coding", [{}])[0].get("code", "")
        console.print(f"\n[bold]{escape(section['title'])}[/bold]  [dim]{count or ''} {note}[/dim]")
        if number < len(sections) - 10:
            text = _plain(section["text"]["div"])
            console.print("\n".join(text[:12]), markup=False)


def _plain(div: str) -> list[str]:
    """Return the lines of a narrative: cells side by side, rows below each other."""
    import re  # noqa: PLC0415

    text = re.sub(r"</t[dh]>\s*<t[dh][^>]*>", " | ", div)
    text = re.sub(r"</(tr|p|li|h\d|caption|thead)>|<br ?/>", "\n", text)
    text = re.sub(r"<[^>]+>", " ", text)
    plain = (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&#39;", "'")
        .replace("&amp;", "&")
    )
    return [line for line in (re.sub(r"\s+", " ", line).strip() for line in plain.splitlines()) if line]


def _log(console: Console, answer: httpx2.Response) -> None:
    for entry in answer.json().get("entry", [])[:8]:
        event = entry["resource"]
        user = next((agent for agent in event["agent"] if agent["requestor"]), event["agent"][0])
        place = next(
            (
                agent["who"].get("display", "")
                for agent in event["agent"]
                if "type" in agent and agent["type"]["coding"][0]["code"] == "PROV"
            ),
            "",
        )
        who = user["who"].get("display") or user["who"].get("identifier", {}).get("value", "")
        kind = event["subtype"][0]["code"]
        outcome = "" if event["outcome"] == "0" else "  REFUSED"
        console.print(f"{event['recorded'][:19]}  {kind:18} {who} — {place}{outcome}", markup=False)
