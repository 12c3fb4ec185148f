"""Section and document texts: XHTML put together from fragments that are already safe."""

from functools import lru_cache
from typing import Final

import msgspec

from app.summary import catalogue, times
from app.summary.model import Mark
from app.summary.scene import Block, Row, Scene, Section, both, mark
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


@lru_cache(maxsize=128)
def _opening(da: str, en: str, system: str, code: str, display: str) -> str:
    title, translated, shown = (_json(text).decode() for text in (da, en, display))
    return (
        f'{{"title":{title},"_title":{{"extension":[{{"extension":[{{"url":"lang","valueCode":"en"}},'
        f'{{"url":"content","valueString":{translated}}}],"url":"{systems.TRANSLATION_EXTENSION}"}}]}},'
        f'"code":{{"coding":[{{"system":"{system}","code":"{code}","display":{shown}}}]}},'
        f'"text":{{"status":"generated","div":"{DIV}'
    )


def _origin(rows: list[Row]) -> str:
    """Write as-of and sources of a whole section."""
    newest = max(rows, key=lambda row: row.line.as_of, default=None)
    if newest is None:
        return ""
    names = sorted({row.source for row in rows})
    label = catalogue.SOURCE if len(names) == 1 else catalogue.SOURCES
    told = f"{catalogue.AS_OF.da} {newest.line.as_of_text}" if newest.line.as_of_text else catalogue.AS_OF_UNKNOWN.da
    return f"<p><small>{told} · {label.da}: {', '.join(names)}</small></p>"


def section(section: Section, block: Block, references: list[str], standing: str) -> str:
    """Write one Composition.section as JSON text."""
    told = block.parts or [both(catalogue.UNAVAILABLE)]
    text = (
        _opening(section.title.da, section.title.en, section.system, section.code, section.display)
        + _origin(block.rows)
        + "".join(told)
        + (standing if section.notice else "")
        + '</div>"}'
    )
    if references:
        return f'{text},"entry":[{",".join(references)}]}}'
    return f"{text}}}" if block.parts else f"{text},{EMPTY_REASON}}}"


def document(scene: Scene, person: Row | None, title: str, standing: str) -> str:
    """Write Composition.text: title, death, the standing notice, and that no person has reviewed it."""
    died = ""
    if person is not None and person.has(Mark.INACTIVE):
        died = f"<p>{mark(catalogue.DECEASED)} {person.line.key}</p>"
    since = ""
    if scene.chain is not None:
        since = f"<p>{catalogue.CHAIN_SINCE.da} <b>{times.moment_text(scene.chain.start)}</b></p>"
    told = f"<p><b>{title}</b></p>{died}{since}{standing}{both(catalogue.ASSEMBLED)}"
    return f'{{"status":"generated","div":"{DIV}{told}</div>"}}'
