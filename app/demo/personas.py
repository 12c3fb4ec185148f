"""Who acts in the demonstration: persons and systems with stable keys, for tokens and for the directory's rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.demo.organisations import BY_SOR, ORGANISATIONS, Organisation
from consent.model import OrganisationKey, PersonKey
from consent.vocabulary import Function, Purpose
from schemas.terminology import systems

DOCTOR, NURSE, ASSISTANT_NURSE = "7170", "5166", "5152"
"""Profession groups of the Danish core guide."""

NANCY = (systems.CPR, "2512489996")
"""Identifier of the main citizen of the journeys: an official test citizen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One caller: what its token says, and what the directory knows of it.

    `citizen` is the identifier of a caller who is a citizen. `person` is None for a system alone.
    """

    key: str
    name: str
    function: Function
    organisation: OrganisationKey | None
    client: str
    purpose: Purpose
    person: PersonKey | None = None
    authorisation: str | None = None
    profession: str | None = None
    on_behalf_of: PersonKey | None = None
    citizen: tuple[str, str] | None = None

    @property
    def home(self) -> Organisation:
        """The organisation that the persona works for."""
        return BY_SOR[self.organisation or ""]

    def reference(self) -> dict[str, Any]:
        """Return a logical FHIR reference to the person, by authorisation where there is one."""
        identifier = (
            {"system": systems.AUTHORISATION, "value": self.authorisation}
            if self.authorisation
            else {"system": systems.PERSON_KEY, "value": self.person or self.key}
        )
        return {"type": "Practitioner", "identifier": identifier, "display": self.name}


@dataclass(frozen=True, slots=True)
class _Staff:
    key: str
    name: str
    function: Function
    at: str
    client: str
    authorisation: str | None = None
    profession: str | None = None
    purpose: Purpose = Purpose.TREATMENT
    on_behalf_of: str | None = None


HOSPITAL, MUNICIPALITY, PRACTICE = "nordkyst-epj", "hilleroed-eoj", "soeengen-laegesystem"
MUNICIPALITY_B = "gribskov-eoj"
PRACTICES = (PRACTICE, "kirkelunden-laegesystem", "havreholm-laegesystem", "skovbrynet-laegesystem")
LABORATORY, REGISTER, CITIZEN_APP, OVERSIGHT = "biokemi-lis", "register-feed", "borger-app", "tilsyn-app"

_F = Function
_STAFF: tuple[_Staff, ...] = (
    _Staff(
        "hospital-doctor", "Overlæge Signe Testrup", _F.HOSPITAL_TREATMENT, "emergency-ward", HOSPITAL, "X0D01", DOCTOR
    ),
    _Staff("lung-doctor", "Overlæge Morten Testvig", _F.HOSPITAL_TREATMENT, "lung-ward", HOSPITAL, "X0D02", DOCTOR),
    _Staff("heart-doctor", "Overlæge Camilla Testmose", _F.HOSPITAL_TREATMENT, "heart-ward", HOSPITAL, "X0D03", DOCTOR),
    _Staff(
        "geriatric-doctor", "Overlæge Ole Testholm", _F.HOSPITAL_TREATMENT, "geriatric-ward", HOSPITAL, "X0D04", DOCTOR
    ),
    _Staff("surgeon", "Overlæge Jeppe Testlund", _F.HOSPITAL_TREATMENT, "fracture-ward", HOSPITAL, "X0D05", DOCTOR),
    _Staff("stroke-doctor", "Overlæge Ida Testbæk", _F.HOSPITAL_TREATMENT, "stroke-ward", HOSPITAL, "X0D06", DOCTOR),
    _Staff(
        "psychiatrist",
        "Overlæge Anne Testgaard",
        _F.HOSPITAL_TREATMENT,
        "psychiatric-clinic",
        HOSPITAL,
        "X0D07",
        DOCTOR,
    ),
    _Staff("paediatrician", "Overlæge Rasmus Testdal", _F.HOSPITAL_TREATMENT, "paediatrics", HOSPITAL, "X0D08", DOCTOR),
    _Staff(
        "diabetes-doctor", "Overlæge Lone Testby", _F.HOSPITAL_TREATMENT, "diabetes-clinic", HOSPITAL, "X0D09", DOCTOR
    ),
    _Staff(
        "hospital-nurse", "Sygeplejerske Mette Testsen", _F.HOSPITAL_TREATMENT, "lung-ward", HOSPITAL, "X0N01", NURSE
    ),
    _Staff(
        "hospital-secretary",
        "Lægesekretær Birthe Testrup",
        _F.ASSISTANT,
        "emergency-ward",
        HOSPITAL,
        on_behalf_of="hospital-doctor",
    ),
    _Staff("gp", "Læge Henrik Testkjær", _F.GENERAL_PRACTICE, "gp-1", PRACTICE, "X0G01", DOCTOR),
    _Staff("other-gp", "Læge Line Testager", _F.GENERAL_PRACTICE, "gp-2", PRACTICES[1], "X0G02", DOCTOR),
    _Staff("gp-3-doctor", "Læge Poul Testrup", _F.GENERAL_PRACTICE, "gp-3", PRACTICES[2], "X0G03", DOCTOR),
    _Staff("gp-4-doctor", "Læge Sanne Testhøj", _F.GENERAL_PRACTICE, "gp-4", PRACTICES[3], "X0G04", DOCTOR),
    _Staff("gp-secretary", "Lægesekretær Dorte Testmark", _F.ASSISTANT, "gp-1", PRACTICE, on_behalf_of="gp"),
    _Staff(
        "home-nurse", "Hjemmesygeplejerske Karin Testsø", _F.HOME_NURSING, "nursing-a", MUNICIPALITY, "X0N02", NURSE
    ),
    _Staff(
        "home-nurse-b", "Hjemmesygeplejerske Jens Testå", _F.HOME_NURSING, "nursing-b", MUNICIPALITY_B, "X0N03", NURSE
    ),
    _Staff(
        "home-carer",
        "Social- og sundhedshjælper Ali Testeng",
        _F.HOME_CARE,
        "home-care-a",
        MUNICIPALITY,
        purpose=Purpose.CARE_MANAGEMENT,
    ),
    _Staff(
        "home-carer-b",
        "Social- og sundhedsassistent Eva Testkær",
        _F.HOME_CARE,
        "home-care-b",
        MUNICIPALITY_B,
        "X0A01",
        ASSISTANT_NURSE,
        purpose=Purpose.CARE_MANAGEMENT,
    ),
    _Staff("acute-nurse", "Akutsygeplejerske Bo Testnæs", _F.ACUTE_TEAM, "acute-a", MUNICIPALITY, "X0N04", NURSE),
    _Staff(
        "acute-nurse-b", "Akutsygeplejerske Tina Testsund", _F.ACUTE_TEAM, "acute-b", MUNICIPALITY_B, "X0N05", NURSE
    ),
    _Staff("bed-nurse", "Sygeplejerske Hanne Testborg", _F.TEMPORARY_CARE_BED, "beds-a", MUNICIPALITY, "X0N06", NURSE),
    _Staff(
        "addiction-nurse",
        "Sygeplejerske Kim Testhave",
        _F.ADDICTION_TREATMENT,
        "addiction-a",
        MUNICIPALITY,
        "X0N07",
        NURSE,
    ),
    _Staff(
        "addiction-nurse-b",
        "Sygeplejerske Gry Testvang",
        _F.ADDICTION_TREATMENT,
        "addiction-b",
        MUNICIPALITY_B,
        "X0N08",
        NURSE,
    ),
    _Staff(
        "caseworker",
        "Socialrådgiver Pia Testmann",
        _F.SOCIAL_CASEWORK,
        "casework-a",
        MUNICIPALITY,
        purpose=Purpose.CARE_MANAGEMENT,
    ),
    _Staff(
        "caseworker-b",
        "Visitator Lars Testberg",
        _F.SOCIAL_CASEWORK,
        "casework-b",
        MUNICIPALITY_B,
        purpose=Purpose.CARE_MANAGEMENT,
    ),
    _Staff(
        "dpo",
        "Databeskyttelsesrådgiver Nina Testfeldt",
        _F.DATA_PROTECTION,
        "region",
        OVERSIGHT,
        purpose=Purpose.OPERATIONS,
    ),
    _Staff(
        "cluster-lead", "Klyngeleder Søren Testring", _F.CLUSTER_LEAD, "region", OVERSIGHT, purpose=Purpose.OPERATIONS
    ),
)

_SYSTEMS: tuple[tuple[str, str, str, str], ...] = (
    ("hospital-system", "Nordkyst Hospitals journalsystem", "hospital", HOSPITAL),
    ("municipality-system", "Hillerød Kommunes omsorgssystem", "municipality-a", MUNICIPALITY),
    ("municipality-system-b", "Gribskov Kommunes omsorgssystem", "municipality-b", MUNICIPALITY_B),
    ("gp-system", "Lægerne Søengens lægesystem", "gp-1", PRACTICES[0]),
    ("gp-system-2", "Lægehuset Kirkelundens lægesystem", "gp-2", PRACTICES[1]),
    ("gp-system-3", "Lægerne ved Havreholms lægesystem", "gp-3", PRACTICES[2]),
    ("gp-system-4", "Lægepraksis Skovbrynets lægesystem", "gp-4", PRACTICES[3]),
    ("lab-system", "Laboratoriets svarsystem", "laboratory", LABORATORY),
)


_AUTHORISATIONS = {row.key: row.authorisation for row in _STAFF}


def _person(key: str) -> PersonKey:
    """Return the directory's key of a person: the authorisation id of those who have one, as records name them too."""
    return PersonKey(_AUTHORISATIONS.get(key) or f"syn-{key}")


