"""The 18 codes of the HospitalNotification and what in a message they are made of: one table.

Source: medcomdk/dk-medcom-hospitalnotification, Overview of HospitalNotification codes. The three codes about death
have no activity of their own: they are told by `Patient.deceased` and what went before (see app/bridge/course.py).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happened to the patient; the six events behind the 18 codes."""

    STAA = "STAA"  # start sygehusophold - akut ambulant
    STIN = "STIN"  # start sygehusophold - indlagt
    STOR = "STOR"  # start orlov
    SLOR = "SLOR"  # slut orlov
    SLHJ = "SLHJ"  # slut sygehusophold - afsluttet til hjemmet/primær sektor
    MORS = "MORS"  # død


class Change(StrEnum):
    """Whether the event is told, corrected or taken back; the value is the code's prefix."""

    NEW = ""
    CORRECTION = "RE_"  # rettelse
    CANCELLATION = "AN_"  # annullering


@dataclass(frozen=True, slots=True)
class Code:
    """One of the 18 codes."""

    kind: Kind
    change: Change = Change.NEW

    def __str__(self) -> str:
        return f"{self.change.value}{self.kind.value}"


CODES = tuple(Code(kind, change) for kind in Kind for change in Change)


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """What a message with this activity must say of the Encounter."""

    code: Code
    encounter_class: str
    status: str


def _rows(kind: Kind, activity: str, encounter_class: str, status: str, cancelled: str) -> dict[str, ActivityRow]:
    return {
        activity: ActivityRow(Code(kind), encounter_class, status),
        f"revise-{activity}": ActivityRow(Code(kind, Change.CORRECTION), encounter_class, status),
        f"cancel-{activity}": ActivityRow(Code(kind, Change.CANCELLATION), encounter_class, cancelled),
    }


ACTIVITIES: dict[str, ActivityRow] = (
    _rows(Kind.STAA, "admit-emergency", "EMER", "in-progress", "entered-in-error")
    | _rows(Kind.STIN, "admit-inpatient", "IMP", "in-progress", "entered-in-error")
    | _rows(Kind.STOR, "start-leave-inpatient", "IMP", "onleave", "in-progress")
    | _rows(Kind.SLOR, "end-leave-inpatient", "IMP", "in-progress", "onleave")
    | _rows(Kind.SLHJ, "discharge-emergency-home", "EMER", "finished", "in-progress")
    | _rows(Kind.SLHJ, "discharge-inpatient-home", "IMP", "finished", "in-progress")
)
STATUSES = frozenset({"in-progress", "onleave", "finished", "entered-in-error"})
CLASSES = frozenset({"IMP", "EMER"})
