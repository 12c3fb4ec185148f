"""Under whom a resource lives, and which other citizens it names: the table is `schemas.homes`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from app.translate.elements import JSON, OBJECT, contained, every_object, objects, text, type_of, values, walk
from schemas.fault import Fault
from schemas.homes import HOME_OF, HomeRow
from schemas.terminology.identifiers import CitizenNumber, citizen_number, is_citizen_system


@dataclass(frozen=True, slots=True)
class Citizen:
    """Lives under one citizen, named by reference, by numbers, or both; when both, they must be the same person.

    `reference` is as it stands ('Patient/id', a URL, 'urn:uuid:…'); '' when only numbers name the citizen, and on a
    Patient itself.
    """

    reference: str = ""
    numbers: tuple[CitizenNumber, ...] = ()
    other_identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # local numbers: system, value


@dataclass(frozen=True, slots=True)
class Directory:
    """Lives under no citizen."""


@dataclass(frozen=True, slots=True)
class Inherits:
    """Lives where what points to it lives, or what it points to; `points_to` are references as they stand."""

    points_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Homeless:
    """Has no place: refused with these faults."""

    faults: tuple[Fault, ...]


HomeRef = Citizen | Directory | Inherits | Homeless


@dataclass(frozen=True, slots=True)
class OtherCitizens:
    """Citizens that a resource names beside its own: `allowed` by the table, and faults for the rest."""

    allowed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


_NO_OTHERS: Final = OtherCitizens()


def home_of(resource: Mapping[str, Any]) -> HomeRef:
    """Return where a resource lives by the table of homes; total on any JSON object."""
    row = HOME_OF.get(type_of(resource))
    if row is None:
        return Homeless((Fault("resourceType", "not-supported", "this type of resource is not kept here"),))
    stated = values(resource, row.element) if row.element else []
    match row.home:
        case "directory":
            home: HomeRef = Directory()
        case "inherited":
            home = Inherits(tuple(_reference_texts(stated)))
        case "either":
            home = _named(resource, row, stated) if stated else Directory()
        case "citizen":
            home = _CITIZEN_HOMES.get(row.type, _named)(resource, row, stated)
    return home


def other_citizens(
    resource: Mapping[str, Any], *, own: Iterable[str] = (), naming: Iterable[JSON] | None = None
) -> OtherCitizens:
    """Return the citizens that a resource names outside its home element.

    A second mention of its own citizen, word for word or by the same number, is no other citizen; `own` adds names that
    the caller knows ('Patient/id', 'system|value'), without which a resource with an inherited home names none.
    References of the form 'urn:uuid:…' cannot be judged: resolve them first. `naming` are the objects that may name a
    citizen, where a survey has found them.
    """
    names = _own_names(resource).union(own)
    if all(_is_own(item, names) for item in (every_object(resource) if naming is None else naming)):
        return _NO_OTHERS
    kind = type_of(resource)
    row = HOME_OF.get(kind)
    permitted = row.others if row is not None else ()
    allowed: dict[str, None] = {}
    faults: list[Fault] = []
    for place in walk(resource):
        if _is_own(place.value, names):
            continue
        if place.element() in permitted:
            allowed[_name_of(place.value)] = None
        else:
            faults.append(Fault(place.path(kind), "business-rule", "another citizen may not be named here"))
    return OtherCitizens(tuple(allowed), tuple(faults))


def is_patient_reference(reference: object) -> bool:
    """Tell whether a Reference points to a Patient, by its address, its stated type or a citizen's number."""
    if not isinstance(reference, OBJECT):
        return False
    for identifier in objects(reference.get("identifier")):
        if is_citizen_system(identifier.get("system")):
            return True
    kind = _type_in(text(reference.get("reference")))
    return kind == "Patient" if kind else reference.get("type") == "Patient"


def _self(resource: Mapping[str, Any], _: HomeRow, __: list[Any]) -> HomeRef:
    numbers, others, faults = _numbers(resource, "Patient")
    if faults:
        return Homeless(tuple(faults))
    if not numbers and not others:
        return Homeless((Fault("Patient.identifier", "required", "a patient needs an identifier"),))
    return Citizen("", numbers, others)


