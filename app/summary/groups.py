"""The same thing from several sources in one line, with all its sources; nothing is merged away."""

from functools import lru_cache
from typing import Final, NamedTuple

from app.summary import catalogue, times
from app.summary.catalogue import Text
from app.summary.model import Kind, Mark, Row
from app.summary.scene import Block, Scene, Section, both, by_age, heading, listed, mark


class Concept(NamedTuple):
    """One diagnosis in the three languages. ICPC-2 and FSIII are whole codes, SKS and ICD-10 are prefixes."""

    text: Text
    icpc2: frozenset[str]
    icd10: tuple[str, ...]
    fsiii: frozenset[str] = frozenset()


CONCEPTS: Final[tuple[Concept, ...]] = (
    Concept(Text("Type 2-diabetes", "Type 2 diabetes"), frozenset({"T90"}), ("E11",)),
    Concept(Text("Type 1-diabetes", "Type 1 diabetes"), frozenset({"T89"}), ("E10",)),
    Concept(Text("KOL", "COPD"), frozenset({"R95"}), ("J44",), frozenset({"I7.1"})),
    Concept(Text("Astma", "Asthma"), frozenset({"R96"}), ("J45",), frozenset({"I7.1"})),
    Concept(Text("Hjertesvigt", "Heart failure"), frozenset({"K77"}), ("I50",), frozenset({"I7.2"})),
    Concept(Text("Atrieflimren", "Atrial fibrillation"), frozenset({"K78"}), ("I48",), frozenset({"I7.2"})),
    Concept(Text("Hypertension", "Hypertension"), frozenset({"K86", "K87"}), ("I10", "I11"), frozenset({"I7.2"})),
    Concept(Text("Apopleksi", "Stroke"), frozenset({"K90"}), ("I61", "I63", "I64")),
    Concept(
        Text("Demens", "Dementia"),
        frozenset({"P70"}),
        ("F00", "F01", "F02", "F03", "G30"),
        frozenset({"I11.1", "I11.4"}),
    ),
    Concept(
        Text("Kronisk hudsår", "Chronic skin ulcer"),
        frozenset({"S97"}),
        ("L89", "L97", "L984"),
        frozenset({"I4.4", "I4.5", "I4.6", "I4.7"}),
    ),
    Concept(
        Text("Urininkontinens", "Urinary incontinence"),
        frozenset({"U04"}),
        ("N393", "N394", "R32"),
        frozenset({"I12.3"}),
    ),
    Concept(Text("Adipositas", "Obesity"), frozenset({"T82"}), ("E66",), frozenset({"I3.4"})),
    Concept(Text("Osteoporose", "Osteoporosis"), frozenset({"L95"}), ("M80", "M81")),
    Concept(Text("Depression", "Depression"), frozenset({"P76"}), ("F32", "F33")),
)  # fmt: skip
"""Well-known triples. An FSIII code that fits several of the citizen's diagnoses joins none of them."""


class Group:
    """Rows that say the same. `concept` is known when the table has it."""

    __slots__ = ("codes", "concept", "owners", "rows")

    def __init__(self, concept: Concept | None) -> None:
        """Begin without rows."""
        self.concept = concept
        self.rows: list[Row] = []
        self.owners: set[str] = set()
        self.codes: set[str] = set()

    def add(self, row: Row) -> "Group":
        """Take the row in."""
        self.rows.append(row)
        self.owners.add(row.origin.owner)
        self.codes.update(row.codes)
        return self


@lru_cache(maxsize=8192)
def concept_of(codes: tuple[str, ...]) -> Concept | None:
    """Return the concept that an ICPC-2, SKS or ICD-10 code names."""
    for known in codes:
        system, _, code = known.partition("|")
        plain = code.removeprefix("D") if system == "SKS" else code.replace(".", "")
        for concept in CONCEPTS:
            if (system == "ICPC-2" and code in concept.icpc2) or (
                system in ("SKS", "ICD-10") and plain.startswith(concept.icd10)
            ):
                return concept
    return None


def _is_municipal(row: Row) -> bool:
    return bool(row.codes) and _all_fsiii(row.codes)


@lru_cache(maxsize=8192)
def _all_fsiii(codes: tuple[str, ...]) -> bool:
    return all(code.startswith("FSIII|") for code in codes)


def diagnoses(rows: list[Row]) -> list[Group]:
    """Group conditions by concept or shared code, never two rows of one source; FSIII joins where it is unambiguous.

    `rows` are newest first.
    """
    groups: list[Group] = []
    municipal: list[Row] = []
    for row in rows:
        codes = row.codes
        if _is_municipal(row):
            municipal.append(row)
            continue
        concept = concept_of(codes)
        for group in groups:
            same = (concept is not None and group.concept is concept) or not group.codes.isdisjoint(codes)
            if same and row.origin.owner not in group.owners:
                group.add(row)
                break
        else:
            groups.append(Group(concept).add(row))
    known = groups[:]
    for row in municipal:
        spoken = {code[6:] for code in row.codes}
        fits = [group for group in known if group.concept and not group.concept.fsiii.isdisjoint(spoken)]
        if fits and all(group.concept is fits[0].concept for group in fits) and row.origin.owner not in fits[0].owners:
            fits[0].add(row)
        else:
            groups.append(Group(None).add(row))
    return groups


