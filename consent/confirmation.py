"""Whether somebody else than the unit itself has confirmed what was declared (Danish: efterfølgende dokumentation)."""

from collections.abc import Iterable

from consent.model import Declaration, Organisations, Relation
from consent.policy import ACCEPTED_EVIDENCE, RELATIONS
from consent.vocabulary import Evidence, Function


def confirms(
    relations: Iterable[Relation], declaration: Declaration, *, function: Function, organisations: Organisations
) -> bool:
    """Tell whether an independent source knows a relation of the declarer's unit at some time of the declaration.

    The relation must be of a kind by which `function` treats; what the unit wrote about itself confirms nothing. The
    source may tell it later: rule L1-TN asks the same of the present.
    """
    unit = declaration.organisation
    return any(
        relation.kind in RELATIONS.get(function, ())
        and relation.evidence is not Evidence.SELF_ASSERTED
        and relation.evidence in ACCEPTED_EVIDENCE[relation.kind]
        and relation.period.overlaps(declaration.period)
        and (
            organisations.is_within(unit, relation.organisation) or organisations.is_within(relation.organisation, unit)
        )
        for relation in relations
    )
