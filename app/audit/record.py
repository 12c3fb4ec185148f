"""The record of one access or refusal, as it is chained and stored: compact, complete, without clinical content."""

from enum import IntEnum

import msgspec


class Operation(IntEnum):
    """What was done; the number is stored, never change or reuse one."""

    READ = 1
    VREAD = 2
    HISTORY = 3
    SEARCH = 4
    SUMMARY = 5
    CREATE = 6
    UPDATE = 7
    DELETE = 8
    TRANSACTION = 9
    MESSAGE = 10
    REPORT = 11
    DECLARE = 12
    READ_LOG = 13
    UNCHANGED = 14  # 304: the caller was told that what it has is still true
    EXPLAIN = 15
    NOTICES = 16
    OPERATE = 17  # an operator's command; about no citizen
    OVERSEE = 18  # a data protection officer reads reviews and patterns of the own organisation
    REVIEW = 19  # and says what a review came to
    DISCLOSE = 20  # a holder hands versions on
    RECEIVE = 21  # and the recipient opens them


class Record(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """`shown` is flat: type number, n, version, for every version that left or entered the service.

    `outcome` is 0 for done and 8 for refused (AuditEvent.outcome). `query` is the request in words, values of
    identifiers left out.
    """

    operation: int
    outcome: int
    person: str
    name: str
    function: str
    organisation: str
    on_behalf_of: str
    client: str
    purposes: list[str]
    request_id: str
    token_id: str
    categories: list[str]
    rules: list[str]
    policy: str
    view: str = ""
    query: str = ""
    shown: list[int] = []  # msgspec copies mutable defaults
    flags: list[str] = []  # what was out of the ordinary


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """Serialise a record."""
    return _encoder.encode(record)


def decode(body: bytes) -> Record:
    """Read a stored record."""
    return _decoder.decode(body)


def organisation_in(body: bytes) -> str | None:
    """Return the organisation that a stored record names; `None` for what is no record."""
    try:
        return decode(body).organisation
    except msgspec.DecodeError:
        return None