@lru_cache(maxsize=8192)
def _sector(codes: tuple[str, ...]) -> Text | None:
    for prefix, text in (
        ("ICPC-2|", catalogue.GENERAL_PRACTICE),
        ("SKS|", catalogue.HOSPITAL),
        ("FSIII|", catalogue.MUNICIPALITY),
    ):
        if any(code.startswith(prefix) for code in codes):
            return text
    return None


def is_active(group: Group) -> bool:
    """Tell whether any source holds the diagnosis active."""
    return any(not row.marks & Mark.INACTIVE for row in group.rows)


def diagnosis_item(scene: Scene, section: Section, group: Group) -> str:
    """Write one group: a lone row as it is, several under one name with agreement or difference."""
    if len(group.rows) == 1:
        return scene.item(group.rows[0], group.rows[0].html, section.stale_days)
    speaking = [row for row in group.rows if not _is_municipal(row)]
    states = {row.has(Mark.INACTIVE) for row in speaking}
    agreement = ""
    if len(states) > 1:
        agreement = f" · {mark(catalogue.DISAGREE_STATUS)}"
    elif len(speaking) > 1:
        agreement = f" · {catalogue.AGREE.da}"
    name = f"<b>{group.concept.text.da}</b>" if group.concept else f"<b>{speaking[0].html.partition('</b>')[0][3:]}</b>"
    inner = "".join(_source_item(scene, section, row) for row in group.rows)
    return f"<li>{name}{agreement}<ul>{inner}</ul></li>"


def _source_item(scene: Scene, section: Section, row: Row) -> str:
    sector = _sector(row.codes)
    label = f"{sector.da}: " if sector else ""
    return scene.item(row, f"{label}{row.html}", section.stale_days)


def problems(scene: Scene, section: Section) -> Block:
    """Arrange active diagnoses; a diagnosis that one source holds active stays here with all its sources."""
    return _problems(scene, section, active=True)


def past_problems(scene: Scene, section: Section) -> Block:
    """Arrange diagnoses that no source holds active."""
    return _problems(scene, section, active=False)


def _problems(scene: Scene, section: Section, *, active: bool) -> Block:
    statements: list[Row] = []
    if active or scene.groups is None:
        rows = scene.of(section)
        statements = [row for row in rows if row.marks & Mark.ABSENCE]
        scene.groups = diagnoses([row for row in rows if not row.marks & Mark.ABSENCE] if statements else rows)
    chosen = [group for group in scene.groups if is_active(group) is active]
    if section.limit is not None:
        chosen = chosen[: section.limit]
    parts = listed(diagnosis_item(scene, section, group) for group in chosen)
    rows = [row for group in chosen for row in group.rows]
    if active and statements:
        parts += statement(scene, statements, contradicted=any(not _is_municipal(row) for row in rows))
        rows += statements
    return Block(parts, rows)


def statement(scene: Scene, rows: list[Row], *, contradicted: bool) -> list[str]:
    """Write authored statements that there is none, and whether other lines contradict them."""
    parts = [heading(catalogue.NONE_TAKEN), *listed(scene.item(row, row.html) for row in rows)]
    return [*parts, f"<p>{mark(catalogue.CONTRADICTED)}</p>"] if contradicted else parts


# Medication

_MARKS: Final = (
    (Mark.ANTICOAGULANT, catalogue.ANTICOAGULANT),
    (Mark.INSULIN, catalogue.INSULIN),
    (Mark.OPIOID, catalogue.OPIOID),
)
DANGEROUS: Final = Mark.ANTICOAGULANT | Mark.INSULIN | Mark.OPIOID
GIVEN_DAYS: Final = 7
_WHOLE_ATC: Final = 7


class Drug(NamedTuple):
    """One medication row with what it points to; `group` are the other sources' rows that agree in everything."""

    row: Row
    html: str
    marks: int
    atc: str
    group: list[Row]


def drugs(scene: Scene, rows: list[Row]) -> list[Drug]:
    """Resolve drugs that are pointed to and share lines where all agrees, never within one source."""
    found: list[Drug] = []
    by_key: dict[str, list[Drug]] = {}
    for row in rows:
        line = row
        marks, atc, html = line.marks, line.topic, line.html
        for link in line.links:
            pointed = scene.by_ref.get(link)
            if pointed is not None and pointed.kind == Kind.SUPPORT:
                marks |= pointed.marks & DANGEROUS
                atc = atc or pointed.topic
                html = pointed.html
        twins = by_key.setdefault(line.key, []) if line.key else []
        if twins:
            owner = row.origin.owner
            twin = next((each for each in twins if all(other.origin.owner != owner for other in each.group)), None)
            if twin is not None:
                twin.group.append(row)
                continue
        drug = Drug(row, html, marks, atc, [row])
        found.append(drug)
        twins.append(drug)
    return found


