"""The values of the summary: what a resource is distilled to, what goes in, what comes out.

`Line` and `Entry` are msgspec structs, not dataclasses: a hundred and fifty of them are made for every answer, and a
frozen dataclass takes ten times as long to make.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from consent.model import Item

LINE_VERSION = 1
"""Raise it whenever `line_of` would answer differently; lines of other versions are made anew from the body."""


class Kind(StrEnum):
    """What a resource is to the summary; the section table says where each kind stands."""

    ALLERGY = "allergy"
    LIMIT = "limit"  # behandlingsbegrænsning, testamente
    ALERT = "alert"
    STATUS_NOTE = "status-note"
    HABITUAL = "habitual"
    MEASUREMENT = "measurement"
    LAB = "lab"
    FUNCTIONAL = "functional"  # FSIII J, with a level
    GOAL = "goal"
    DRUG = "drug"
    ADMINISTRATION = "administration"
    DEVICE_USE = "device-use"
    DEVICE = "device"
    WOUND = "wound"
    RELATIVE = "relative"
    PERSON = "person"  # Patient
    SERVICE = "service"
    DIAGNOSIS = "diagnosis"
    APPOINTMENT = "appointment"
    STAY = "stay"
    VACCINATION = "vaccination"
    PROCEDURE = "procedure"
    REPORT = "report"
    PLAN = "plan"
    LETTER = "letter"
    SOCIAL_HISTORY = "social-history"
    PREGNANCY = "pregnancy"
    SUPPORT = "support"  # has no row of its own: Medication, Specimen


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
    """One resource as the summary needs it. Times are µs since 1970 UTC; texts are XHTML that needs no JSON escape."""

    version: int
    kind: Kind
    html: str
    as_of: int  # 0: unknown
    as_of_text: str
    marks: int = 0
    topic: str = ""  # what is measured, FSIII code, drug group
    codes: tuple[str, ...] = ()  # 'system short name|code', for groups
    start: int | None = None
    stop: int | None = None
    low: float | None = None
    high: float | None = None
    second_low: float | None = None  # diastolic
    second_high: float | None = None
    unit: str = ""
    level: int = -1
    moment: int | None = None  # last dose, when a relative was told, end of responsibility
    key: str = ""  # identity of a drug line
    name: str = ""  # for alphabetical order
    links: tuple[str, ...] = ()  # 'Type/id' of what the line needs from others
    detail: str = ""  # second fragment: dosage, provider, phone


class Entry(msgspec.Struct, frozen=True):
    """One permitted resource: `id` public, `updated_us` when we received it, `body` the stored bytes."""

    type: str
    id: str
    updated_us: int
    item: Item
    line: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A composed document. `shown` are the 'Type/id' of the stored resources in it, in their order.

    `valid_until` is the next moment at which the same entries would read differently (an appointment passes, a note
    expires, a value grows stale); `None` means never.
    """

    body: bytes
    valid_until: datetime | None
    shown: tuple[str, ...]
