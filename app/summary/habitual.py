"""Habitual values beside the latest measurements (docs/habitual-values.md)."""

from collections.abc import Callable
from statistics import median

from app.summary import catalogue, functional, stays, times, topics
from app.summary.catalogue import Text
from app.summary.markup import figure, range_text
from app.summary.model import Kind, Mark
from app.summary.scene import Block, Row, Scene, Section, heading, listed, mark, newest
from app.summary.topics import Topic

COMPUTE_FROM = 3
"""Fewest measurements outside stays from which a habitual value is computed."""
COMPUTE_DAYS = 365
OTHERS = 12
OTHER_DAYS = 30

_VARIANTS: dict[str, tuple[tuple[Text | None, Callable[[Row], bool]], ...]] = {
    "saturation": (
        (catalogue.ROOM_AIR, lambda row: row.has(Mark.ROOM_AIR)),
        (catalogue.OXYGEN, lambda row: row.has(Mark.OXYGEN)),
        (catalogue.OXYGEN_UNKNOWN, lambda row: not row.line.marks & (Mark.ROOM_AIR | Mark.OXYGEN)),
    )
}
"""What must never be mixed within a topic."""
_ONE: tuple[tuple[Text | None, Callable[[Row], bool]], ...] = ((None, lambda _: True),)


Topics = dict[str, list[Row]]


def _of_topics(scene: Scene, *kinds: str) -> Topics:
    """Return rows by topic over several kinds, newest first."""
    present = [found for kind in kinds if (found := scene.by_topic(kind))]
    if len(present) < 2:  # noqa: PLR2004 - nothing to merge
        return present[0] if present else {}
    keys = dict.fromkeys(key for found in present for key in found)
    return {key: newest(row for found in present for row in found.get(key, ())) for key in keys}