def _build() -> dict[str, Persona]:
    found = {
        row.key: Persona(
            key=row.key,
            name=f"{row.name} (syntetisk)",
            function=row.function,
            organisation=OrganisationKey(ORGANISATIONS[row.at].sor),
            client=row.client,
            purpose=row.purpose,
            person=_person(row.key),
            authorisation=row.authorisation,
            profession=row.profession,
            on_behalf_of=_person(row.on_behalf_of) if row.on_behalf_of else None,
        )
        for row in _STAFF
    }
    for key, name, at, client in _SYSTEMS:
        found[key] = Persona(
            key=key,
            name=f"{name} (syntetisk)",
            function=Function.SYSTEM,
            organisation=OrganisationKey(ORGANISATIONS[at].sor),
            client=client,
            purpose=Purpose.TREATMENT,
        )
    found["register-feed"] = Persona(
        key="register-feed",
        name="Registerforsyningen (syntetisk)",
        function=Function.REGISTER,
        organisation=OrganisationKey(ORGANISATIONS["register"].sor),
        client=REGISTER,
        purpose=Purpose.PATIENT_ADMINISTRATION,
    )
    found["citizen"] = Persona(
        key="citizen",
        name="Nancy Ann Test Berggren",
        function=Function.CITIZEN,
        organisation=None,
        client=CITIZEN_APP,
        purpose=Purpose.PATIENT_REQUEST,
        person=_person("citizen-nancy"),
        citizen=NANCY,
    )
    found["parent"] = Persona(
        key="parent",
        name="Kirsten Test Berggren",
        function=Function.REPRESENTATIVE,
        organisation=None,
        client=CITIZEN_APP,
        purpose=Purpose.PATIENT_REQUEST,
        person=_person("citizen-kirsten"),
        citizen=(systems.CPR, "2911829996"),
    )
    return found


