"""What a citizen is told at once: who opened a door to her information, when, which, why, and what became of it."""

from typing import Any

import msgspec

from app import audit, gate
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.runtime import from_us
from app.search.dates import date_range
from app.sharing.declared import Declared, declared_about
from app.store import directory, versions
from app.store.job import Job
from consent.vocabulary import Action, Function
from schemas.fault import Fault

_PAGE = 100


async def notices_to_the_citizen(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return a collection: one Parameters for each door that was opened, oldest first.

    `since` is an instant; `patient` is our id of the citizen whom a parent or guardian acts for. It rests on the right
    to read the log, and is recorded there.

    Raises:
        InvalidSearchError: an unknown parameter or value.
        AccessRefusedError: somebody else's, or that of a citizen who is not known.
    """
    since_us, after, patient = _asked(pairs)
    async with service.database.snapshot() as snapshot:
        requester, _ = await gate.identify(snapshot, call)
        place = service.database.ids.decode(patient) if patient else None
        pid = place[0] if place is not None and place[0] > 0 else None
        if not patient and requester.function is Function.CITIZEN:
            pid = requester.citizen
        access = await gate.authorize(
            service,
            snapshot,
            call,
            pid=pid,
            action=Action.READ_LOG,
            operation=audit.Operation.NOTICES,
        )
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        declared = await declared_about(snapshot, access.pid, registry, at_us=call.at_us)
    left = [one for one in declared if (one.at_us, one.made.declaration.source) > (since_us, after)]
    shown = left[:_PAGE]
    record = gate.entry(
        call, pid=access.pid, operation=audit.Operation.NOTICES, permit=access.permit, categories=["access-log"]
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if len(left) > len(shown):
        last = shown[-1]
        named = f"&patient={patient}" if patient else ""
        since = _instant(last.at_us, "microseconds")
        url = f"{service.settings.public_url}/$notices?since={since}&after={last.made.declaration.source}{named}"
        bundle["link"] = [{"relation": "next", "url": url}]
    if shown:
        bundle["entry"] = [{"fullUrl": _urn(one), "resource": _notice(one)} for one in shown]
    return msgspec.json.encode(bundle)


def _notice(one: Declared) -> dict[str, Any]:
    declaration, said = one.made.declaration, one.text()
    parts: list[tuple[str, str, str | None]] = [
        ("topic", "valueCode", f"declared-{declaration.kind.value}"),
        ("at", "valueInstant", _instant(one.at_us, "milliseconds")),
        ("until", "valueInstant", _instant(one.until_us, "milliseconds")),
        ("text", "valueString", said.da),
        ("text-en", "valueString", said.en),
        ("name", "valueString", one.made.name),
        ("unit", "valueString", one.unit),
        ("code", "valueCode", one.made.code),
        ("reason", "valueString", declaration.reason),
        ("review", "valueCode", one.state),
        ("declaration", "valueId", declaration.source),
    ]
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, kind: value} for name, kind, value in parts if value],
    }


def _urn(one: Declared) -> str:
    key = one.made.declaration.source
    return f"urn:uuid:{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:32]}"


def _instant(us: int, precision: str) -> str:
    return from_us(us).isoformat(timespec=precision).replace("+00:00", "Z")


def _asked(pairs: list[tuple[str, str]]) -> tuple[int, str, str]:
    since_us, after, patient = 0, "", ""
    for name, value in pairs:
        bound = date_range(value) if name == "since" else None
        if bound is not None:
            since_us = bound[0]
        elif name == "after":
            after = value
        elif name == "patient":
            patient = value.removeprefix("Patient/")
        elif name != "_format":
            text = "`$notices` takes `since`, an instant, `patient`, and `after`, of its link `next`"
            raise InvalidSearchError(text, faults=(Fault("since", "value", text),))
    return since_us, after, patient
