"""The hash chain of the audit: one chain per writer, one writer per start of a process.

A link is sha256(hash before || pid || seq || at || kind || body), integers as 8 bytes big-endian; the chain begins
at sha256("overgang audit " || writer), so that no chain can be passed off as another's.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from app.store.job import AuditEntry
from app.store.query import Row

_NUMBERS = struct.Struct(">qqqq")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: `seq` counts from 1, 0 is a chain without entries."""

    writer: str
    seq: int
    hash: bytes


def genesis(writer: str) -> Head:
    """Return the head of a chain without entries."""
    return Head(writer, 0, hashlib.sha256(b"overgang audit " + writer.encode()).digest())


def link(before: bytes, *, pid: int, seq: int, at: int, kind: int, body: bytes) -> bytes:
    """Return the hash of an entry that follows the entry with hash `before`."""
    return hashlib.sha256(before + _NUMBERS.pack(pid, seq, at, kind) + body).digest()


def extend(head: Head, entries: Iterable[AuditEntry]) -> tuple[Head, tuple[Row, ...]]:
    """Chain `entries` to `head`: the new head, and rows of table `audit` in its column order."""
    seq, digest = head.seq, head.hash
    rows = []
    for entry in entries:
        seq += 1
        digest = link(digest, pid=entry.pid, seq=seq, at=entry.at_us, kind=entry.kind, body=entry.body)
        rows.append((entry.pid, head.writer, seq, entry.at_us, entry.kind, digest, entry.body, entry.organisation))
    return Head(head.writer, seq, digest), tuple(rows)
