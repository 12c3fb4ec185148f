"""An operator says that a login provider is down, or up again; both are dated and stand in the audit."""

from app.errors import InvalidContentError
from app.runtime import now_us, random_id
from app.sharing.operator import operator_entry
from app.store import outages
from app.store.database import Database
from app.store.job import Job
from app.store.tables import NO_CITIZEN


async def tell_login_provider(database: Database, *, issuer: str, is_down: bool, by: str, reason: str) -> None:
    """Record that an issuer of tokens is down or up again; from the next request on it counts in every process.

    Raises:
        InvalidContentError: it is so already, or who says so and why is missing.
    """
    at_us = now_us()
    if not (issuer.strip() and by.strip() and reason.strip()):
        raise InvalidContentError("name the issuer, who says so, and why")
    async with database.snapshot() as snapshot:
        known = await outages.running(snapshot, issuer, at_us=at_us)
    if is_down == (known is not None):
        raise InvalidContentError(f"`{issuer}` is {'down' if is_down else 'up'} already")
    write = outages.begin(issuer, at_us=at_us, reason=reason) if known is None else outages.end(known, at_us=at_us)
    said = f"login provider {issuer} {'down' if is_down else 'up'}: {reason}"
    record = operator_entry(by=by, at_us=at_us, request_id=random_id(), command=said)
    await database.commit(Job(pid=NO_CITIZEN, writes=(write,), audit=(record,)))
