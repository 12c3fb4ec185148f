"""Answers already given, so that a repeated message or request gets the same one and is done once."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Insert
from app.store.tables import answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, with which HTTP status, when (µs UTC)."""

    body: bytes
    status: int
    at_us: int


async def find(snapshot: Snapshot, *, pid: int, key: str) -> Answer | None:
    """Return the answer given under `key`, a keyed digest of sender and identity of the message or request."""
    found = await snapshot.rows(_FIND, {"pid": pid, "key": key})
    return Answer(*found[0]) if found else None


def put(pid: int, key: str, one: Answer) -> Insert:
    """Write an answer in the job that does what it says; a job whose answer exists already is stale."""
    return Insert(answer, ((pid, key, one.body, one.status, one.at_us),))


_FIND = Query(
    "answers.find",
    lambda: select(answer.c.body, answer.c.status, answer.c.at).where(
        answer.c.pid == bindparam("pid", type_=BigInteger), answer.c.key == bindparam("key", type_=Text)
    ),
)
