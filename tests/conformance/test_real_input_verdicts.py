"""What the service answers to each file that others published: a committed verdict per file, and the bytes kept.

A file that speaks of a Patient of its own folder is sent together with that Patient, as its sender would do.
`PYTHONPATH=.:tests python tests/conformance/test_real_input_verdicts.py` writes the table anew; the column `why`,
written by hand, is kept.
"""

import asyncio
import csv
import hashlib
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from real_world import CORPUS, Real, register
from rest_builders import members
from served import World, seed_at, serving

from app.runtime import now

TABLE = Path(__file__).parent / "http_verdicts.csv"
COLUMNS = ["file", "sha256", "sent_to", "status", "verdict", "reason", "why"]
SENT_AS = "https://sender.example.org/fhir"
_SHOWN = 2  # reasons a file

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")


class _Part(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Answer(msgspec.Struct):
    entry: list[_Part] = []


def committed() -> dict[str, dict[str, str]]:
    if not TABLE.is_file():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def files() -> list[Path]:
    return sorted(CORPUS.glob("*/*.json"))


def patient_of(file: Path, resource: dict[str, Any]) -> Path | None:
    """Return the file of the Patient that the resource speaks of, when its folder has it."""
    for element in ("subject", "patient"):
        reference = resource.get(element, {})
        if isinstance(reference, dict) and str(reference.get("reference", "")).startswith("Patient/"):
            found = file.with_name(f"Patient-{reference['reference'].removeprefix('Patient/')}.json")
            return found if found.is_file() else None
    return None


async def sent(real: Real, world: World, file: Path, raw: bytes) -> tuple[str, httpx2.Response]:
    """Send one file where it belongs."""
    resource = json.loads(raw)
    type_, headers = resource["resourceType"], {"Content-Type": "application/fhir+json"}
    writer = world.as_("gp-system")
    if type_ == "Bundle" and resource.get("type") == "message":
        sender = real.sender if "hospitalnotification" in file.parent.name else writer
        return "$process-message", await sender.post("/$process-message", content=raw, headers=headers)
    patient = None if type_ == "Bundle" else patient_of(file, resource)
    if patient is None:
        return type_, await writer.post(f"/{type_}", content=raw, headers=headers)
    parts = [
        b'{"fullUrl":"%s/%s/%s","resource":%s,"request":{"method":"POST","url":"%s"}}'
        % (SENT_AS.encode(), kind.encode(), id_.encode(), body, kind.encode())
        for kind, id_, body in (
            (type_, resource["id"], raw),
            ("Patient", patient.stem.removeprefix("Patient-"), patient.read_bytes()),
        )
    ]
    content = b'{"resourceType":"Bundle","type":"transaction","entry":[%s]}' % b",".join(parts)
    return "transaction", await writer.post("", content=content, headers=headers)


def stored_bytes(answer: httpx2.Response, to: str) -> bytes:
    if to != "transaction":
        return answer.content
    return bytes(msgspec.json.decode(answer.content, type=_Answer).entry[0].resource)


def differences(raw: bytes, kept: bytes, references: dict[str, str]) -> list[str]:
    """Return the members that are not what was sent, once the transaction's own references are resolved."""

    def resolved(match: re.Match[str]) -> str:
        return match[1] + references.get(match[2], match[2]) + '"'

    before, after = members(raw), members(kept)
    expected = {key: re.sub(r'("reference"\s*:\s*")([^"]*)"', resolved, text) for key, text in before.items()}
    return [key for key in {**expected, **after} if expected.get(key) != after.get(key)] + (
        [] if list(expected) == list(after) else ["order"]
    )


def reason_of(answer: httpx2.Response) -> str:
    """Return the first reasons of a refusal, with their places."""
    body = answer.json()
    if body["resourceType"] == "Bundle":
        issues = [
            issue
            for entry in body["entry"]
            for one in (entry["resource"], *entry["resource"].get("contained", []))
            if one["resourceType"] == "OperationOutcome"
            for issue in one["issue"]
        ]
    else:
        issues = body["issue"]
    told = [
        f"{(issue.get('expression') or [''])[0]}: {issue.get('diagnostics') or issue['details']['text']}"
        for issue in issues
        if issue["severity"] in {"error", "fatal"}
    ]
    return " ; ".join(told[:_SHOWN])


async def row_of(real: Real, world: World, file: Path, raw: bytes, why: str) -> dict[str, str]:
    to, answer = await sent(real, world, file, raw)
    verdict, reason = "refused", ""
    if answer.status_code >= 400:
        reason = reason_of(answer)
    elif to == "$process-message":
        verdict = "became a stay"
    else:
        kept = stored_bytes(answer, to)
        parts = answer.json()["entry"] if to == "transaction" else []
        status = parts[0]["response"]["status"][:3] if parts else str(answer.status_code)
        name = json.loads(raw)
        references = {}
        for part, (kind, id_) in zip(parts, _names(file, name), strict=False):
            place = part["response"]["location"].partition("/_history")[0].removeprefix(answer_base(part))
            references |= {f"{kind}/{id_}": place, f"{SENT_AS}/{kind}/{id_}": place}
        changed = differences(raw, kept, references) if kept else ["body"]
        if status == "200" and changed:
            verdict, reason = "known already", "another of the same identity stands"
        else:
            verdict, reason = ("stored as sent", "") if not changed else ("CHANGED", ",".join(changed))
    return {
        "file": file.relative_to(CORPUS).as_posix(),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "sent_to": to,
        "status": str(answer.status_code),
        "verdict": verdict,
        "reason": reason,
        "why": why,
    }


def answer_base(part: dict[str, Any]) -> str:
    return str(part["response"]["location"]).partition("/fhir/")[0] + "/fhir/"


def _names(file: Path, resource: dict[str, Any]) -> list[tuple[str, str]]:
    patient = patient_of(file, resource)
    own = (resource["resourceType"], resource.get("id", ""))
    return [own] if patient is None else [own, ("Patient", patient.stem.removeprefix("Patient-"))]


async def table(world: World) -> list[dict[str, str]]:
    real, known = await register(world), committed()
    return [
        await row_of(real, world, file, raw, known.get(file.relative_to(CORPUS).as_posix(), {}).get("why", ""))
        for file, raw in [(file, file.read_bytes()) for file in files()]
    ]


async def test_the_service_answers_what_the_committed_table_says(own_world: World) -> None:
    rows = await table(own_world)
    before = committed()
    assert [row for row in rows if row != before.get(row["file"])] == []
    assert len(rows) == len(before)


def test_nothing_that_was_stored_was_changed() -> None:
    assert {row["verdict"] for row in committed().values()} == {
        "stored as sent",
        "known already",
        "became a stay",
        "refused",
    }


def test_every_refusal_says_its_reason_and_is_explained() -> None:
    refused = [row for row in committed().values() if row["verdict"] == "refused"]
    assert [row["file"] for row in refused if not row["reason"] or not row["why"]] == []


def test_every_folder_of_the_corpus_has_its_verdicts() -> None:
    assert {name.split("/", maxsplit=1)[0] for name in committed()} == {file.parent.name for file in files()}


def written(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/verdicts.sqlite"
        async with serving(url, await seed_at(url, now())) as world:
            TABLE.write_text(written(await table(world)), encoding="utf-8")
    sys.stdout.write(f"{TABLE}\n")


if __name__ == "__main__":
    asyncio.run(_main())
