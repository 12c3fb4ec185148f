"""How the plainer sections are arranged; diagnoses, medication, values, levels and stays have modules of their own."""

from app.summary import catalogue, stays, times
from app.summary.groups import statement
from app.summary.markup import labelled, safe
from app.summary.model import Kind, Mark, Row
from app.summary.scene import Block, Scene, Section, heading, listed, mark, newest

NOTES = 5
HISTORY = 5


def _cut(scene: Scene, section: Section, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Keep what is within the section's window and limit, and say so when something was left out."""
    kept = [row for row in rows if not scene.is_stale(row.as_of, section.window_days)]
    chosen = kept if section.limit is None else kept[: section.limit]
    if len(chosen) == len(rows):
        return chosen, []
    told = f"{catalogue.SHOWN_NEWEST.da} {len(chosen)} {catalogue.OF.da} {len(rows)}. {catalogue.MORE.da}."
    return chosen, [f"<p>{told}</p>"]


def _words(row: Row) -> str:
    return f"{row.html}, {row.detail}" if row.detail else row.html


def listing(scene: Scene, section: Section) -> Block:
    """Arrange what is neither ended nor inactive, newest first."""
    rows = [row for row in scene.of(section) if not row.has(Mark.INACTIVE) and not scene.is_over(row.stop)]
    chosen, more = _cut(scene, section, rows)
    parts = listed(scene.item(row, _words(row), section.stale_days) for row in chosen)
    return Block(parts + more, chosen)


def everything(scene: Scene, section: Section) -> Block:
    """Arrange all rows, newest first."""
    rows = scene.of(section)
    chosen, more = _cut(scene, section, rows)
    return Block(listed(scene.item(row, _words(row), section.stale_days) for row in chosen) + more, chosen)


def newest_of_each(scene: Scene, section: Section) -> Block:
    """Arrange the newest row of each topic."""
    found: dict[str, Row] = {}
    for row in scene.of(section):
        found.setdefault(row.topic, row)
    return Block(
        listed(scene.item(row, _words(row), section.stale_days) for row in found.values()), list(found.values())
    )


def allergies(scene: Scene, section: Section) -> Block:
    """Arrange allergies: serious first, then the rest, ended ones, and authored statements that there is none."""
    rows = scene.of(section)
    present = [row for row in rows if not row.marks & (Mark.ABSENCE | Mark.INACTIVE)]
    present.sort(key=lambda row: not row.has(Mark.HIGH))
    ended = [row for row in rows if row.has(Mark.INACTIVE) and not row.has(Mark.ABSENCE)]
    statements = [row for row in rows if row.has(Mark.ABSENCE) and not row.has(Mark.INACTIVE)]
    parts = listed(scene.item(row, row.html, section.stale_days) for row in present)
    if ended:
        parts += [heading(catalogue.ENDED), *listed(scene.item(row, row.html) for row in ended)]
    if statements:
        parts += statement(scene, statements, contradicted=bool(present))
    return Block(parts, present + ended + statements)


def devices(scene: Scene, section: Section) -> Block:
    """Arrange devices in use: implant, catheter, oxygen; a device that is pointed to gives the name."""
    rows = [row for row in scene.of(section) if not row.has(Mark.INACTIVE) and not scene.is_over(row.stop)]
    statements = [row for row in rows if row.has(Mark.ABSENCE)]
    present = [row for row in rows if not row.has(Mark.ABSENCE)]
    items = []
    for row in present:
        pointed = next((each for link in row.links if (each := scene.by_ref.get(link))), None)
        name = pointed.html if pointed is not None and not row.name else row.html
        items.append(scene.item(row, f"{name}, {row.detail}" if row.detail else name, section.stale_days))
    parts = listed(items)
    if statements:
        parts += statement(scene, statements, contradicted=bool(present))
    return Block(parts, present + statements)


def aids(scene: Scene, section: Section) -> Block:
    """Arrange the citizen's own devices that no device use speaks about."""
    told = {link for row in scene.rows.get(Kind.DEVICE_USE, ()) for link in row.links}
    rows = [row for row in scene.of(section) if row.ref not in told and not row.has(Mark.INACTIVE)]
    rows = [row for row in rows if not scene.is_over(row.stop)]
    return Block(listed(scene.item(row, row.html, section.stale_days) for row in rows), rows)


def _decided_in_ended_stay(scene: Scene, row: Row) -> bool:
    """Tell whether a limit was decided in a stay that this answer knows to have ended."""
    present = scene.chain.refs if scene.chain else frozenset()
    return any(
        link not in present
        for link in row.links
        if (pointed := scene.by_ref.get(link)) is not None and pointed.kind == Kind.STAY
    )


def limits(scene: Scene, section: Section) -> Block:
    """Arrange limits and wills in force with author and date; those of ended stays stand as history only."""
    force: list[Row] = []
    past: list[tuple[Row, catalogue.Text]] = []
    for row in scene.of(section):
        if _decided_in_ended_stay(scene, row):
            past.append((row, catalogue.HISTORY))
        elif row.has(Mark.INACTIVE) or scene.is_over(row.stop):
            past.append((row, catalogue.ENDED))
        else:
            force.append(row)
    parts = listed(scene.item(row, row.html, section.stale_days) for row in force)
    parts += listed(scene.item(row, f"{mark(text)} {row.html}") for row, text in past[:HISTORY])
    return Block(parts, force + [row for row, _ in past[:HISTORY]])


def alerts(scene: Scene, section: Section) -> Block:
    """Arrange alerts in force, isolation first."""
    rows = [row for row in scene.of(section) if not row.has(Mark.INACTIVE) and not scene.is_over(row.stop)]
    rows.sort(key=lambda row: not row.has(Mark.ISOLATION))
    parts = listed(
        scene.item(row, f"{mark(catalogue.ISOLATION)} {row.html}" if row.has(Mark.ISOLATION) else row.html)
        for row in rows
    )
    return Block(parts, rows)


def notes(scene: Scene, section: Section) -> Block:
    """Arrange status notes, valid ones first; an expired one stays, marked."""
    valid: list[str] = []
    expired: list[str] = []
    rows: tuple[list[Row], list[Row]] = ([], [])
    for row in scene.of(section):
        stop = row.stop
        if row.has(Mark.INACTIVE) or scene.is_over(stop):
            until = f" {times.moment_text(stop)}" if stop is not None and stop <= scene.at else ""
            expired.append(scene.item(row, f"{mark(catalogue.EXPIRED)}{until}<br/>{row.html}"))
            rows[1].append(row)
        else:
            ends = f"<br/>{catalogue.EXPIRES.da} {times.moment_text(stop)}" if stop is not None else ""
            valid.append(scene.item(row, f"{row.html}{ends}", section.stale_days))
            rows[0].append(row)
    room = max(NOTES - len(valid), 1)
    return Block(listed(valid + expired[:room]), rows[0] + rows[1][:room])


def _informed(scene: Scene, row: Row) -> str:
    if row.has(Mark.NOT_INFORMED):
        return mark(catalogue.NOT_INFORMED)
    if not row.has(Mark.INFORMED):
        return catalogue.INFORMED_UNKNOWN.da
    told = row.moment
    if scene.chain is None or (told is not None and told < scene.chain.start):
        return f"{catalogue.INFORMED_BEFORE.da} {row.key}".rstrip()
    return f"{mark(catalogue.INFORMED)} {row.key}".rstrip()


def relatives(scene: Scene, section: Section) -> Block:
    """Arrange relatives with whether they were told of this stay, then contacts named in the master data."""
    rows = [row for row in scene.of(section) if not scene.is_over(row.stop) or row.kind == Kind.PERSON]
    close = sorted((row for row in rows if row.kind == Kind.RELATIVE), key=lambda row: (row.name, row.ref))
    parts = listed(scene.item(row, f"{row.html}, {_informed(scene, row)}", section.stale_days) for row in close)
    named = [row for row in rows if row.kind == Kind.PERSON and row.detail]
    parts += listed(scene.item(row, row.detail) for row in named)
    return Block(parts, close + named)


def interpreter(scene: Scene, section: Section) -> Block:
    """Arrange the need for an interpreter and the languages."""
    rows = [row for row in scene.of(section) if row.html.strip()]
    return Block(listed(scene.item(row, row.html) for row in rows), rows)


def services(scene: Scene, section: Section) -> Block:
    """Arrange municipal services that run, with the 24-hour phone of the line or of the organisation."""
    rows = [row for row in scene.of(section) if not row.has(Mark.INACTIVE) and not scene.is_over(row.stop)]
    items = []
    for row in rows:
        phone = "" if catalogue.ROUND_THE_CLOCK.da in row.html else safe(scene.phones.get(row.origin.owner, ""))
        number = labelled(f", <b>{catalogue.ROUND_THE_CLOCK.da}</b>", f"<b>{phone}</b>" if phone else "")
        items.append(scene.item(row, f"{row.html}{number}", section.stale_days))
    return Block(listed(items), rows)


def appointments(scene: Scene, section: Section) -> Block:
    """Arrange appointments that have not passed, the next one first; those without a time last."""
    rows = [row for row in scene.of(section) if not scene.is_over(row.stop)]
    rows.sort(key=lambda row: (row.start is None, row.start or 0, row.ref))
    chosen = rows if section.limit is None else rows[: section.limit]
    return Block(listed(scene.item(row, row.html) for row in chosen), chosen)


def results(scene: Scene, section: Section) -> Block:
    """Arrange reports and the newest result of each test, then older ones of the window."""
    rows = scene.of(section)
    seen: set[tuple[int, str]] = set()
    first: list[Row] = []
    rest: list[Row] = []
    for row in rows:
        topic = (row.kind, row.topic or row.ref)
        (rest if topic in seen else first).append(row)
        seen.add(topic)
    recent = [row for row in rest if not scene.is_stale(row.as_of, section.window_days)]
    limit = section.limit or len(rows)
    chosen = newest([*first[:limit], *recent[: max(limit - len(first), 0)]])
    told = f"{catalogue.SHOWN_NEWEST.da} {len(chosen)} {catalogue.OF.da} {len(rows)}. {catalogue.MORE.da}."
    more = [f"<p>{told}</p>"] if len(chosen) < len(rows) else []
    refs = {row.ref for row in chosen}
    items = (
        scene.item(row, f"{row.html}: {row.detail}" if row.detail else row.html)
        for row in chosen
        if not _is_envelope(row, refs)
    )
    return Block(listed(items) + more, chosen)


def _is_envelope(row: Row, shown: set[str]) -> bool:
    """Tell whether a report says nothing but what its results say, which have lines of their own."""
    return row.kind == Kind.REPORT and not row.name and not shown.isdisjoint(row.links)


def plans(scene: Scene, section: Section) -> Block:
    """Arrange plans: discharge plans first, running before ended; the 72 hours as the unit states them."""
    rows = scene.of(section)
    ended = {row.ref for row in rows if row.has(Mark.INACTIVE) or scene.is_over(row.stop)}
    rows.sort(key=lambda row: (row.topic != "discharge", row.ref in ended))
    chosen, more = _cut(scene, section, rows)
    items = [
        scene.item(
            row,
            (f"{mark(catalogue.ENDED)} " if row.ref in ended else "") + row.html + stays.responsibility(scene, row),
        )
        for row in chosen
    ]
    return Block(listed(items) + more, chosen)
