"""Stays and their unbroken chain: an admission is one course even when three units report it (Danish: forløb)."""

from dataclasses import dataclass

from app.summary import catalogue, times
from app.summary.catalogue import STAY_CLASSES, Text
from app.summary.model import Kind, Mark, Row
from app.summary.scene import Block, Scene, Section, heading, listed, mark, newest

GAP = 24 * times.HOUR
"""Two stays belong to one chain when the next begins within this time after the last ended."""

EMERGENCY_CONTINUES = 48 * times.HOUR
"""An emergency contact that nobody closed is taken as continued by a stay that begins within this time."""

EMERGENCY_DOUBT_DAYS = 3
EARLIER = 5
CONTACTS = 3


@dataclass(frozen=True, slots=True)
class Chain:
    """An unbroken chain of stays. `stop` is `None` while it goes on."""

    start: int
    stop: int | None
    rows: tuple[Row, ...]

    @property
    def refs(self) -> frozenset[str]:
        """The Encounters of the chain."""
        return frozenset(row.ref for row in self.rows)


def is_open(scene: Scene, row: Row) -> bool:
    """Tell whether a stay says of itself that it goes on."""
    return row.has(Mark.OPEN) and not scene.is_over(row.stop)


def _continues(row: Row, later: Row) -> bool:
    """Tell whether `later` takes over from a stay that nobody closed.

    A transfer to another hospital and a change from emergency to inpatient are reported as a new start, without an end
    of the former. An emergency contact elsewhere does not end an inpatient stay.
    """
    return row.has(Mark.EMERGENCY) or not later.has(Mark.EMERGENCY)


def _end_of(scene: Scene, row: Row, later: list[Row]) -> int | None:
    start = row.start or 0
    if not is_open(scene, row):
        return row.stop if row.stop is not None else start
    successor = next((each for each in later if _continues(row, each)), None)
    if successor is None:
        return None
    begins = successor.start or 0
    if row.has(Mark.EMERGENCY):
        return begins if begins - start <= EMERGENCY_CONTINUES else start
    return begins if successor.origin.owner != row.origin.owner else start


def chains(scene: Scene) -> list[Chain]:
    """Return the chains of stays that have begun, oldest first."""
    begun = sorted(
        (
            row
            for row in scene.rows.get(Kind.STAY, ())
            if row.topic in STAY_CLASSES
            and not row.has(Mark.PLANNED)
            and row.start is not None
            and scene.passed(row.start)
        ),
        key=lambda row: (row.start or 0, row.ref),
    )
    found: list[Chain] = []
    for index, row in enumerate(begun):
        start, end = row.start or 0, _end_of(scene, row, begun[index + 1 :])
        last = found[-1] if found else None
        if last is not None and (last.stop is None or start <= last.stop + GAP):
            stop = None if last.stop is None or end is None else max(last.stop, end)
            found[-1] = Chain(last.start, stop, (*last.rows, row))
        else:
            found.append(Chain(start, end, (row,)))
    return found


def present(known: list[Chain]) -> Chain | None:
    """Return the chain that goes on at this moment."""
    return known[-1] if known and known[-1].stop is None else None


def inside(known: list[Chain], moment: int) -> bool:
    """Tell whether a moment lies in one of the chains."""
    for chain in known:  # noqa: SIM110 - a generator takes four times as long
        if chain.start <= moment and (chain.stop is None or moment <= chain.stop):
            return True
    return False


def responsibility(scene: Scene, row: Row) -> str:
    """Write until when the unit says it is responsible, and whether that has passed (the 72 hours)."""
    until = row.moment
    if until is None:
        return ""
    told = catalogue.RESPONSIBILITY_ENDED if scene.is_over(until) else catalogue.RESPONSIBLE_UNTIL
    return f"<br/>{told.da} <b>{times.moment_text(until)}</b>"


def _item(scene: Scene, row: Row) -> str:
    line = row
    leave = f"{mark(catalogue.ON_LEAVE)} " if row.has(Mark.LEAVE) else ""
    doubt = ""
    if row.has(Mark.EMERGENCY) and is_open(scene, row) and scene.is_stale(line.start or 0, EMERGENCY_DOUBT_DAYS):
        doubt = f" {mark(catalogue.STALE)}"
    return scene.item(row, f"{leave}{line.html}{responsibility(scene, row)}{doubt}")


def arrange(scene: Scene, section: Section) -> Block:
    """Arrange present stay (with leave), last stay, earlier, planned, and other contacts."""
    rows = scene.of(section)
    known, current = scene.chains, scene.chain
    past = known[:-1] if current else known
    parts: list[str] = []
    shown: list[Row] = []

    def add(text: Text, chosen: list[Row], extra: str = "") -> None:
        if chosen:
            parts.append(heading(text) + extra)
            parts.extend(listed(_item(scene, row) for row in chosen))
            shown.extend(chosen)

    def latest_first(chain: Chain) -> list[Row]:
        return sorted(chain.rows, key=lambda row: (-(row.start or 0), row.ref))

    if current:
        since = f"<p>{catalogue.CHAIN_SINCE.da} <b>{times.moment_text(current.start)}</b></p>"
        add(catalogue.CURRENT_STAY, latest_first(current), since)
    if past:
        add(catalogue.LAST_STAY, latest_first(past[-1]))
        earlier = [row for chain in reversed(past[:-1]) for row in latest_first(chain)]
        add(catalogue.EARLIER_STAYS, earlier[:EARLIER])
    begun = {row.ref for chain in known for row in chain.rows}
    hospital = [row for row in rows if row.topic in STAY_CLASSES and row.ref not in begun]
    add(catalogue.PLANNED_STAY, sorted(hospital, key=lambda row: (row.start or 0, row.ref)))
    add(catalogue.OTHER_CONTACTS, newest(row for row in rows if row.topic not in STAY_CLASSES)[:CONTACTS])
    return Block(parts, shown)
