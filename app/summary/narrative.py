"""Section and document texts: XHTML put together from fragments that are already safe."""

from functools import lru_cache
from typing import Final

import msgspec

from app.summary import catalogue, times
from app.summary.model import Mark, Row
from app.summary.scene import TOLD_ONLY, Block, Scene, Section, both, by_as_of, mark
from schemas.terminology import systems

_json = msgspec.json.Encoder().encode

DIV: Final = "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\" lang='da'>"
"""Opening of a narrative inside a JSON string."""

EMPTY_REASON: Final = (
    f'"emptyReason":{{"coding":[{{"system":"{systems.LIST_EMPTY_REASON}","code":"unavailable","display":"Unavailable"}}],'
    f'"text":{_json(f"{catalogue.UNAVAILABLE.da} {catalogue.UNAVAILABLE.en}").decode()}}}'
)
"""The only reason that the service gives: `nilknown` needs an author, and then the statement is the entry."""


@lru_cache(maxsize=2)
def notice(*, can_emergency: bool) -> str:
    """Return the standing notice: the same whether or not anything is withheld."""
    return both(catalogue.RESTRICTED_EMERGENCY if can_emergency else catalogue.RESTRICTED)


@lru_cache(maxsize=64)
def _frame(section: Section) -> tuple[str, str]:
    """Return what a section begins with, and the whole section as it stands when it is empty."""
    title, translated, shown = (_json(text).decode() for text in (section.title.da, section.title.en, section.display))
    opening = (
        f'{{"title":{title},"_title":{{"extension":[{{"extension":[{{"url":"lang","valueCode":"en"}},'
        f'{{"url":"content","valueString":{translated}}}],"url":"{systems.TRANSLATION_EXTENSION}"}}]}},'
        f'"code":{{"coding":[{{"system":"{section.system}","code":"{section.code}","display":{shown}}}]}},'
        f'"text":{{"status":"generated","div":"{DIV}'
    )
    return opening, f"{opening}{both(catalogue.UNAVAILABLE)}"


def section(section: Section, block: Block, base: str, master: str, standing: str) -> str:
    """Write one Composition.section; `base` begins a reference, `master` is the citizen's 'Patient/id'.

    Entries are each once, of the types that the section allows; what has no entry has its narrative alone.
    """
    opening, empty = _frame(section)
    notice = standing if section.notice else ""
    if not block.parts:
        return f'{empty}{notice}</div>"}},{EMPTY_REASON}}}'
    rows = block.rows
    origin = entries = ""
    if rows:
        newest = max(rows, key=by_as_of)
        names = sorted({row.origin.source for row in rows})
        told = f"{catalogue.SOURCES.da}: {', '.join(names)}" if len(names) > 1 else f"{catalogue.SOURCE.da}: {names[0]}"
        origin = f"<p><small>{newest.as_of_text} · {told}</small></p>"
        allowed = section.type_numbers
        if allowed is None:
            references = [row.ref for row in rows if row.type_number not in TOLD_ONLY or row.ref == master]
        else:  # which holds none of these
            references = [row.ref for row in rows if row.type_number in allowed]
        if references:
            between = f'"}},{base}'
            entries = f',"entry":[{base}{between.join(dict.fromkeys(references))}"}}]'
    return f'{opening}{origin}{"".join(block.parts)}{notice}</div>"}}{entries}}}'


def document(scene: Scene, person: Row | None, title: str, standing: str) -> str:
    """Write Composition.text: title, death, the standing notice, and that no person has reviewed it."""
    died = ""
    if person is not None and person.has(Mark.INACTIVE):
        died = f"<p>{mark(catalogue.DECEASED)} {person.key}</p>"
    since = ""
    if scene.chain is not None:
        since = f"<p>{catalogue.CHAIN_SINCE.da} <b>{times.moment_text(scene.chain.start)}</b></p>"
    told = f"<p><b>{title}</b></p>{died}{since}{standing}{both(catalogue.ASSEMBLED)}"
    return f'{{"status":"generated","div":"{DIV}{told}</div>"}}'
