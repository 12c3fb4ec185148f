"""Who a citizen is: identifiers that lead to the random key, redirects after a merge, the citizen's own row."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Select, Text, bindparam, or_, select

from app.store.database import Query, Snapshot
from app.store.job import Insert, Update, Upsert, Write
from app.store.tables import citizen, identifier, redirect

_MOST_REDIRECTS = 16
EVERYBODYS = ""
"""In place of a controller: an official number, which leads to its citizen whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenRow:
    """`change` counts writes about the citizen and never leaves the service; times are µs UTC; `master` is an n."""

    pid: int
    change: int
    next_n: int
    born: int | None
    died: int | None
    master: int | None
    classified: int


async def find_pid(
    snapshot: Snapshot, system: str, value: str, *, at_us: int, controller: str = EVERYBODYS
) -> int | None:
    """Return the key of the citizen who has this identifier at `at_us`, or None; a merged one leads to who remains.

    With `controller` it is asked for among the numbers of that organisation alone, without among the official ones.

    Raises:
        InvalidContentError: the value holds what no database can.
    """
    found = await snapshot.rows(_FIND_PID, {"system": system, "value": value, "controller": controller, "at": at_us})
    if not found:
        return None
    pid, moved_to, _ = found[0]
    for _ in range(_MOST_REDIRECTS):
        if moved_to is None:
            return int(pid)
        pid = moved_to
        further = await snapshot.rows(_FIND_REDIRECT, {"pid": pid})
        moved_to = further[0][0] if further else None
    return None  # a circle leads to nobody


async def found_since(
    snapshot: Snapshot, system: str, value: str, *, at_us: int, controller: str = EVERYBODYS
) -> int | None:
    """Return since when an identifier leads to whom it leads to at `at_us`, or None when that is nobody."""
    found = await snapshot.rows(_FIND_PID, {"system": system, "value": value, "controller": controller, "at": at_us})
    return int(found[0][2]) if found else None


async def change(snapshot: Snapshot, pid: int) -> int:
    """Return how many writes there have been about the citizen; 0 for one who is not known."""
    found = await snapshot.rows(_FIND_CHANGE, {"pid": pid})
    return int(found[0][0]) if found else 0


async def pids(snapshot: Snapshot) -> list[int]:
    """Return the keys of all citizens."""
    return [row[0] for row in await snapshot.rows(_PIDS, {})]


async def load(snapshot: Snapshot, pid: int) -> CitizenRow | None:
    """Return the citizen's row; the directory has one too."""
    found = await snapshot.rows(_LOAD, {"pid": pid})
    if not found:
        return None
    pid, now, next_n, born, died, master, classified, _ = found[0]
    return CitizenRow(pid=pid, change=now, next_n=next_n, born=born, died=died, master=master, classified=classified)


async def identifiers(snapshot: Snapshot, pid: int) -> list[tuple[str, str, str, int, int | None]]:
    """Return (system, value, controller, valid from, valid to) of all identifiers that lead to the citizen."""
    return [(*row,) for row in await snapshot.rows(_IDENTIFIERS, {"pid": pid})]


def admit(row: CitizenRow) -> Insert:
    """Write a new citizen; the job's `base_change` is 0 and `row.change` 1."""
    facts = row.change
    return Insert(citizen, ((row.pid, row.change, row.next_n, row.born, row.died, row.master, row.classified, facts),))


def amend(row: CitizenRow, *, before: CitizenRow) -> Update:
    """Write what the citizen's row says; the counters of changes are the writer's business and left alone.

    Birth and death are written when they are not as `before` has them: a write of them is one of facts.
    """
    if (row.born, row.died) == (before.born, before.died):
        columns, values = ("next_n", "master", "classified"), (row.next_n, row.master, row.classified)
        return Update(citizen, ("pid",), columns, ((row.pid, *values),))
    return Update(
        citizen,
        ("pid",),
        ("next_n", "born", "died", "master", "classified"),
        ((row.pid, row.next_n, row.born, row.died, row.master, row.classified),),
    )


def identify(
    pid: int, system: str, value: str, *, valid_from: int, valid_to: int | None = None, controller: str = EVERYBODYS
) -> Upsert:
    """Let an identifier lead to the citizen from `valid_from` until before `valid_to`."""
    return Upsert(identifier, ((system, value, controller, valid_from, valid_to, pid),))


def claim(pid: int, system: str, value: str, *, valid_from: int, controller: str = EVERYBODYS) -> Insert:
    """Like `identify` for an identifier that must be new: if another process was first, the job is stale."""
    return Insert(identifier, ((system, value, controller, valid_from, None, pid),))


def let_go(system: str, value: str, *, controller: str, valid_from: int, until: int) -> Update:
    """Let what leads to a citizen since `valid_from` do so only until before `until`."""
    keys = ("system", "value", "controller", "valid_from")
    return Update(identifier, keys, ("valid_to",), ((system, value, controller, valid_from, until),))


def merge(old_pid: int, new_pid: int) -> Write:
    """Lead everyone who asks for `old_pid` to `new_pid`."""
    return Upsert(redirect, ((old_pid, new_pid),))


def _find_pid() -> Select[tuple[int, int | None, int]]:
    at = bindparam("at", type_=BigInteger)
    return (
        select(identifier.c.pid, redirect.c.new_pid, identifier.c.valid_from)
        .select_from(identifier.outerjoin(redirect, redirect.c.old_pid == identifier.c.pid))
        .where(
            identifier.c.system == bindparam("system", type_=Text),
            identifier.c.value == bindparam("value", type_=Text),
            identifier.c.controller == bindparam("controller", type_=Text),
            identifier.c.valid_from <= at,
            or_(identifier.c.valid_to.is_(None), identifier.c.valid_to > at),
        )
        .order_by(identifier.c.valid_from.desc())
    )


_FIND_PID = Query("citizens.find_pid", _find_pid)
_FIND_REDIRECT = Query(
    "citizens.redirect", lambda: select(redirect.c.new_pid).where(redirect.c.old_pid == bindparam("pid"))
)
_FIND_CHANGE = Query("citizens.change", lambda: select(citizen.c.change).where(citizen.c.pid == bindparam("pid")))
_PIDS = Query("citizens.pids", lambda: select(citizen.c.pid).where(citizen.c.pid > 0).order_by(citizen.c.pid))
_LOAD = Query("citizens.load", lambda: select(*citizen.columns).where(citizen.c.pid == bindparam("pid")))
_IDENTIFIERS = Query(
    "citizens.identifiers",
    lambda: (
        select(
            identifier.c.system,
            identifier.c.value,
            identifier.c.controller,
            identifier.c.valid_from,
            identifier.c.valid_to,
        )
        .where(identifier.c.pid == bindparam("pid"))
        .order_by(identifier.c.system, identifier.c.value, identifier.c.controller, identifier.c.valid_from)
    ),
)
