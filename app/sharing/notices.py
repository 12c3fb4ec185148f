"""What an organisation was told: ids only, each decided again when it is read (Retssikkerhedsloven § 12 c)."""

import hashlib
from typing import Any
from urllib.parse import quote

import msgspec

from app import audit, gate
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.runtime import from_us
from app.search.dates import date_range
from app.sharing.message import served
from app.sharing.told import notices_to_the_citizen
from app.store import citizens, directory, facts, outbox, versions
from app.store.controller import controller_of
from app.store.directory import Directory
from app.store.job import Job
from consent.model import Facts, OrganisationKey, Requester
from consent.policy import CITIZENS, POLICY_VERSION, TREATING
from consent.vocabulary import Function
from schemas.fault import Fault

_PAGE = 100
_MOST_PAGES = 50


async def notices(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return a history-less collection: one Parameters for each notice to the caller's organisation, oldest first.

    `since` is an instant; a link `next` leads to what is left. A notice whose municipality has no active health service
    any more is not shown, and none is shown to whom the directory does not know there as its system or in a treating
    function.

    A citizen, and who acts for one, is told who opened a door to her information (see `app.sharing.told`).

    Raises:
        InvalidSearchError: an unknown parameter or value.
    """
    if call.caller.requester.function in CITIZENS:
        return await notices_to_the_citizen(service, call, pairs=pairs)
    since_us, after = _from(pairs)
    async with service.database.snapshot() as snapshot:
        requester, _ = await gate.identify(snapshot, call)
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        own = controller_of(registry, requester.organisation or "")
        shown: list[tuple[outbox.Notice, str]] = []
        last: outbox.Notice | None = None
        # What may not be told any more must not stand in the way of what may.
        for _ in range(_MOST_PAGES if own else 0):
            waiting = await outbox.of_recipient(snapshot, own, since_us=since_us, after_id=after, limit=_PAGE)
            for notice in waiting:
                known = await facts.load(snapshot, pid=notice.pid, requester=requester, at_us=call.at_us)
                if _is_told(requester, known, registry, call.at_us) and own in served(
                    registry, known.relations, call.at_us
                ):
                    citizen = await citizens.load(snapshot, notice.pid)
                    master = citizen.master if citizen is not None else None
                    shown.append((notice, service.database.ids.encode(notice.pid, master or 0)))
            last = waiting[-1] if len(waiting) == _PAGE else None
            if last is None or shown:
                break
            since_us, after = last.at_us, last.id
    for pid in sorted({notice.pid for notice, _ in shown}):
        record = gate.plain_entry(
            call,
            pid=pid,
            operation=audit.Operation.NOTICES,
            policy=POLICY_VERSION,
            rules=["A1"],
            categories=["admission"],
        )
        await service.database.commit(Job(pid=pid, audit=(record,)))
    base = service.settings.public_url
    entries = [
        {
            "fullUrl": f"urn:uuid:{_uuid(notice.id)}",
            "resource": {
                "resourceType": "Parameters",
                "parameter": [
                    {"name": "topic", "valueCode": notice.topic},
                    {
                        "name": "at",
                        "valueInstant": from_us(notice.at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    },
                    {"name": "patient", "valueReference": {"reference": f"{base}/Patient/{patient}"}},
                    {"name": "focus", "valueReference": {"reference": f"{base}/{notice.focus}"}},
                ],
            },
        }
        for notice, patient in shown
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if last is not None:
        since = from_us(last.at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")
        bundle["link"] = [{"relation": "next", "url": f"{base}/$notices?since={since}&after={quote(last.id)}"}]
    if entries:
        bundle["entry"] = entries
    return msgspec.json.encode(bundle)


def _is_told(requester: Requester, known: Facts, registry: Directory, at_us: int) -> bool:
    """Tell whether the directory vouches for the caller as the organisation's system or in a treating function.

    Social care and casework are not the health service that the citizen gets, so they are not told.
    """
    is_system = requester.function is Function.SYSTEM
    if not is_system and requester.function not in TREATING:
        return False
    path = registry.tree.path(OrganisationKey(requester.organisation or ""))
    return any(
        standing.person == (requester.client if is_system else requester.person)
        and (is_system or standing.authorised)
        and requester.function in standing.functions
        and standing.period.covers(from_us(at_us))
        and not standing.organisations.isdisjoint(path)
        for standing in known.standings
    )


def _uuid(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _from(pairs: list[tuple[str, str]]) -> tuple[int, str]:
    """Return from when on, and after which notice of that moment."""
    since_us, after = 0, ""
    faults = []
    for name, value in pairs:
        bound = date_range(value) if name == "since" else None
        if bound is not None:
            since_us = bound[0]
        elif name == "after":
            after = value
        elif name != "_format":
            faults.append(
                Fault("since", "value", "`$notices` takes `since`, an instant, and `after`, of its link `next`")
            )
    if faults:
        raise InvalidSearchError(faults[0].text, faults=tuple(faults))
    return since_us, after