def _doses(rows: list[Row]) -> dict[str, Row]:
    """Return the newest dose by the order that it belongs to, by whole ATC code, and by name."""
    found: dict[str, Row] = {}
    for row in rows:
        for key in (*row.links, row.topic, row.name):
            found.setdefault(key, row)
    found.pop("", None)
    return found


def _given(drug: Drug, doses: dict[str, Row]) -> Row | None:
    """Return the newest dose of a drug: of its own order, of the same substance, or of the same name."""
    if not doses:
        return None
    keys = [row.ref for row in drug.group]
    keys += (drug.atc if len(drug.atc) == _WHOLE_ATC else "", drug.row.name)
    return min((dose for key in keys if (dose := doses.get(key))), key=by_age, default=None)


def _drug_item(scene: Scene, drug: Drug, dose: Row | None) -> str:
    line = drug.row
    told = drug.html
    if drug.marks & DANGEROUS:
        told = f"{' '.join(mark(text) for bit, text in _MARKS if drug.marks & bit)} {told}"
    if line.detail:
        told += f", {line.detail}"
    if dose is not None and (line.moment is None or dose.as_of > line.moment):
        told += f", <b>{catalogue.LAST_DOSE.da}</b>: {dose.detail} <small>· {dose.origin.source}</small>"
    origins = "; ".join(
        scene.origin(row).strip() + ("" if row.has(Mark.NATIONAL_CARD) else f" {catalogue.COPY.da}")
        for row in drug.group
    )
    same = f" {catalogue.SAME_DRUG.da}" if len(drug.group) > 1 else ""
    return f"<li>{told} {origins}{same}</li>"


def _pile(scene: Scene, section: Section, row: Row) -> Text | None:
    """Return the heading under which a drug stands; `None` for one that ended long ago."""
    if row.has(Mark.INACTIVE) or scene.is_over(row.stop):
        ended = row.stop if row.stop is not None and row.stop <= scene.at else row.as_of
        return None if scene.is_stale(ended, section.window_days) else catalogue.RECENTLY_ENDED
    if row.has(Mark.PAUSED):
        return catalogue.PAUSED
    return catalogue.AS_NEEDED if row.has(Mark.AS_NEEDED) else catalogue.REGULAR


def medication(scene: Scene, section: Section) -> Block:
    """Arrange medication: dangerous ones first; as needed, paused, recently ended apart; doses given elsewhere last."""
    rows = scene.rows.get(Kind.DRUG, [])
    doses = scene.rows.get(Kind.ADMINISTRATION, [])
    newest_dose = _doses(doses)
    known = drugs(scene, [row for row in rows if not row.has(Mark.ABSENCE)])
    known.sort(key=lambda drug: (not drug.marks & DANGEROUS, drug.row.name, drug.row.ref))
    piles: dict[Text, list[Drug]] = {text: [] for text in _PILES}
    for drug in known:
        text = _pile(scene, section, drug.row)
        if text is not None:
            piles[text].append(drug)
    parts: list[str] = []
    shown: list[Row] = []
    for text, pile in piles.items():
        given = [(drug, _given(drug, newest_dose)) for drug in pile]
        if given:
            parts += [heading(text), *listed(_drug_item(scene, drug, dose) for drug, dose in given)]
        for drug, dose in given:
            shown += drug.group if dose is None else [*drug.group, dose]
    drug_names = {drug.row.name for drug in known} | {drug.atc for drug in known if drug.atc}
    loose = _elsewhere(scene, doses, drug_names)
    if loose:
        parts += [heading(_GIVEN), *listed(scene.item(row, f"{row.html}, {row.detail}") for row in loose)]
    statements = [row for row in rows if row.has(Mark.ABSENCE)]
    if statements:
        taken = any(pile for text, pile in piles.items() if text is not catalogue.RECENTLY_ENDED)
        parts += statement(scene, statements, contradicted=taken)
    shown += loose + statements
    if any(not row.has(Mark.NATIONAL_CARD) for row in shown):
        parts.insert(0, both(catalogue.COPY_OF_MEDICATION))
    return Block(parts, shown)


_PILES: Final = (catalogue.REGULAR, catalogue.AS_NEEDED, catalogue.PAUSED, catalogue.RECENTLY_ENDED)
_GIVEN: Final = Text("Givet for nylig, ikke på listen", "Recently given, not on the list")


def _elsewhere(scene: Scene, doses: list[Row], names: set[str]) -> list[Row]:
    """Return the newest recent dose of each drug that no line of the list is about."""
    found: dict[str, Row] = {}
    for row in doses:
        if row.name in names or row.topic in names or any(link in scene.by_ref for link in row.links[:1]):
            continue
        if row.as_of > scene.at - GIVEN_DAYS * times.DAY and not scene.is_stale(row.as_of, GIVEN_DAYS):
            found.setdefault(row.topic or row.name, row)
    return list(found.values())
