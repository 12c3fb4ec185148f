"""The citizen, and those close to her."""

from app.summary import catalogue, elements, times
from app.summary.catalogue import RELATIONSHIPS
from app.summary.distil.common import make
from app.summary.elements import JSON, extension, node, nodes, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import Kind, Line, Mark
from consent.vocabulary import Category
from schemas.terminology import systems


def relationship(concepts: object) -> str:
    """Write a relationship in Danish where the code has a word."""
    known = [RELATIONSHIPS[code] for _, code, _ in elements.codings(concepts) if code in RELATIONSHIPS]
    return joined(*dict.fromkeys(known)) or safe(elements.words(concepts))


def _phones(points: object) -> str:
    return joined(
        *(safe(string(each.get("value"))) for each in nodes(points) if each.get("system") in ("phone", "sms"))
    )


def patient(resource: JSON, _category: Category) -> Line | None:
    """Distil a Patient: interpreter in `html`, own contacts in `detail`, death in `stop`."""
    required = extension(resource, systems.INTERPRETER_EXTENSION).get("valueBoolean")
    speaks = [
        safe(elements.words(each.get("language")))
        for each in sorted(nodes(resource.get("communication")), key=lambda each: each.get("preferred") is not True)
    ]
    wish = ""
    if required is True:
        wish = f"<b>{catalogue.INTERPRETER_NEEDED.da}</b>"
    elif required is False:
        wish = catalogue.INTERPRETER_NOT_NEEDED.da
    contacts = [
        joined(
            bold(elements.person_name(each.get("name"))),
            relationship(each.get("relationship")),
            labelled(catalogue.PHONE.da, _phones(each.get("telecom"))),
        )
        for each in nodes(resource.get("contact"))
    ]
    died = times.span(resource.get("deceasedDateTime"))
    dead = died is not None or resource.get("deceasedBoolean") is True
    marks = Mark.INACTIVE if dead else 0
    if elements.code_in(node(resource.get("meta")).get("security"), systems.ACT_REASON) == "HTEST":
        marks |= Mark.TEST_DATA
    html = joined(wish, labelled(catalogue.SPEAKS.da, joined(*speaks)))
    return make(
        Kind.PERSON,
        resource,
        html or " ",
        marks=marks,
        stop=died[0] if died else None,
        key=times.text_of(resource.get("deceasedDateTime")),
        detail="<br/>".join(filter(None, contacts)),
    )


def relative(resource: JSON, _category: Category) -> Line | None:
    """Distil a RelatedPerson (Danish: pårørende), and whether she was told."""
    if resource.get("active") is False:
        return None
    _, stop = elements.period(resource.get("period"))
    told = extension(resource, systems.INFORMED_EXTENSION)
    when = told.get("valueDateTime") or told.get("valueDate")
    at = times.span(when)
    marks = 0
    if at or told.get("valueBoolean") is True:
        marks |= Mark.INFORMED
    elif told.get("valueBoolean") is False:
        marks |= Mark.NOT_INFORMED
    html = joined(
        bold(elements.person_name(resource.get("name"))),
        relationship(resource.get("relationship")),
        labelled(catalogue.PHONE.da, _phones(resource.get("telecom"))),
    )
    return make(
        Kind.RELATIVE,
        resource,
        html,
        "period.start",
        marks=marks,
        moment=at[0] if at else None,
        stop=stop,
        key=times.text_of(when),
        name=elements.person_name(resource.get("name")),
    )
