"""Which writes touch what decisions rest on: `citizen.facts` is the counter of changes after the last of them.

What was read and decided is remembered by it, so a new blood pressure lets a decision stand, and a new directive does
not. The tables are those that `app.store.facts` reads of a citizen; tests/store/test_bearing.py compares the two.
"""

from typing import Final

from sqlalchemy import Table

from app.store.job import Archive, Bump, Insert, Job, Update, Upsert, Write
from app.store.tables import (
    citizen,
    declaration,
    directive,
    judgement,
    participation,
    relation,
    representation,
    resource,
)
from schemas.homes import TYPE_NUMBER

TABLES: Final[frozenset[Table]] = frozenset(
    {relation, declaration, directive, representation, participation, judgement}
)
"""Every row is a fact."""
_IN_DOUBT: Final = TABLES | {citizen, resource}
COLUMNS: Final = frozenset({"born", "died"})
"""Of the citizen's own row, these are facts."""
_TYPE: Final = [column.name for column in resource.columns].index("type")
_PATIENT: Final = TYPE_NUMBER["Patient"]


def touches_facts(job: Job) -> bool:
    """Tell whether the job may change what a decision about its citizen rests on; in doubt it does."""
    return any(_touches(write) for write in job.writes)


def _touches(write: Write) -> bool:
    match write:
        case Bump() | Archive():
            return False
        case Update(table, columns=columns) if table is citizen:
            return not COLUMNS.isdisjoint(columns)
        case Insert(table, rows) | Upsert(table, rows) if table is resource:
            # Whether name and address are protected is read from the signature of a Patient.
            return any(row[_TYPE] == _PATIENT for row in rows)
        case _:
            return write.table in _IN_DOUBT and bool(write.rows)
