"""The engine's scope of a block -> the FHIR R4 Consent that says so; what `directives` reads, this writes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.translate.labels import label_coding
from app.translate.times import text_of
from consent.vocabulary import Category, Effect, Function, Label, Purpose, Regime, Sector
from schemas.terminology import systems

JSON = dict[str, Any]

_LOINC_PRIVACY_CONSENT: Final = "59284-0"
_RECIPIENT: Final = {"coding": [{"system": systems.PARTICIPATION, "code": "IRCP"}]}


def consent_of(
    *,
    patient: str,
    at_us: int,
    provision: JSON,
    performer: str = "",
    organization: str = "",
    status: str = "active",
    words: str = "",
) -> JSON:
    """Return a Consent by the citizen around one provision (see `provision_of`), of our block profile.

    `patient`, `performer` and `organization` are references ('Patient/id'); without a performer the citizen is it.
    `words` is what the citizen said, kept as plain text.
    """
    consent: JSON = {
        "resourceType": "Consent",
        "meta": {"profile": [systems.BLOCK_PROFILE]},
        "status": status,
        "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": systems.LOINC, "code": _LOINC_PRIVACY_CONSENT}]}],
        "patient": {"reference": patient},
        "dateTime": text_of(at_us),
        "performer": [{"reference": performer or patient}],
        "policy": [{"uri": systems.DEFAULT_POLICY}],
        "provision": provision,
    }
    if organization:
        consent["organization"] = [{"reference": organization}]
    if words:
        consent["sourceAttachment"] = {"contentType": "text/plain", "title": words[:400]}
    return consent


def provision_of(
    effect: Effect,
    *,
    start_us: int | None = None,
    stop_us: int | None = None,
    actors: Sequence[str] = (),
    sectors: Sequence[Sector] = (),
    functions: Sequence[Function] = (),
    actors_with_subunits: bool = True,
    purposes: Sequence[Purpose] = (),
    categories: Sequence[Category] = (),
    labels: Sequence[Label] = (),
    regimes: Sequence[Regime] = (),
    data_start_us: int | None = None,
    data_stop_us: int | None = None,
    authored_by: Sequence[str] = (),
    authors_with_subunits: bool = True,
    authored_in: Sequence[Sector] = (),
    instances: Sequence[str] = (),
    nested: Sequence[JSON] = (),
) -> JSON:
    """Return one provision; every list is OR inside and AND with the others, an empty one is no constraint.

    `actors`, `authored_by` and `instances` are references ('Practitioner/id', 'Organization/id', 'Observation/id');
    `sectors` are those of readers, `authored_in` those of records.
    """
    extensions = [
        *({"url": systems.FUNCTION_EXTENSION, "valueCode": function.value} for function in functions),
        *({"url": systems.REGIME_EXTENSION, "valueCode": regime.value} for regime in regimes),
    ]
    data = [
        *(_data("authoredby", reference, with_subunits=authors_with_subunits) for reference in authored_by),
        *({"meaning": "authoredby", "reference": sector_reference(sector)} for sector in authored_in),
        *(_data("instance", reference, with_subunits=True) for reference in instances),
    ]
    elements: Mapping[str, Any] = {
        "extension": extensions,
        "type": effect.value,
        "period": _period(start_us, stop_us),
        "actor": [
            *(
                {**_subunits(actors_with_subunits), "role": _RECIPIENT, "reference": {"reference": reference}}
                for reference in actors
            ),
            *(
                {**_subunits(actors_with_subunits), "role": _RECIPIENT, "reference": sector_reference(sector)}
                for sector in sectors
            ),
        ],
        "securityLabel": [label_coding(label) for label in labels],
        "purpose": [{"system": systems.ACT_REASON, "code": purpose.value} for purpose in purposes],
        "code": [{"coding": [{"system": systems.CATEGORY, "code": category.value}]} for category in categories],
        "dataPeriod": _period(data_start_us, data_stop_us),
        "data": data,
        "provision": list(nested),
    }
    return {name: value for name, value in elements.items() if value}


def sector_reference(sector: Sector) -> JSON:
    """Return how a consent names everybody in a sector: a group that nobody keeps a list of."""
    return {"type": "Group", "identifier": {"system": systems.SECTOR, "value": sector.value}}


def _data(meaning: str, reference: str, *, with_subunits: bool) -> JSON:
    return {**_subunits(with_subunits), "meaning": meaning, "reference": {"reference": reference}}


def _subunits(with_subunits: bool) -> JSON:  # noqa: FBT001 - the claim is the argument
    return {} if with_subunits else {"extension": [{"url": systems.SUBUNITS_EXTENSION, "valueBoolean": False}]}


def _period(start_us: int | None, stop_us: int | None) -> JSON:
    stated = {"start": start_us, "end": stop_us}
    return {end: text_of(us) for end, us in stated.items() if us is not None}
