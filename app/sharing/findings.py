"""What people at the operator must look at: contradictions that the service notes and never resolves by itself."""

from app.runtime import from_us, now_us, random_id
from app.sharing.operator import operator_entry
from app.sharing.submit import OPERATOR
from app.store import citizens, outbox
from app.store.database import open_database
from app.store.job import Job
from app.store.tables import NO_CITIZEN

_PAGE = 500


async def told_to_the_operator(url: str, *, by: str) -> list[str]:
    """Return a line for each finding, oldest first: when, what, our id of the citizen; the look stands in the audit.

    Numbers and names are not told: who may look the citizen up reads them by the id.
    """
    database = await open_database(url)
    try:
        found: list[outbox.Notice] = []
        masters: dict[int, int] = {}
        async with database.snapshot() as snapshot:
            while page := await outbox.of_recipient(
                snapshot,
                OPERATOR,
                since_us=found[-1].at_us if found else 0,
                after_id=found[-1].id if found else "",
                limit=_PAGE,
            ):
                found += page
            for pid in {one.pid for one in found}:
                row = await citizens.load(snapshot, pid)
                masters[pid] = 0 if row is None or row.master is None else row.master
        entry = operator_entry(by=by, at_us=now_us(), request_id=random_id(), command=f"findings: {len(found)}")
        await database.commit(Job(pid=NO_CITIZEN, audit=(entry,)))
        return [
            f"{from_us(one.at_us).isoformat(timespec='seconds')}  {one.topic:22}  "
            f"Patient/{database.ids.encode(one.pid, masters[one.pid])}"
            for one in found
        ]
    finally:
        await database.close()
