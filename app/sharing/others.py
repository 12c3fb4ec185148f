"""Whom a transaction may name beside its citizen, and that no two of its entries are one resource here."""

from collections.abc import Sequence

from app.context import Call, Service
from app.errors import InvalidContentError
from app.sharing.citizen import Subject
from app.sharing.entries import Entry, moved
from app.sharing.numbers import citizen_named
from app.sharing.placed import Placed
from app.store.database import Snapshot
from app.store.tables import DIRECTORY
from app.translate.homes import other_citizens
from app.translate.survey import Content
from schemas.fault import Fault


def check_once(placed: Sequence[Placed]) -> None:
    """Refuse a transaction of which two entries are the same resource here, whatever they were called."""
    faults: list[Fault] = []
    seen: set[object] = set()
    for each in placed:
        # A source keeps one Patient of a citizen, so two new ones in one transaction would be the same.
        name: object = "Patient" if each.entry.type == "Patient" and each.entry.method == "POST" else each.n
        if not seen.isdisjoint({name, each.n}) and not each.is_kept:
            text = "another entry is the same resource: a source keeps one Patient of a citizen"
            faults.append(Fault(each.entry.path, "duplicate", text))
        seen |= {name, each.n}
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))


async def check_others(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    subject: Subject,
    writes: Sequence[tuple[Entry, Content]],
    own: set[str],
) -> None:
    """Refuse other citizens: those whom the table of homes does not allow, and those whom it does.

    Reading a record that names two would need permits for both, so a link leads to another Patient or number of the
    same citizen alone. Known to be another and not known at all get the same answer.
    """
    faults: list[Fault] = []
    for entry, content in writes:
        others = other_citizens(content.resource, own=own, naming=content.naming)
        faults += [moved(fault, entry) for fault in others.faults]
        for name in others.allowed:
            if _dangles(service, name):
                continue
            if await _pid_of(service, snapshot, call, name) != subject.row.pid:
                text = "this must be the same citizen, by a number or a Patient that is known here as hers"
                faults.append(Fault(f"{entry.path}.link[0].other", "business-rule", text))
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))


def _dangles(service: Service, name: str) -> bool:
    """Tell that an address is none that the service could have given: it names nobody here and stays as it is."""
    bare = name.removeprefix(service.settings.public_url + "/").removeprefix("Patient/")
    return "|" not in name and service.database.ids.decode(bare) is None


async def _pid_of(service: Service, snapshot: Snapshot, call: Call, name: str) -> int | None:
    """Return whom 'system|value' or the address of a Patient here names."""
    system, bar, value = name.rpartition("|")
    if bar:
        return await citizen_named(snapshot, call, (system, value))
    place = service.database.ids.decode(name.removeprefix(service.settings.public_url + "/").removeprefix("Patient/"))
    return None if place is None or place[0] == DIRECTORY else place[0]
