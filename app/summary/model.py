"""The values of the summary: what a resource is distilled to, what goes in, what comes out.

`Line` is a msgspec struct, not a dataclass: a hundred and fifty of them are made for every answer, and a
frozen dataclass takes ten times as long to make.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import msgspec

from consent.model import OrganisationKey, PersonKey, Signature
from consent.vocabulary import Category, Regime

LINE_VERSION = 2
"""Raise it whenever `line_of` would answer differently; lines of other versions are made anew from the body.

A field added at the end of `Line` with a default that means *not known* needs no new version.
"""


class Kind:
    """What a resource is to the summary; the section table says where each kind stands.

    Plain numbers, stored, so never renumber: a member of an `Enum` hashes in Python, and kinds are looked up thousands
    of times a second.
    """

    ALLERGY: Final = 1
    LIMIT: Final = 2  # behandlingsbegrænsning, testamente
    ALERT: Final = 3
    STATUS_NOTE: Final = 4
    HABITUAL: Final = 5
    MEASUREMENT: Final = 6
    LAB: Final = 7
    FUNCTIONAL: Final = 8  # FSIII J, with a level
    GOAL: Final = 9
    DRUG: Final = 10
    ADMINISTRATION: Final = 11
    DEVICE_USE: Final = 12
    DEVICE: Final = 13
    WOUND: Final = 14
    RELATIVE: Final = 15
    PERSON: Final = 16  # Patient
    SERVICE: Final = 17
    DIAGNOSIS: Final = 18
    APPOINTMENT: Final = 19
    STAY: Final = 20
    VACCINATION: Final = 21
    PROCEDURE: Final = 22
    REPORT: Final = 23
    PLAN: Final = 24
    LETTER: Final = 25
    SOCIAL_HISTORY: Final = 26
    PREGNANCY: Final = 27
    SUPPORT: Final = 28  # has no row of its own: Medication, Specimen


class Mark:
    """What is true of a line, one bit each; stored, so never renumber. Flags of `enum` would cost ten times more."""

    INACTIVE: Final = 1  # resolved, ended, refuted, stopped
    ABSENCE: Final = 2  # a statement that there is none
    PAUSED: Final = 4
    AS_NEEDED: Final = 8  # pn
    ANTICOAGULANT: Final = 16
    INSULIN: Final = 32
    OPIOID: Final = 64
    NATIONAL_CARD: Final = 128  # comes from the shared medication card (FMK)
    OXYGEN: Final = 256  # measured or habitual on oxygen
    ROOM_AIR: Final = 512
    ISOLATION: Final = 1024
    HIGH: Final = 2048  # high criticality, abnormal result
    OPEN: Final = 4096  # a stay that goes on
    LEAVE: Final = 8192  # … and the citizen is on leave (orlov)
    INFORMED: Final = 16384
    NOT_INFORMED: Final = 32768
    COMPUTED: Final = 65536
    TEST_DATA: Final = 131072
    PLANNED: Final = 262144
    EMERGENCY: Final = 524288


class Stamp(NamedTuple):
    """Which version of a record a line is of: the counter of the record, its version, when we received it."""

    n: int
    version: int
    updated_us: int


class Line(msgspec.Struct, array_like=True, gc=False, eq=False):
    """One resource as the summary needs it. Times are µs since 1970 UTC; texts are XHTML that needs no JSON escape.

    Stored as an array without the defaults at its end, so what is rare stands last. With what says which record it
    is of, a line is all that the store need hand over beside the body.
    """

    version: int
    kind: int  # of `Kind`
    html: str
    as_of: int  # 0: unknown
    as_of_text: str  # `pr. 01.02.2026 08:00`
    ref: str = ""  # 'Type/id'; empty: the line does not say which record it is of
    age: str = ""  # sorts newest first: see `age_of`
    type_number: int = 0  # of `schemas.homes`
    n: int = 0
    revision: int = 0  # version of the resource
    updated_us: int = 0
    patients: tuple[int, ...] | None = None  # see `splicing.patients_named`; `None`: not looked for yet
    topic: str = ""  # what is measured, FSIII code, drug group
    detail: str = ""  # second fragment: dosage, value, phone
    low: float | None = None
    high: float | None = None
    unit: str = ""
    start: int | None = None
    marks: int = 0
    name: str = ""  # for alphabetical order
    received: str = ""  # `, modtaget 02.02.2026` where that is another day than `as_of`
    stop: int | None = None
    second_low: float | None = None  # diastolic
    second_high: float | None = None
    level: int = -1
    key: str = ""  # identity of a drug line, a date in words
    codes: tuple[str, ...] = ()  # 'system short name|code', for groups
    links: tuple[str, ...] = ()  # 'Type/id' of what the line needs from others
    moment: int | None = None  # last dose, when a relative was told, end of responsibility

    def has(self, mark: int) -> bool:
        """Tell whether the line bears the mark."""
        return bool(self.marks & mark)


_AGES: Final = 1 << 60
"""More µs than any date has."""


def age_of(as_of: int, updated_us: int, ref: str) -> str:
    """Return what sorts newest first; equal dates by received, then by id, so that the order never depends on storage.

    One text, made when the line is: to compare three values would cost as much as all else that is done to a row.
    """
    return f"{_AGES - as_of:016x}{_AGES - updated_us:016x}{ref}"


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where records of one signature come from."""

    signature: Signature
    owner: str  # the controller: tells sources apart
    source: str  # organisation's name, escaped


_NOBODY = Signature(
    Category.OTHER, frozenset(), OrganisationKey(""), OrganisationKey(""), PersonKey(""), Regime.HEALTH_CARE
)
_NOWHERE: Final = Origin(_NOBODY, "", "")


class Row(Line):
    """A line with its record, as sections take it: the same object that was decoded, two fields more."""

    origin: Origin = _NOWHERE
    body: bytes = b""

    @property
    def type(self) -> str:
        """Name of the resource type."""
        return self.ref.partition("/")[0]

    @property
    def id(self) -> str:
        """Public id."""
        return self.ref.partition("/")[2]

    @property
    def signature(self) -> Signature:
        """What a decision about the record rests on."""
        return self.origin.signature


class Record(Protocol):
    """One permitted resource: `id` public, `updated_us` when we received it, `body` the stored bytes."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def updated_us(self) -> int: ...  # noqa: D102
    @property
    def signature(self) -> Signature: ...  # noqa: D102
    @property
    def line(self) -> bytes: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A `Record` that is not in the store."""

    type: str
    id: str
    updated_us: int
    signature: Signature
    line: bytes
    body: bytes
    n: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A composed document. `records` are what stands in it, the Patient first, the others in the order of the store.

    `valid_until` is the next moment at which the same entries would read differently (an appointment passes, a note
    expires, a value grows stale); `None` means never.
    """

    body: bytes
    valid_until: datetime | None
    records: tuple[Row, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The 'Type/id' of the records."""
        return tuple(row.ref for row in self.records)
