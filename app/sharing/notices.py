"""What an organisation was told: ids only, each decided again when it is read.

Stays (Retssikkerhedsloven § 12 c, rule A1) and what a holder has disclosed (Sundhedsloven §§ 41, 43) lie in one inbox.
"""

import hashlib
from typing import Any
from urllib.parse import quote

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.runtime import from_us
from app.search.dates import date_range
from app.sharing.disclosing import DISCLOSED
from app.sharing.received import Opened, inbox_of, opened
from app.sharing.told import notices_to_the_citizen
from app.store import citizens, directory, disclosures, outbox, versions
from app.store.job import Job
from consent.policy import CITIZENS
from consent.vocabulary import Effect, Function
from schemas.fault import Fault

_PAGE = 100
_MOST_PAGES = 50


async def notices(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return a history-less collection: one Parameters for each notice to the caller's organisation, oldest first.

    `since` is an instant; a link `next` leads to what is left. Each notice is a disclosure, decided again with the
    caller as its recipient; one that shows nothing any more is not shown.

    A citizen, and who acts for one (`patient`), is told who opened a door to her information (see `app.sharing.told`);
    who acts for one and names none is told what was disclosed to herself, a relative of the deceased.

    Raises:
        InvalidSearchError: an unknown parameter or value.
    """
    function = call.caller.requester.function
    if function is Function.CITIZEN or (function in CITIZENS and any(name == "patient" for name, _ in pairs)):
        return await notices_to_the_citizen(service, call, pairs=pairs)
    since_us, after = _from(pairs)
    async with service.database.snapshot() as snapshot:
        requester, _ = await gate.identify(snapshot, call)
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        own = inbox_of(registry, requester)
        shown: list[tuple[outbox.Notice, str, Opened]] = []
        last: outbox.Notice | None = None
        # What may not be told any more must not stand in the way of what may.
        for _ in range(_MOST_PAGES if own else 0):
            waiting = await outbox.of_recipient(snapshot, own, since_us=since_us, after_id=after, limit=_PAGE)
            for notice in waiting:
                one = await disclosures.find(snapshot, notice.pid, notice.id)
                told = None if one is None else await opened(service, snapshot, call, requester, one, registry)
                if told is not None:
                    citizen = await citizens.load(snapshot, notice.pid)
                    master = citizen.master if citizen is not None else None
                    shown.append((notice, service.database.ids.encode(notice.pid, master or 0), told))
            last = waiting[-1] if len(waiting) == _PAGE else None
            if last is None or shown:
                break
            since_us, after = last.at_us, last.id
    for pid in sorted({notice.pid for notice, _, _ in shown}):
        of_citizen = [told for notice, _, told in shown if notice.pid == pid]
        record = records.plain_entry(
            call,
            pid=pid,
            operation=audit.Operation.NOTICES,
            policy=of_citizen[0].permit.policy,
            rules={one.rule for told in of_citizen for one in told.permit.reasons if one.effect is Effect.PERMIT},
            categories={stored.signature.category.value for told in of_citizen for stored in told.shown},
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
                    _what(notice, patient, base),
                ],
            },
        }
        for notice, patient, _ in shown
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if last is not None:
        since = from_us(last.at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")
        bundle["link"] = [{"relation": "next", "url": f"{base}/$notices?since={since}&after={quote(last.id)}"}]
    if entries:
        bundle["entry"] = entries
    return msgspec.json.encode(bundle)


def _what(notice: outbox.Notice, patient: str, base: str) -> dict[str, Any]:
    """Return what a notice is about: the stay, or where what was disclosed is opened."""
    if notice.topic == DISCLOSED:
        return {"name": "received", "valueUrl": f"{base}/Patient/{patient}/$received?id={notice.focus}"}
    return {"name": "focus", "valueReference": {"reference": f"{base}/{notice.focus}"}}


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