def _newest_by_owner(rows: list[Row]) -> list[Row]:
    """Return each source's newest row: two sources that disagree both stand."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.owner, row)
    return list(found.values())


def declared(scene: Scene, row: Row, stale_days: int | None) -> str:
    """Write a declared value; it is stale when its window ended too long ago."""
    old = scene.is_stale(row.line.stop if row.line.stop is not None else row.line.as_of, stale_days)
    stale = f" {mark(catalogue.STALE)}" if old else ""
    return f"{catalogue.HABITUAL.da}: {row.line.detail}{scene.origin(row)}{stale}"


def _spread(values: list[float]) -> str:
    return f"{figure(median(values))} ({range_text(min(values), max(values))})"


def computed(scene: Scene, rows: list[Row]) -> str:
    """Write median and spread of measurements outside every stay, or nothing when there are too few."""
    edge = scene.chain.start if scene.chain else scene.at
    used = []
    for row in rows:
        moment = row.line.as_of
        fresh = moment >= edge - COMPUTE_DAYS * times.DAY
        if scene.chain is None and fresh:
            fresh = not scene.passed(moment + COMPUTE_DAYS * times.DAY + 1)
        if fresh and moment <= edge and row.line.low is not None and not stays.inside(scene.chains, moment):
            used.append(row)
    if len(used) < COMPUTE_FROM or len({row.line.unit for row in used}) > 1:
        return ""
    upper = _spread([row.line.low for row in used if row.line.low is not None])
    lower = [row.line.second_low for row in used if row.line.second_low is not None]
    told = f"{upper}/{_spread(lower)}" if len(lower) == len(used) else upper
    return f"{catalogue.HABITUAL_COMPUTED.da}: <b>{told}</b> {used[0].line.unit}, n = {len(used)}"


def _latest(label: Text, scene: Scene, row: Row) -> str:
    return f"{label.da}: {row.line.detail}{scene.origin(row)}"


def _topic_items(
    scene: Scene, section: Section, topic: Topic, known: Topics, said: Topics
) -> tuple[list[str], list[Row]]:
    """Write one topic: per variant what is declared, computed, latest before the stay, and latest."""
    items: list[str] = []
    rows: list[Row] = []
    narrower = [row for each in topics.VALUES if each.within == topic.key for row in known.get(each.key, ())]
    for variant, fits in _VARIANTS.get(topic.key, _ONE):
        told = _newest_by_owner([row for row in said.get(topic.key, ()) if fits(row)])
        measured = [row for row in known.get(topic.key, ()) if fits(row)]
        lines = [declared(scene, row, section.stale_days) for row in told]
        chosen = list(told)
        if scene.computing and (shown := computed(scene, measured)):
            lines.append(shown)
        latest = measured[:1]
        if narrower and (not latest or newest(narrower)[0].line.as_of > latest[0].line.as_of):
            latest = latest + _newest_of_each(narrower)
        earlier = _before_stay(scene, measured) if topic in topics.BASELINE else None
        if earlier is not None and earlier not in latest:
            lines.append(_latest(_BEFORE, scene, earlier))
            chosen.append(earlier)
        lines += [_latest(catalogue.LATEST, scene, row) for row in latest]
        chosen += latest
        if lines:
            name = f"<b>{topic.text.da}</b>" + (f" {variant.da}" if variant else "")
            items.append(f"<li>{name}<br/>{'<br/>'.join(lines)}</li>")
            rows += chosen
    return items, rows


_USUAL = frozenset(topic.key for topic in (*topics.VALUES, *topics.BASELINE, *topics.FUNCTIONS))
_TOPIC_OF_CODE = {code: topic.key for topic in topics.FUNCTIONS for _, code in topic.codes}
_BEFORE = Text("Seneste før forløbet", "Latest before the stay")


def _newest_of_each(rows: list[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in newest(rows):
        found.setdefault(row.line.topic, row)
    return [found[key] for key in sorted(found, reverse=True)]


def _before_stay(scene: Scene, measured: list[Row]) -> Row | None:
    """Return the latest measurement before the present chain of stays: measured, not computed."""
    if scene.chain is None:
        return None
    edge = scene.chain.start
    return next((row for row in measured if row.line.as_of < edge), None)


def _arrange(scene: Scene, section: Section, listed_topics: tuple[Topic, ...]) -> tuple[list[str], list[Row]]:
    said = scene.by_topic(Kind.HABITUAL)
    known = _of_topics(scene, *(kind for kind in section.kinds if kind != Kind.HABITUAL))
    items: list[str] = []
    shown: list[Row] = []
    missing: list[str] = []
    for topic in listed_topics:
        if topic.within:
            continue
        told, chosen = _topic_items(scene, section, topic, known, said)
        items += told
        shown += chosen
        if not told:
            missing.append(topic.text.da)
    if not items:
        return [], []
    parts = listed(items)
    if missing:
        parts.append(f"<p>{catalogue.NOT_STATED.da}: {', '.join(missing)}</p>")
    return parts, shown


def values(scene: Scene, section: Section) -> Block:
    """Arrange habitual and latest vital signs, then other recent measurements, the newest of each."""
    parts, shown = _arrange(scene, section, topics.VALUES)
    others = [
        rows[0]
        for kind in section.kinds
        for key, rows in scene.by_topic(kind).items()
        if key not in _USUAL and (kind == Kind.HABITUAL or not scene.is_stale(rows[0].line.as_of, OTHER_DAYS))
    ]
    chosen = newest(others)[:OTHERS]
    if chosen:
        parts.append(heading(Text("Andre målinger", "Other measurements")))
        parts += listed(scene.item(row, f"{row.line.html}: {row.line.detail}") for row in chosen)
    return Block(parts, shown + chosen)


def baseline(scene: Scene, section: Section) -> Block:
    """Arrange baseline creatinine and haemoglobin: declared, latest before the stay, latest."""
    return Block(*_arrange(scene, section, topics.BASELINE))


def functions(scene: Scene, section: Section) -> Block:
    """Arrange habitual cognition, mobility, communication, swallowing, continence; FSIII speaks beside, unchanged."""
    said = scene.by_topic(Kind.HABITUAL)
    beside: dict[str, list[str]] = {}
    beside_rows: dict[str, list[Row]] = {}
    for level in functional.levels(scene):
        key = _TOPIC_OF_CODE.get(level.shown.line.topic)
        if key and level.before:
            told = f"FSIII {level.before.line.html}: {functional.level_text(level.before)}{scene.origin(level.before)}"
            beside.setdefault(key, []).append(told)
            beside_rows.setdefault(key, []).append(level.before)
    for row in scene.rows.get(Kind.DIAGNOSIS, ()):
        if row.line.topic and not row.has(Mark.INACTIVE):
            beside.setdefault(row.line.topic, []).append(f"{row.line.html}{scene.origin(row)}")
            beside_rows.setdefault(row.line.topic, []).append(row)
    items: list[str] = []
    shown: list[Row] = []
    missing: list[str] = []
    for topic in topics.FUNCTIONS:
        stated = _newest_by_owner(said.get(topic.key, []))
        lines = [declared(scene, row, section.stale_days) for row in stated] + beside.get(topic.key, [])
        shown += stated + beside_rows.get(topic.key, [])
        if lines:
            items.append(f"<li><b>{topic.text.da}</b><br/>{'<br/>'.join(lines)}</li>")
        else:
            missing.append(topic.text.da)
    if not items:
        return Block([], [])
    parts = listed(items)
    if missing:
        parts.append(f"<p>{catalogue.NOT_STATED.da}: {', '.join(missing)}</p>")
    return Block(parts, shown)
