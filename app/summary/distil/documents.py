"""Documents: letters, plans, wills, reports."""

from app.summary import elements, times
from app.summary.distil.common import author, called, make, word
from app.summary.distil.measures import note
from app.summary.distil.problems import GONE, encounter_of
from app.summary.elements import JSON, node, nodes, string
from app.summary.markup import bold, joined, safe
from app.summary.model import Kind, Line
from consent.vocabulary import Category

_KINDS = {
    Category.PLAN: Kind.PLAN,
    Category.TREATMENT_LIMIT: Kind.LIMIT,
    Category.LAB_RESULT: Kind.REPORT,
    Category.STATUS_NOTE: Kind.STATUS_NOTE,
}


def document(resource: JSON, category: Category) -> Line | None:
    """Distil a DocumentReference or Composition; a superseded one is not shown."""
    state = string(resource.get("status"))
    if state in GONE or state == "superseded" or resource.get("docStatus") in GONE:
        return None
    title = next(
        (
            found
            for each in nodes(resource.get("content"))
            if (found := string(node(each.get("attachment")).get("title")))
        ),
        "",
    )
    context = node(resource.get("context"))
    window = node(context.get("period"))
    html = joined(
        called(resource.get("type")),
        bold(string(resource.get("title"))) or safe(string(resource.get("description")) or title),
        f"{times.text_of(window.get('start'))}\N{EN DASH}{times.text_of(window.get('end'))}" if window else "",
        word(string(resource.get("docStatus"))),
        author(resource, "author", "custodian"),
    )
    kind = _KINDS.get(category, Kind.LETTER)
    discharge = any(
        code in ("18842-5", "discharge-letter", "discharge-plan")
        for _, code, _ in elements.codings(resource.get("type"))
    )
    return make(
        kind,
        resource,
        html,
        "date",
        links=encounter_of(context) if kind == Kind.LIMIT else (),
        topic="discharge" if discharge else "",
    )


def document_bundle(resource: JSON, category: Category) -> Line | None:
    """Distil a document Bundle by its Composition."""
    first = next(iter(nodes(resource.get("entry"))), {})
    composition = node(first.get("resource"))
    if resource.get("type") != "document" or composition.get("resourceType") != "Composition":
        return None
    return document(composition, category)


def message(resource: JSON, category: Category) -> Line | None:
    """Distil a Communication: a status note, or a letter."""
    if category is Category.STATUS_NOTE:
        return note(resource, category)
    if string(resource.get("status")) in GONE or category is not Category.LETTER:
        return None
    texts = [safe(string(part.get("contentString"))) for part in nodes(resource.get("payload"))]
    html = joined(
        joined(*(called(each) for each in nodes(resource.get("category")))),
        safe(elements.words(resource.get("topic"))),
        joined(*texts, by="<br/>"),
        author(resource, "sender"),
    )
    return make(Kind.LETTER, resource, html, "sent", "received", marks=0)


def bare(resource: JSON, _category: Category) -> Line | None:
    """Distil a resource that only supports others: no row of its own."""
    return make(Kind.SUPPORT, resource, bold(elements.words(resource.get("type") or resource.get("code"))))