def _document(resource: Mapping[str, Any], _: HomeRow, __: list[Any]) -> HomeRef:
    entries = objects(resource.get("entry"))
    first = entries[0].get("resource") if entries else None
    if resource.get("type") != "document" or not isinstance(first, dict) or type_of(first) != "Composition":
        return Homeless((Fault("Bundle.type", "not-supported", "only documents are kept as a Bundle"),))
    subjects = values(first, "subject")
    path = "Bundle.entry[0].resource.subject"
    if len(subjects) != 1 or not isinstance(subjects[0], dict):
        return Homeless((Fault(path, "required", "a document needs a patient as subject"),))
    address = text(subjects[0].get("reference"))
    base = text(entries[0].get("fullUrl")).rpartition("/Composition/")[0]
    for index, entry in enumerate(entries):
        held = entry.get("resource")
        if not isinstance(held, dict) or type_of(held) != "Patient":
            continue
        if address and address in {*_addresses(held, entry), *(_addresses(held, entry, base=base))}:
            numbers, others, faults = _numbers(held, f"Bundle.entry[{index}].resource")
            if not faults and not numbers and not others:
                faults.append(Fault(f"Bundle.entry[{index}].resource.identifier", "required", "the patient needs one"))
            return Homeless(tuple(faults)) if faults else Citizen("", numbers, others)
    return _one_citizen(first, path, subjects)


def _named(resource: Mapping[str, Any], row: HomeRow, stated: list[Any]) -> HomeRef:
    path = f"{row.type}.{row.element}"
    if row.type in {"Appointment", "AuditEvent"}:  # the element lists everybody who takes part
        stated = [value for value in stated if is_patient_reference(value) or _contains_patient(resource, value)]
    return _one_citizen(resource, path, stated)


def _one_citizen(resource: Mapping[str, Any], path: str, stated: list[Any]) -> HomeRef:
    if not stated:
        return Homeless((Fault(path, "required", "the citizen must be named here"),))
    if len(stated) == 1:
        return _citizen(resource, path, stated[0])
    homes: dict[Citizen, None] = {}
    for value in stated:
        home = _citizen(resource, path, value)
        if isinstance(home, Homeless):
            return home
        homes[home] = None
    if len(homes) > 1:
        return Homeless((Fault(path, "business-rule", "only one citizen may be named here"),))
    return next(iter(homes))


def _citizen(resource: Mapping[str, Any], path: str, value: object) -> Citizen | Homeless:
    """Return the citizen whom one Reference names."""
    if not isinstance(value, OBJECT):
        return Homeless((Fault(path, "required", "the citizen must be named here"),))
    address = text(value.get("reference"))
    inner = contained(resource).get(address) if address.startswith("#") else None
    kind = type_of(inner) if inner is not None else "#" if address.startswith("#") else _type_in(address)
    if (kind and kind != "Patient") or value.get("type", "Patient") != "Patient":
        return Homeless((Fault(path, "business-rule", "the reference must be to a patient"),))
    numbers, others, faults = _numbers(_identified_by(value, address, inner), path)
    named = Citizen("" if inner is not None or "?" in address else address, numbers, others)
    if not faults and named == Citizen():
        faults.append(Fault(path, "required", "the citizen must be named by reference or number"))
    return Homeless(tuple(faults)) if faults else named


