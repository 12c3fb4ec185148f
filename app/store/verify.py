"""Proof that the audit is whole: every chain is walked, and compared with its end and with seals kept elsewhere.

The chains alone show what was altered, removed or put in by somebody who did not chain anew. Somebody who can write to
the database can also chain anew, cut a chain and its recorded end together, or remove a chain with its end: that is
what seals are for. A seal is a signed list of the ends of all chains (JWS, ES256); it means something only if it is
kept where the database's administrators cannot reach it, and signed with a key that they do not have.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import BigInteger, Text, bindparam, or_, select

from app.store.chain import Head, genesis, link
from app.store.database import Database, Query, Row, Snapshot, Value
from app.store.tables import audit, audit_head

Kind = Literal["altered", "removed", "truncated", "inserted", "chained anew", "seal not valid"]
_PAGE = 1_000
_ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the chain of `writer` at or from `seq`; a bad seal has no writer."""

    kind: Kind
    writer: str
    seq: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in `entries` records of `chains` chains; no findings is proof only as far as there are seals."""

    entries: int
    chains: int
    findings: tuple[Finding, ...]


class _Seal(msgspec.Struct, frozen=True, kw_only=True):
    at: int
    heads: list[tuple[str, int, str]]


_seal_decoder = msgspec.json.Decoder(_Seal)


async def seal(database: Database, key: ECKey, *, at_us: int) -> str:
    """Return the signed ends of all chains, to be kept elsewhere; `key` is a private P-256 key."""
    async with database.snapshot() as snapshot:
        heads = await _heads(snapshot)
    listed = [(head.writer, head.seq, head.hash.hex()) for head in heads.values()]
    payload = msgspec.json.encode(_Seal(at=at_us, heads=listed))
    return jws.serialize_compact({"alg": _ALGORITHM, "typ": "overgang-audit-seal"}, payload, key)


async def verify(
    database: Database,
    *,
    seals: Iterable[str] = (),
    key: ECKey | None = None,
    organisation_in: Callable[[bytes], str | None] | None = None,
) -> Verification:
    """Walk all chains and compare them with `seals`, whose signatures are checked with `key` (the public key).

    `organisation_in` reads the organisation in a body, `None` when it cannot: the column beside it must say the same.

    Raises:
        UnavailableError: the database is out of reach.
    """
    findings: list[Finding] = []
    sealed: dict[str, dict[int, bytes]] = {}
    for one in seals:
        heads_of_seal = _opened(one, key)
        if heads_of_seal is None:
            findings.append(Finding("seal not valid", "", 0))
            continue
        for writer, seq, digest in heads_of_seal:
            sealed.setdefault(writer, {})[seq] = digest
    entries = 0
    async with database.snapshot() as snapshot:
        heads = await _heads(snapshot)
        found = {row[0] for row in await snapshot.rows(_WRITERS, {})}
        nameless = {writer for writer in found if not _are(str, writer)}
        findings += [Finding("inserted", "", 0)] * len(nameless)
        writers = sorted(heads.keys() | sealed.keys() | (found - nameless))
        for writer in writers:
            walk = _Walk(writer, sealed.get(writer, {}), organisation_in)
            while rows := await snapshot.rows(_ENTRIES, walk.next_page()):
                walk.take(rows)
            walk.end(heads.get(writer))
            entries += walk.entries
            findings += walk.findings
    return Verification(entries, len(writers), tuple(findings))


class _Walk:
    """One chain, entry by entry. After a fault it goes on from what is stored, so that each fault is told once."""

    def __init__(
        self, writer: str, sealed: Mapping[int, bytes], organisation_in: Callable[[bytes], str | None] | None
    ) -> None:
        self.findings: list[Finding] = []
        self._organisation_in = organisation_in
        self.entries = 0
        self._seen = (-(2**63), -(2**63))  # even numbers that no writer gives are met
        self._writer = writer
        self._sealed = dict(sealed)
        self._last = genesis(writer)

    def next_page(self) -> dict[str, Value]:
        """Return what to ask for next."""
        seq, pid = self._seen
        return {"writer": self._writer, "seq": seq, "pid": pid, "limit": _PAGE}

    def take(self, rows: Sequence[Row]) -> None:
        """Walk over the next entries, in the order of seq."""
        for pid, seq, at, kind, digest, body, organisation in rows:
            self.entries += 1
            self._seen = (seq, pid)
            if not _are(int, pid, seq, at, kind) or not _are(bytes, digest, body):  # SQLite keeps whatever it is given
                self._misfit(seq)
                continue
            faults = len(self.findings)
            self._step(seq, digest, link(self._last.hash, pid=pid, seq=seq, at=at, kind=kind, body=body))
            is_sound = len(self.findings) == faults
            if is_sound and self._organisation_in is not None and self._organisation_in(body) != organisation:
                self._find("altered", seq)

    def _misfit(self, seq: object) -> None:
        if isinstance(seq, int) and seq > self._last.seq:
            self._find("altered", seq)
            self._last = Head(self._writer, seq, b"")
        else:
            self._find("inserted", self._last.seq)

    def _step(self, seq: int, digest: bytes, expected: bytes) -> None:
        if seq <= self._last.seq:
            self._find("inserted", seq)
            return
        if seq > self._last.seq + 1:
            self._find("removed", self._last.seq + 1)
        elif digest != expected:
            self._find("altered", seq)
        known = self._sealed.pop(seq, None)
        if known is not None and known != digest:
            self._find("chained anew", seq)
        self._last = Head(self._writer, seq, digest)

    def end(self, head: Head | None) -> None:
        """Compare the last entry with the recorded end, and with seals of entries that were not met."""
        if head is None:
            if self.entries:
                self._find("truncated", self._last.seq + 1)
        elif head.seq > self._last.seq:
            self._find("truncated", self._last.seq + 1)
        elif head.seq < self._last.seq:
            self._find("inserted", head.seq + 1)
        elif head.hash != self._last.hash:
            self._find("chained anew", head.seq)
        missed = [seq for seq in self._sealed if seq > self._last.seq]
        if missed and not (head is not None and head.seq > self._last.seq):
            self._find("truncated", self._last.seq + 1)

    def _find(self, kind: Kind, seq: int) -> None:
        self.findings.append(Finding(kind, self._writer, seq))


def _opened(seal_text: str, key: ECKey | None) -> list[tuple[str, int, bytes]] | None:
    if key is None:
        return None
    try:
        signed = jws.deserialize_compact(seal_text, key, algorithms=[_ALGORITHM])
        heads = _seal_decoder.decode(signed.payload).heads
        return [(writer, seq, bytes.fromhex(digest)) for writer, seq, digest in heads]
    except (JoseError, ValueError):  # whatever was wrong with it, nothing can be proved with it
        return None


async def _heads(snapshot: Snapshot) -> dict[str, Head]:
    """Return the recorded ends; one that a writer cannot have recorded is before every beginning."""
    return {
        writer: Head(writer, seq, digest) if _are(int, seq) and _are(bytes, digest) else Head(writer, -1, b"")
        for writer, seq, digest in await snapshot.rows(_HEADS, {})
        if _are(str, writer)
    }


def _are(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) for value in values)


_HEADS = Query(
    "verify.heads",
    lambda: select(audit_head.c.writer, audit_head.c.seq, audit_head.c.hash).order_by(audit_head.c.writer),
)
_WRITERS = Query("verify.writers", lambda: select(audit.c.writer).distinct())
_SEQ = bindparam("seq", type_=BigInteger)
_ENTRIES = Query(
    "verify.entries",
    lambda: (
        select(audit.c.pid, audit.c.seq, audit.c.at, audit.c.kind, audit.c.hash, audit.c.body, audit.c.organisation)
        .where(
            audit.c.writer == bindparam("writer", type_=Text),
            audit.c.seq >= _SEQ,
            or_(audit.c.seq > _SEQ, audit.c.pid > bindparam("pid", type_=BigInteger)),
        )
        .order_by(audit.c.seq, audit.c.pid)
        .limit(bindparam("limit", type_=BigInteger))
    ),
)
