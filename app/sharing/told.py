"""What a citizen is told at once: who opened a door to her information, and what others wrote of her rights."""

from typing import Any

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.runtime import from_us
from app.search.dates import date_range
from app.sharing.declared import Declared, declared_about
from app.sharing.disclosing import DISCLOSED
from app.store import directory, disclosures, outbox, versions
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.job import Job
from app.store.outbox import Notice
from app.summary import catalogue
from app.summary.catalogue import Text
from consent.vocabulary import Action, Function
from schemas.fault import Fault

_PAGE = 100


async def notices_to_the_citizen(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return a collection: one Parameters for each door that was opened and for each word on her rights, oldest first.

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
        told = [
            (one.at_us, one.made.declaration.source, _notice(one))
            for one in await declared_about(snapshot, access.pid, registry, at_us=call.at_us)
        ]
        written = await outbox.to_citizen(snapshot, access.pid)
        told += [
            (one.at_us, one.id, await _disclosed(snapshot, one, registry)) for one in written if one.topic == DISCLOSED
        ]
    told += [(one.at_us, one.id, _written(one)) for one in written if one.topic in catalogue.WRITTEN_OF_RIGHTS]
    left = sorted(
        ((at_us, key, said) for at_us, key, said in told if (at_us, key) > (since_us, after)), key=lambda one: one[:2]
    )
    shown = left[:_PAGE]
    record = records.entry(
        call, pid=access.pid, operation=audit.Operation.NOTICES, permit=access.permit, categories=["access-log"]
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if len(left) > len(shown):
        last_us, last, _ = shown[-1]
        named = f"&patient={patient}" if patient else ""
        since = _instant(last_us, "microseconds")
        url = f"{service.settings.public_url}/$notices?since={since}&after={last}{named}"
        bundle["link"] = [{"relation": "next", "url": url}]
    if shown:
        bundle["entry"] = [{"fullUrl": _urn(key), "resource": said} for _, key, said in shown]
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


async def _disclosed(snapshot: Snapshot, one: Notice, registry: Directory) -> dict[str, Any]:
    """Return who disclosed to whom: names as the directory has them now, never what it was."""
    made = await disclosures.find(snapshot, one.pid, one.focus)
    sender, to = (None, None) if made is None else (made.sender, made.recipient)
    holder = await directory.staff_of(snapshot, sender.person or "") if sender is not None else None
    receiver = await directory.staff_of(snapshot, to.person or "") if to is not None else None
    said = Text(
        *(
            catalogue.DISCLOSED[language].format(
                name=catalogue.UNNAMED[language] if holder is None else holder.name,
                unit="" if sender is None else registry.name_of(sender.organisation or ""),
                to=", ".join(
                    part
                    for part in (
                        "" if receiver is None else receiver.name,
                        catalogue.NEAREST_RELATIVE[language]
                        if to is None or to.organisation is None
                        else registry.name_of(to.organisation),
                    )
                    if part
                ),
            )
            for language in (0, 1)
        )
    )
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "topic", "valueCode": one.topic},
            {"name": "at", "valueInstant": _instant(one.at_us, "milliseconds")},
            {"name": "text", "valueString": said.da},
            {"name": "text-en", "valueString": said.en},
            {"name": "disclosure", "valueId": one.focus},
        ],
    }


def _written(one: Notice) -> dict[str, Any]:
    said = catalogue.WRITTEN_OF_RIGHTS[one.topic]
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "topic", "valueCode": one.topic},
            {"name": "at", "valueInstant": _instant(one.at_us, "milliseconds")},
            {"name": "text", "valueString": said.da},
            {"name": "text-en", "valueString": said.en},
        ],
    }


def _urn(key: str) -> str:
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
