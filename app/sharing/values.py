"""What the use cases hand to the faces."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Found:
    """One version as it is answered. `body` is empty for a deletion; `action` 1 create, 2 update, 3 delete."""

    version: int
    updated_us: int
    body: bytes
    action: int = 1


class Written(msgspec.Struct, frozen=True, gc=False):
    """One stored version. `created` is false for an update and for what existed already."""

    type: str
    id: str
    version: int
    updated_us: int
    created: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A composed summary; `body` is None when the caller already has it."""

    body: bytes | None
    tag: bytes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An acknowledgement message with the HTTP status it travels under; `rests_on_records` as of an OvergangError."""

    body: bytes
    status: int
    rests_on_records: bool = False
