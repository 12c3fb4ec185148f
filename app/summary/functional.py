"""Functional level before the first contact of the present chain of stays (Danish: funktionsniveau, FSIII)."""

import re
from functools import lru_cache
from typing import NamedTuple

from app.summary import catalogue, times
from app.summary.model import Kind, Row
from app.summary.scene import Block, Scene, Section, heading, listed, mark
from schemas.terminology import fsiii

CHANGE_WINDOW = 14 * times.DAY
"""A change this close before the stay shows both levels: the new one may already be the illness."""


class Level(NamedTuple):
    """One function of one source: the level in force before the stay, what it was, what was assessed since."""

    before: Row | None
    formerly: Row | None  # set when the level changed within the window
    since: Row | None

    @property
    def shown(self) -> Row:
        """The row that the line is about."""
        return self.before or self.since  # type: ignore[return-value]  # never both None, see levels()


def level_text(row: Row) -> str:
    """Write a level in number and words; `not relevant` (B6) has no number."""
    level = row.level
    words = catalogue.LEVELS.get(level)
    if words is None:
        return row.detail or catalogue.NOT_STATED.da
    return words.da if level == fsiii.NOT_RELEVANT else f"{catalogue.LEVEL.da} <b>{level}</b> ({words.da})"


def _direction(old: int, new: int) -> str:
    """Tell which way it went; levels without rank are not compared."""
    if fsiii.NOT_RELEVANT in (old, new) or min(old, new) < 0 or old == new:
        return ""
    return " forværret" if new > old else " forbedret"


def levels(scene: Scene) -> list[Level]:
    """Return every function by source, in the order of FSIII codes."""
    if scene.levels is None:
        scene.levels = _levels(scene)
    return scene.levels


def _levels(scene: Scene) -> list[Level]:
    by_topic: dict[tuple[str, str], list[Row]] = {}
    for row in scene.rows.get(Kind.FUNCTIONAL, ()):
        if row.topic:
            by_topic.setdefault((row.topic, row.origin.owner), []).append(row)
    found = []
    for key in sorted(by_topic, key=_code_order):
        rows = by_topic[key]
        if scene.chain is not None:
            edge = scene.chain.start
            before = [row for row in rows if row.as_of <= edge]
            recent = [row for row in before if row.as_of > edge - CHANGE_WINDOW]
            since = next((row for row in rows if row.as_of > edge), None)
        else:
            before, since = rows, None
            recent = [row for row in rows if not scene.passed(row.as_of + CHANGE_WINDOW)]
        older = [row for row in before if row not in recent]
        formerly = (older or recent[-1:])[0] if recent and (older or len(recent) > 1) else None
        latest = before[0] if before else None
        if latest is None or formerly is latest or (formerly and formerly.level == latest.level):
            formerly = None
        found.append(Level(latest, formerly, since))
    return found


@lru_cache(maxsize=4096)
def _code_order(key: tuple[str, str]) -> tuple[str, list[int], str]:
    topic, owner = key
    return topic[:1], [int(number) for number in re.findall(r"\d{1,9}", topic)], topic + owner


def said(scene: Scene, level: Level, stale_days: int | None) -> str:
    """Write one function with its level before the stay, a recent change, and what was assessed since."""
    name = level.shown.html
    told = f"{name}: "
    if level.before is None:
        told += f"{catalogue.NO_EARLIER_LEVEL.da}"
    else:
        told += level_text(level.before) + scene.origin(level.before, stale_days)
    if level.before and level.formerly:
        way = _direction(level.formerly.level, level.before.level)
        told += (
            f"<br/>{mark(catalogue.CHANGED)}{way}: {catalogue.CHANGED_FROM.da} "
            f"{level_text(level.formerly)}{scene.origin(level.formerly)}"
        )
    if level.since:
        told += f"<br/>{catalogue.SINCE_STAY.da}: {level_text(level.since)}{scene.origin(level.since)}"
    return f"<li>{told}</li>"


def arrange(scene: Scene, section: Section) -> Block:
    """Arrange the levels; assessments without a function stand after them."""
    rows = scene.of(section)
    allowed = {row.ref for row in rows}
    known = [level for level in levels(scene) if level.shown.ref in allowed]
    loose = [row for row in rows if not row.topic]
    if not known and not loose:
        return Block([], [])
    title = catalogue.BEFORE_STAY if scene.chain is not None else catalogue.PRESENT_LEVEL
    parts = [heading(title), *listed(said(scene, level, section.stale_days) for level in known)]
    parts += listed(scene.item(row, row.html, section.stale_days) for row in loose)
    shown = [row for level in known for row in (level.before, level.formerly, level.since) if row is not None]
    return Block(parts, shown + loose)
