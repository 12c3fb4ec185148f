"""What a professional who writes a block down must keep with it: that the citizen said it, and how that is known."""

from collections.abc import Mapping
from typing import Any, Final

from app.translate.elements import objects, text
from app.translate.homes import is_patient_reference
from schemas.fault import Fault


def unkept_word(resource: Mapping[str, Any]) -> list[Fault]:
    """Return what a Consent on the citizen's word lacks: whose word it is, and evidence. Total on any JSON object."""
    faults: list[Fault] = []
    spoken = [value for value in objects(resource.get("performer")) if _speaks_for_the_citizen(value)]
    if not spoken or len(spoken) != len(objects(resource.get("performer"))):
        words = "the performer is the citizen, or who acts for the citizen: whoever said it, not who writes it down"
        faults.append(Fault("Consent.performer", "required", words))
    asked = any(
        one.get("verified") is True and text(one.get("verificationDate"))
        for one in objects(resource.get("verification"))
    )
    if not asked and not any(resource.get(element) for element in _SOURCES):
        words = "a word that was written down has evidence: verification with a date, or its source"
        faults.append(Fault("Consent.verification", "required", words))
    return faults


def _speaks_for_the_citizen(reference: Mapping[str, Any]) -> bool:
    address = text(reference.get("reference"))
    if is_patient_reference(reference) or "RelatedPerson" in {reference.get("type"), *address.split("/")[-2:-1]}:
        return True
    return address.startswith("#")


_SOURCES: Final = ("sourceAttachment", "sourceReference")
