"""The values of the summary: what a resource is distilled to, what goes in, what comes out.

`Line` is a msgspec struct, not a dataclass: a hundred and fifty of them are made for every answer, and a
frozen dataclass takes ten times as long to make.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec

from consent.model import Signature

LINE_VERSION = 1
"""Raise it whenever `line_of` would answer differently; lines of other versions are made anew from the body.

A field added at the end of `Line` with a default that means *not known* needs no new version.
"""


class Kind:
    """What a resource is to the summary; the section table says where each kind stands.

    Plain strings: a member of an `Enum` hashes in Python, and kinds are looked up thousands of times a second.
    """

    ALLERGY: Final = "allergy"
    LIMIT: Final = "limit"  # behandlingsbegrænsning, testamente
    ALERT: Final = "alert"
    STATUS_NOTE: Final = "status-note"
    HABITUAL: Final = "habitual"
    MEASUREMENT: Final = "measurement"
    LAB: Final = "lab"
    FUNCTIONAL: Final = "functional"  # FSIII J, with a level
    GOAL: Final = "goal"
    DRUG: Final = "drug"
    ADMINISTRATION: Final = "administration"
    DEVICE_USE: Final = "device-use"
    DEVICE: Final = "device"
    WOUND: Final = "wound"
    RELATIVE: Final = "relative"
    PERSON: Final = "person"  # Patient
    SERVICE: Final = "service"
    DIAGNOSIS: Final = "diagnosis"
    APPOINTMENT: Final = "appointment"
    STAY: Final = "stay"
    VACCINATION: Final = "vaccination"
    PROCEDURE: Final = "procedure"
    REPORT: Final = "report"
    PLAN: Final = "plan"
    LETTER: Final = "letter"
    SOCIAL_HISTORY: Final = "social-history"
    PREGNANCY: Final = "pregnancy"
    SUPPORT: Final = "support"  # has no row of its own: Medication, Specimen


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


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One resource as the summary needs it. Times are µs since 1970 UTC; texts are XHTML that needs no JSON escape.

    Stored as an array without the defaults at its end, so what is rare stands last.
    """

    version: int
    kind: str  # of `Kind`
    html: str
    as_of: int  # 0: unknown
    day: int  # Danish day of `as_of`
    as_of_text: str  # `pr. 01.02.2026 08:00`
    topic: str = ""  # what is measured, FSIII code, drug group
    detail: str = ""  # second fragment: dosage, value, phone
    marks: int = 0
    start: int | None = None
    stop: int | None = None
    links: tuple[str, ...] = ()  # 'Type/id' of what the line needs from others
    low: float | None = None
    high: float | None = None
    second_low: float | None = None  # diastolic
    second_high: float | None = None
    unit: str = ""
    name: str = ""  # for alphabetical order
    codes: tuple[str, ...] = ()  # 'system short name|code', for groups
    level: int = -1
    moment: int | None = None  # last dose, when a relative was told, end of responsibility
    key: str = ""  # identity of a drug line, a date in words
    patients: tuple[int, ...] | None = None  # see `splicing.patients_named`; `None`: not looked for yet
    ref: str = ""  # 'Type/id' of the resource itself; empty: ask the record


class Record(Protocol):
    """One permitted resource: `id` public, `updated_us` when we received it, `body` the stored bytes.

    What the store returns is one as it is: to make another value of each would cost as much as decoding its line.
    """

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def id(self) -> str: ...  # noqa: D102
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A composed document. `shown` are the 'Type/id' of the stored resources in it, in their order, `records` these.

    `valid_until` is the next moment at which the same entries would read differently (an appointment passes, a note
    expires, a value grows stale); `None` means never.
    """

    body: bytes
    valid_until: datetime | None
    shown: tuple[str, ...]
    records: tuple[Record, ...]
