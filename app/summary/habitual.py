"""Habitual values beside the latest measurements (docs/habitual-values.md)."""

from collections.abc import Callable

from app.summary import catalogue, functional, stays, times, topics
from app.summary.catalogue import Text
from app.summary.markup import figure, range_text
from app.summary.model import Kind, Mark, Row
from app.summary.scene import Block, Scene, Section, heading, listed, mark, newest
from app.summary.topics import Topic

COMPUTE_FROM = 3
"""Fewest measurements outside stays from which a habitual value is computed."""
COMPUTE_DAYS = 365
_COMPUTE_WINDOW = COMPUTE_DAYS * times.DAY
OTHERS = 12
OTHER_DAYS = 30

_Variant = tuple[Text | None, Callable[[Row], bool] | None]
_VARIANTS: dict[str, tuple[_Variant, ...]] = {
    "saturation": (
        (catalogue.ROOM_AIR, lambda row: row.has(Mark.ROOM_AIR)),
        (catalogue.OXYGEN, lambda row: row.has(Mark.OXYGEN)),
        (catalogue.OXYGEN_UNKNOWN, lambda row: not row.marks & (Mark.ROOM_AIR | Mark.OXYGEN)),
    )
}
"""What must never be mixed within a topic."""
_ONE: tuple[_Variant, ...] = ((None, None),)
_WITHIN = {topic.key: tuple(each.key for each in topics.VALUES if each.within == topic.key) for topic in topics.VALUES}


Topics = dict[str, list[Row]]


def _measured(scene: Scene, section: Section) -> Topics:
    """Return the rows of all kinds of the section but declared ones by topic, newest first."""
    first, *more = [scene.by_topic(kind) for kind in section.kinds if kind != Kind.HABITUAL]
    if not more:
        return first
    found = {topic: rows[:] for topic, rows in first.items()}
    for other in more:
        for topic, rows in other.items():
            if topic in found:
                found[topic] = newest([*found[topic], *rows])
            else:
                found[topic] = rows
    return found


def _fitting(rows: list[Row], fits: Callable[[Row], bool] | None) -> list[Row]:
    return rows if fits is None else [row for row in rows if fits(row)]


def _newest_by_owner(rows: list[Row]) -> list[Row]:
    """Return each source's newest row: two sources that disagree both stand."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.origin.owner, row)
    return list(found.values())


def declared(scene: Scene, row: Row, stale_days: int | None) -> str:
    """Write a declared value; it is stale when its window ended too long ago."""
    old = scene.is_stale(row.stop if row.stop is not None else row.as_of, stale_days)
    stale = f" {mark(catalogue.STALE)}" if old else ""
    return f"{catalogue.HABITUAL.da}: {row.detail}{scene.origin(row)}{stale}"


def _spread(values: list[float]) -> str:
    values.sort()
    half, is_odd = divmod(len(values), 2)
    middle = values[half] if is_odd else (values[half - 1] + values[half]) / 2
    return f"{figure(middle)} ({range_text(values[0], values[-1])})"


def computed(scene: Scene, rows: list[Row]) -> str:
    """Write median and spread of measurements outside every stay, or nothing when there are too few."""
    edge = scene.chain.start if scene.chain else scene.at
    oldest = edge - _COMPUTE_WINDOW
    fresh = [row for row in rows if row.as_of >= oldest]
    if scene.chain is None and fresh:
        scene.passed(fresh[-1].as_of + _COMPUTE_WINDOW + 1)  # not yet: the oldest is the first to fall out
    used = [
        row for row in fresh if row.low is not None and row.as_of <= edge and not stays.inside(scene.chains, row.as_of)
    ]
    if len(used) < COMPUTE_FROM or len({row.unit for row in used}) > 1:
        return ""
    upper = _spread([row.low for row in used if row.low is not None])
    lower = [row.second_low for row in used if row.second_low is not None]
    told = f"{upper}/{_spread(lower)}" if len(lower) == len(used) else upper
    return f"{catalogue.HABITUAL_COMPUTED.da}: <b>{told}</b> {used[0].unit}, n = {len(used)}"


def _latest(label: Text, scene: Scene, row: Row) -> str:
    return f"{label.da}: {row.detail}{scene.origin(row)}"


def _topic_items(
    scene: Scene, section: Section, topic: Topic, said: Topics, measurements: Topics
) -> tuple[list[str], list[Row]]:
    """Write one topic: per variant what is declared, computed, latest before the stay, and latest."""
    items: list[str] = []
    rows: list[Row] = []
    known = measurements.get(topic.key, [])
    narrower = [row for key in _WITHIN.get(topic.key, ()) for row in measurements.get(key, ())]
    for variant, fits in _VARIANTS.get(topic.key, _ONE):
        told = _newest_by_owner(_fitting(said.get(topic.key, []), fits))
        measured = _fitting(known, fits)
        lines = [declared(scene, row, section.stale_days) for row in told]
        chosen = list(told)
        if scene.computing and (shown := computed(scene, measured)):
            lines.append(shown)
        latest = measured[:1]
        if narrower and (not latest or newest(narrower)[0].as_of > latest[0].as_of):
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
        found.setdefault(row.topic, row)
    return [found[key] for key in sorted(found, reverse=True)]


def _before_stay(scene: Scene, measured: list[Row]) -> Row | None:
    """Return the latest measurement before the present chain of stays: measured, not computed."""
    if scene.chain is None:
        return None
    edge = scene.chain.start
    return next((row for row in measured if row.as_of < edge), None)


def _arrange(scene: Scene, section: Section, listed_topics: tuple[Topic, ...]) -> tuple[list[str], list[Row]]:
    said, measurements = scene.by_topic(Kind.HABITUAL), _measured(scene, section)
    items: list[str] = []
    shown: list[Row] = []
    missing: list[str] = []
    for topic in listed_topics:
        if topic.within:
            continue
        told, chosen = _topic_items(scene, section, topic, said, measurements)
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
        if key not in _USUAL and (kind == Kind.HABITUAL or not scene.is_stale(rows[0].as_of, OTHER_DAYS))
    ]
    chosen = newest(others)[:OTHERS]
    if chosen:
        parts.append(heading(Text("Andre målinger", "Other measurements")))
        parts += listed(scene.item(row, f"{row.html}: {row.detail}") for row in chosen)
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
        key = _TOPIC_OF_CODE.get(level.shown.topic)
        if key and level.before:
            told = f"FSIII {level.before.html}: {functional.level_text(level.before)}{scene.origin(level.before)}"
            beside.setdefault(key, []).append(told)
            beside_rows.setdefault(key, []).append(level.before)
    for row in scene.rows.get(Kind.DIAGNOSIS, ()):
        if row.topic and not row.has(Mark.INACTIVE):
            beside.setdefault(row.topic, []).append(f"{row.html}{scene.origin(row)}")
            beside_rows.setdefault(row.topic, []).append(row)
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
