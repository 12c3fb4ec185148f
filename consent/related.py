"""Directives about one record and what belongs to it: marked when they are read, spelt out before they are judged.

The engine knows records, not what points to what: whoever gives it the facts replaces every mark by the records that it
stands for at that moment. INVARIANT: a directive with a mark left in it is never judged (see `consent.directives`).

Source: meanings of data in consents, https://hl7.org/fhir/R4/valueset-consent-data-meaning.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from consent.model import DataScope, Directive, Provision

RELATED = "related:"
"""Before 'Type/id' in a scope: that record and all that refer to it."""

DEPENDENTS = "dependents:"
"""Before 'Type/id' in a scope: that record and all that it refers to."""

_MARKS = (RELATED, DEPENDENTS)


def marks_in(directive: Directive) -> frozenset[str]:
    """Return every mark in a directive."""
    scopes = [provision.data.instances for provision in _provisions(directive.root)]
    return frozenset(
        instance for scope in scopes if scope is not None for instance in scope if instance.startswith(_MARKS)
    )


def is_marked(data: DataScope) -> bool:
    """Tell whether a scope still stands for records that nobody has looked up."""
    return data.instances is not None and any(instance.startswith(_MARKS) for instance in data.instances)


def with_records(directive: Directive, records: Mapping[str, frozenset[str]]) -> Directive:
    """Return the directive with every mark replaced by the records ('Type/id') that it stands for.

    `records` has an entry for each of `marks_in`.

    Raises:
        ValueError: an entry is missing: a denial of unknown extent must not be judged.
    """
    if marks_in(directive) - records.keys():
        raise ValueError("it is not known what belongs to a record of the directive")
    return replace(directive, root=_with_records(directive.root, records))


def _with_records(provision: Provision, records: Mapping[str, frozenset[str]]) -> Provision:
    data = provision.data
    if data.instances is not None:
        found = frozenset[str]().union(*(records.get(one, frozenset({one})) for one in data.instances))
        data = replace(data, instances=found)
    return replace(
        provision, data=data, exceptions=tuple(_with_records(nested, records) for nested in provision.exceptions)
    )


def _provisions(provision: Provision) -> Iterator[Provision]:
    yield provision
    for nested in provision.exceptions:
        yield from _provisions(nested)