def _identified_by(value: Mapping[str, Any], address: str, inner: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what holds the identifiers of a reference: a contained patient, a conditional address, the reference."""
    if inner is not None:
        return inner
    if "?" not in address:
        return value
    asked = parse_qsl(address.partition("?")[2], keep_blank_values=True, max_num_fields=8)
    stated = [token.rpartition("|") for name, token in asked if name == "identifier"]
    return {"identifier": [{"system": system, "value": number} for system, _, number in stated]}


def _numbers(
    holder: Mapping[str, Any], path: str
) -> tuple[tuple[CitizenNumber, ...], tuple[tuple[str, str], ...], list[Fault]]:
    if "identifier" not in holder:
        return (), (), []
    numbers: dict[CitizenNumber, None] = {}
    others: dict[tuple[str, str], None] = {}
    faults: list[Fault] = []
    for index, identifier in enumerate(objects(holder.get("identifier"))):
        system, value = text(identifier.get("system")), text(identifier.get("value"))
        if is_citizen_system(system):
            number = citizen_number(system, value)
            if number is None:
                faults.append(Fault(f"{path}.identifier[{index}].value", "value", "the number has not its form"))
            elif identifier.get("use") != "old":
                numbers[number] = None
        elif system and value:
            others[system, value] = None
    if len([number for number in numbers if number.is_permanent]) > 1:
        faults.append(Fault(f"{path}.identifier", "business-rule", "a citizen has one number in use at a time"))
    return tuple(numbers), tuple(others), faults


def _own_names(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return every way in which the resource names its own citizen."""
    home = home_of(resource)
    names: set[str] = set()
    if isinstance(home, Inherits):
        names.update(name for name in home.points_to if _type_in(name) == "Patient")
    if isinstance(home, Citizen):
        names.update({home.reference} if home.reference else ())
        names.update(map(_number_name, home.numbers), map("|".join, home.other_identifiers))
    if "contained" not in resource and "entry" not in resource and type_of(resource) != "Patient":
        return frozenset(names)
    for inner, entry in _inner_resources(resource):
        if type_of(inner) != "Patient":
            continue
        numbers, others, _ = _numbers(inner, "")
        mine = {*map(_number_name, numbers), *map("|".join, others)}
        if mine & names or names & set(_addresses(inner, entry)):
            names |= mine | set(_addresses(inner, entry))
    return frozenset(names)


def _inner_resources(resource: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the resource, its contained resources and its entries, each with its entry (or nothing)."""
    yield resource, {}
    for inner in objects(resource.get("contained")):
        yield inner, {"contained": True}
    for entry in objects(resource.get("entry")):
        held = entry.get("resource")
        if isinstance(held, dict):
            yield held, entry


def _addresses(inner: Mapping[str, Any], entry: Mapping[str, Any], *, base: str = "") -> tuple[str, ...]:
    """Return the references by which a resource within another is known there."""
    own = text(inner.get("id"))
    full = text(entry.get("fullUrl"))
    relative = f"{type_of(inner)}/{own}" if own else ""
    inside = f"#{own}" if own and entry.get("contained") else ""
    return tuple(name for name in (full, relative, inside, f"{base}/{relative}" if base and own else "") if name)


def _is_own(item: Mapping[str, Any], own: frozenset[str]) -> bool:
    """Tell whether an object names no citizen, or the resource's own."""
    if item.get("resourceType") == "Patient":
        numbers, others, _ = _numbers(item, "")
        stated = {*map(_number_name, numbers), *map("|".join, others)}
        return not stated or bool(stated & own)
    if "resourceType" in item or ("reference" not in item and "identifier" not in item):
        return True
    address = text(item.get("reference"))
    if address in own and "identifier" not in item and "/_history/" not in address:
        return True
    if not is_patient_reference(item):
        return True
    numbers = _numbers(item, "")[0]
    stated_numbers = set(map(_number_name, numbers))
    if address:
        disagrees = bool(stated_numbers) and any("|" in name for name in own) and not stated_numbers & own
        return _current(address) in own and not disagrees
    return _name_of(item) in own


def _name_of(reference: Mapping[str, Any]) -> str:
    address = text(reference.get("reference"))
    if address:
        return _current(address)
    for identifier in objects(reference.get("identifier")):
        number = citizen_number(identifier.get("system"), identifier.get("value"))
        if number is not None:
            return _number_name(number)
        return f"{text(identifier.get('system'))}|{text(identifier.get('value'))}"
    return ""


def _current(address: str) -> str:
    """Return the address of a resource without the version that it may name."""
    return address.partition("/_history/")[0]


def _number_name(number: CitizenNumber) -> str:
    return f"{number.system}|{number.value}"


def _contains_patient(resource: Mapping[str, Any], value: object) -> bool:
    address = text(value.get("reference")) if isinstance(value, Mapping) else ""
    inner = contained(resource).get(address)
    return inner is not None and type_of(inner) == "Patient"


def _type_in(address: str) -> str:
    """Return the resource type that an address names, or '' (urn:uuid:…, '#id', nothing)."""
    if not address or address.startswith(("urn:", "#")):
        return ""
    path, conditional, _ = _current(address).partition("?")
    parts = path.split("/")
    if conditional:
        return parts[-1]
    return parts[-2] if len(parts) > 1 else ""


def _reference_texts(stated: list[Any]) -> Iterator[str]:
    for value in stated:
        if isinstance(value, dict) and (address := text(value.get("reference"))):
            yield address


_CITIZEN_HOMES: Final[dict[str, Callable[[Mapping[str, Any], HomeRow, list[Any]], HomeRef]]] = {
    "Patient": _self,
    "Bundle": _document,
}


def same_citizen(left: Citizen, right: Citizen) -> bool:
    """Tell whether two homes within one submission name the same citizen: by one reference or one number."""
    if left.reference and left.reference == right.reference:
        return True
    return not set(left.numbers).isdisjoint(right.numbers) or not set(left.other_identifiers).isdisjoint(
        right.other_identifiers
    )
