"""What a permit covers. `may_disclose` is the definition; everything else must agree with it.

`residual` is its partial evaluation: signature known, instance and clinical period still open. The store turns it into
SQL, `disclose` evaluates it once a signature.
"""

from collections.abc import Iterable
from typing import TypeVar

from consent.condition import ALWAYS, NEVER, Always, Among, Condition, During, Never, conjunction, holds, negation
from consent.model import CitizenKey, DataScope, Grant, Item, Organisations, Part, Permit, Signature, Withheld
from consent.vocabulary import Label

Payload = TypeVar("Payload")

_NORMAL_ONLY = Label.NORMAL_ONLY  # to ask an enum for a member runs Python, here a hundred times for every decision


def may_disclose(permit: Permit, item: Item) -> bool:
    """Tell whether the permit covers the record: a grant opens it and nothing withholds it."""
    tree = permit.organisations
    return (
        item.citizen == permit.request.citizen
        and any(opens(grant, item.signature, tree) for grant in permit.grants)
        and not any(belongs(withheld, item, tree) for withheld in permit.withheld)
    )


def disclose(permit: Permit, items: Iterable[tuple[Item, Payload]]) -> list[Payload]:
    """Return the payloads of those items that `may_disclose` accepts, in their order."""
    citizen = permit.request.citizen
    # The signature is kept beside its answer: an id may be used again once its object is gone.
    by_id: dict[int, tuple[Signature, Condition]] = {}
    by_value: dict[Signature, Condition] = {}
    disclosed: list[Payload] = []
    for item, payload in items:
        signature = item.signature
        known = by_id.get(id(signature))
        if known is None:
            condition = by_value.get(signature)
            if condition is None:
                condition = by_value[signature] = residual(permit, signature)
            by_id[id(signature)] = (signature, condition)
        else:
            condition = known[1]
        if condition is NEVER or item.citizen != citizen:
            continue
        if condition is ALWAYS or holds(condition, instance=item.instance, period=item.period):
            disclosed.append(payload)
    return disclosed


def covers(permit: Permit, citizen: CitizenKey, signature: Signature) -> bool:
    """Tell whether `may_disclose` accepts every record of the citizen under the signature, whatever else it is."""
    return citizen == permit.request.citizen and residual(permit, signature) is ALWAYS


def residual(permit: Permit, signature: Signature) -> Condition:
    """Return what is left to ask about a record of this signature; `ALWAYS` and `NEVER` are those very objects.

    INVARIANT: for every item of the permit's citizen, `holds(residual(permit, item.signature), ...)` equals
    `may_disclose(permit, item)`.
    """
    known = permit.judged.get(id(signature))
    if known is not None and known[0] is signature:
        return known[1]
    condition = _judged(permit, signature)
    permit.judged[id(signature)] = (signature, condition)  # keeps the signature, so that its identity stays its own
    return condition


def _judged(permit: Permit, signature: Signature) -> Condition:
    tree = permit.organisations
    for grant in permit.grants:
        if opens(grant, signature, tree):
            break
    else:
        return NEVER
    closed = [part for withheld in permit.withheld if (part := _membership(withheld, signature, tree)) is not NEVER]
    return conjunction([negation(part) for part in closed]) if closed else ALWAYS


def opens(grant: Grant, signature: Signature, tree: Organisations) -> bool:
    """Tell whether the grant opens records of this signature."""
    return (
        signature.category in grant.categories
        and signature.regime in grant.regimes
        and grant.never.isdisjoint(signature.labels)
        and (grant.controllers is None or not grant.controllers.isdisjoint(tree.path(signature.controller)))
    )


def belongs(part: Part | Withheld, item: Item, tree: Organisations) -> bool:
    """Tell whether the record is among those that the part is about."""
    data = part.data
    return (
        _speaks_of(data, item.signature, tree)
        and (data.period is None or data.period.overlaps(item.period))
        and (data.instances is None or item.instance in data.instances)
        and not any(belongs(exception, item, tree) for exception in part.exceptions)
    )


def _membership(part: Part | Withheld, signature: Signature, tree: Organisations) -> Condition:
    data = part.data
    if not _speaks_of(data, signature, tree):
        return NEVER
    return conjunction(
        (
            ALWAYS if data.period is None else During(data.period),
            ALWAYS if data.instances is None else Among(data.instances),
            *(negation(_membership(exception, signature, tree)) for exception in part.exceptions),
        )
    )


def _speaks_of(data: DataScope, signature: Signature, tree: Organisations) -> bool:
    """Tell whether everything in the scope that a signature can answer matches it."""
    return (
        (data.categories is None or signature.category in data.categories)
        and (data.labels is None or _bears(data.labels, signature.labels))
        and (data.sectors is None or tree.sector_of(signature.controller) in data.sectors)
        and (data.origins is None or _comes_from(data, signature, tree))
        and (data.authors is None or signature.author in data.authors)
        and (data.regimes is None or signature.regime in data.regimes)
    )


def _bears(wanted: frozenset[Label], labels: frozenset[Label]) -> bool:
    return not wanted.isdisjoint(labels) or (not labels and _NORMAL_ONLY in wanted)


def _comes_from(data: DataScope, signature: Signature, tree: Organisations) -> bool:
    origins = data.origins or frozenset()
    if not data.with_subunits:
        return signature.controller in origins or signature.origin in origins
    return not (origins.isdisjoint(tree.path(signature.controller)) and origins.isdisjoint(tree.path(signature.origin)))


__all__ = ["Always", "Condition", "Never", "belongs", "covers", "disclose", "may_disclose", "opens", "residual"]
