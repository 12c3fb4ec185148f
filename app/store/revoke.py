"""Revoke a token from the command line."""

from app.runtime import now_us
from app.store import clients
from app.store.database import open_database
from app.store.job import Job
from app.store.tables import DIRECTORY

_LONGEST_US = 13 * 3600 * 1_000_000


async def revoke_now(url: str, token_id: str) -> None:
    """Let the token count no more; the row may go when every token of its time has expired."""
    database = await open_database(url)
    try:
        writes = clients.revoke_token(token_id, until=now_us() + _LONGEST_US)
        await database.commit(Job(pid=DIRECTORY, writes=writes))
    finally:
        await database.close()
