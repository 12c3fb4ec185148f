"""What `Patient/$disclose` is asked, read with every fault named; described in docs/connect.md."""

from collections.abc import Mapping
from typing import Any

from app.errors import InvalidContentError
from app.fhir.parameters import Input
from app.fhir.reading import PERSONS, PLACES, Reading
from app.sharing import Asked
from app.sharing.disclosing import MOST_RECORDS
from consent.model import OrganisationKey, PersonKey
from consent.policy import CITIZENS, READS
from consent.vocabulary import Category, Function
from schemas.homes import HOME_OF

IN_A_BODY = frozenset({"identifier", "function", "organisation", "person", "relative", "record", "category"})
SEVERAL = frozenset({"record", "category"})
_KINDS = {category.value: category for category in Category}


def asked_of(given: Input) -> Asked:
    """Return what is to be disclosed to whom.

    Raises:
        InvalidContentError: one or several parameters cannot be read.
    """
    reading = Reading(given)
    identifier, relative = given.identifier(), given.identifier("relative")
    function = reading.word("function", Function)
    organisation, person = reading.named("organisation", PLACES), reading.named("person", PERSONS)
    if identifier is None:
        reading.fault("identifier", "required", "name the citizen")
    if relative is None and (function is None or organisation is None):
        reading.fault("function", "required", "name the recipient: `function` and `organisation`, or a `relative`")
    if relative is not None and (function or organisation or person):
        reading.fault("relative", "invalid", "the recipient is a relative or staff, not both")
    if function is not None and not (READS[function] and function not in CITIZENS):
        reading.fault("function", "value", "nothing is disclosed to this function")
    records = tuple(_record(value, reading) for value in given.values.get("record", ()))
    stated = [_category(value, reading) for value in given.values.get("category", ())]
    categories = frozenset(category for category in stated if category is not None)
    if bool(records) == bool(stated):
        reading.fault("record", "required", "say what: `record`s, or kinds of information by `category`")
    if len(records) > MOST_RECORDS:
        reading.fault("record", "too-costly", f"at most {MOST_RECORDS} records at once")
    if reading.faults or identifier is None:
        raise InvalidContentError(reading.faults[0].text, faults=tuple(reading.faults))
    return Asked(
        identifier=identifier,
        function=function,
        organisation=None if organisation is None else OrganisationKey(organisation),
        person=None if person is None else PersonKey(person),
        relative=relative,
        records=records,
        categories=categories,
    )


def _record(value: Any, reading: Reading) -> str:
    reference = value.get("reference") if isinstance(value, Mapping) else value
    parts = reference.split("/") if isinstance(reference, str) else []
    if len(parts) < 2 or parts[-2] not in HOME_OF:  # noqa: PLR2004  # Type/id, or the end of an address
        reading.fault("record", "value", "a record is named as Type/id")
        return ""
    return "/".join(parts[-2:])


def _category(value: Any, reading: Reading) -> Category | None:
    code = value.get("code") if isinstance(value, Mapping) else value
    if not isinstance(code, str) or code not in _KINDS:
        reading.fault("category", "code-invalid", "a kind of information is a code of its list")
        return None
    return _KINDS[code]
