"""An operator imports the publication of a code system: checked and stored whole, in use from the next request on."""

import hashlib
from dataclasses import dataclass

import msgspec

from app.errors import InvalidContentError
from app.runtime import random_id
from app.sharing.operator import operator_entry
from app.store import terminology
from app.store.database import Database
from app.store.job import Job
from app.store.tables import DIRECTORY
from app.store.terminology import Release
from schemas.fault import Fault
from schemas.terminology.publication import Publication, read_fsiii

LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. `changed` is false when the same codes were loaded already."""

    publication: Publication
    changed: bool
    added: int = 0
    removed: int = 0


def read_fsiii_file(text: bytes) -> Publication:
    """Read KL's file.

    Raises:
        InvalidContentError: every fault with its place.
    """
    try:
        resource = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fault = Fault("file", "structure", "the file is no JSON; KL publishes FSIII as a FHIR CodeSystem in JSON")
        raise InvalidContentError("the file was refused, nothing was changed", faults=(fault,)) from None
    found = read_fsiii(resource)
    if isinstance(found, tuple):
        raise InvalidContentError("the file was refused, nothing was changed", faults=found)
    return found


async def import_fsiii(database: Database, publication: Publication, *, by: str, at_us: int) -> Imported:
    """Put the publication in the place of the one before; the same one again changes nothing."""
    rows = tuple(sorted(publication.rows))
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    async with database.snapshot() as snapshot:
        before = await terminology.loaded(snapshot)
    if before is not None and before.release.digest == digest:
        return Imported(publication=publication, changed=False)
    release = Release(version=publication.version, digest=digest, at_us=at_us, codes=len(rows))
    old, new = {row[0] for row in before.rows} if before else set(), {row[0] for row in rows}
    record = operator_entry(
        by=by,
        at_us=at_us,
        request_id=random_id(),
        command=f"terminology import fsiii: version {publication.version}, {len(rows)} codes",
    )
    await database.commit(Job(pid=DIRECTORY, writes=terminology.replace(rows, release), audit=(record,)))
    return Imported(publication=publication, changed=True, added=len(new - old), removed=len(old - new))