PERSONAS: Mapping[str, Persona] = _build()
"""Stable key -> persona."""


def staff_rows() -> list[dict[str, Any]]:
    """Return the rows of the `staff` table: everybody who works for an organisation."""
    return [
        {
            "person": persona.person,
            "name": persona.name,
            "authorisation": persona.authorisation,
            "profession": persona.profession,
            "functions": persona.function.value,
            "organisations": persona.organisation,
            "valid_to": None,
        }
        for persona in PERSONAS.values()
        if persona.person is not None and persona.organisation is not None
    ]


def delegation_rows() -> list[dict[str, Any]]:
    """Return the rows of the `delegation` table: whom a treatment place's management authorised (§ 42 a stk. 4)."""
    return [
        {
            "person": persona.person,
            "organisation": persona.organisation,
            "responsible": persona.on_behalf_of,
            "valid_from": None,
            "valid_to": None,
        }
        for persona in PERSONAS.values()
        if persona.on_behalf_of is not None
    ]


_DIRECTORY_TYPES = ("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService")


def client_rows() -> list[dict[str, Any]]:
    """Return the rows of the `client` table: a client's organisation, and the most it may ever ask for."""
    top = {persona.client: _root(persona) for persona in PERSONAS.values()}
    rows = []
    for client, organisation in top.items():
        members = [persona for persona in PERSONAS.values() if persona.client == client]
        functions = sorted({persona.function.value for persona in members})
        purposes = {persona.purpose for persona in members}
        if any(persona.authorisation for persona in members):
            purposes |= {Purpose.EMERGENCY, Purpose.BREAK_GLASS, Purpose.QUALITY}
        writes = "*" if any(persona.function is Function.SYSTEM for persona in members) else _WRITES.get(client, "")
        rows.append(
            {
                "id": client,
                "organisation": organisation,
                "functions": ",".join(functions),
                "purposes": ",".join(sorted(purpose.value for purpose in purposes)),
                "types": writes,
                "jwks": None,
                "revoked": None,
            }
        )
    return rows


_WRITES = {REGISTER: ",".join((*_DIRECTORY_TYPES, "Patient", "RelatedPerson")), CITIZEN_APP: "Consent"}


def _root(persona: Persona) -> str:
    """Return the SOR id of the organisation at the top of the persona's employer; citizens' clients have none."""
    if persona.organisation is None:
        return ""
    found = persona.home
    while found.parent is not None and BY_SOR[found.parent].kind != "region":
        found = BY_SOR[found.parent]
    return found.sor
