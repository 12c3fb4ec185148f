"""All sections of the summary in one table, and the views that choose and order them.

LOINC codes, allowed entry types and required sections follow IPS 2.0 (`CompositionUvIps`); problems, allergies,
medication, procedures and devices always stand (EPS superset). Sections of ours have codes of our own system.
"""

from dataclasses import dataclass
from typing import Final

from app.summary import arrange, functional, groups, habitual, stays
from app.summary.catalogue import Text
from app.summary.model import Kind
from app.summary.scene import Section
from schemas.terminology import systems

LOINC = systems.LOINC
OWN = systems.SECTION_SYSTEM


def _types(names: str) -> frozenset[str]:
    return frozenset(names.split())


SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        key="allergies",
        code="48765-2",
        system=LOINC,
        display="Allergies and adverse reactions Document",
        title=Text("CAVE: allergier og overfølsomhed", "Allergies and intolerances"),
        kinds=(Kind.ALLERGY,),
        types=_types("AllergyIntolerance DocumentReference"),
        arrange=arrange.allergies,
        notice=True,
    ),
    Section(
        key="treatment-limits",
        code="treatment-limits",
        system=OWN,
        display="Resuscitation and treatment limits",
        title=Text("Genoplivning og behandlingsbegrænsninger", "Resuscitation and treatment limits"),
        kinds=(Kind.LIMIT,),
        types=_types("Flag ServiceRequest Observation Condition"),
        arrange=arrange.limits,
    ),
    Section(
        key="advance-directives",
        code="42348-3",
        system=LOINC,
        display="Advance healthcare directives",
        title=Text("Testamenter og ønsker for behandling", "Advance directives"),
        kinds=(Kind.LIMIT,),
        types=_types("Consent DocumentReference"),
        arrange=arrange.limits,
    ),
    Section(
        key="alerts",
        code="104605-1",
        system=LOINC,
        display="Alert",
        title=Text("Isolation og advarsler", "Isolation and alerts"),
        kinds=(Kind.ALERT,),
        arrange=arrange.alerts,
        notice=True,
    ),
    Section(
        key="status-note",
        code="status-note",
        system=OWN,
        display="Status note",
        title=Text("Statusrubrik", "Status note"),
        kinds=(Kind.STATUS_NOTE,),
        arrange=arrange.notes,
        stale_days=30,
    ),
    Section(
        key="habitual-function",
        code="habitual-function",
        system=OWN,
        display="Habitual cognition, mobility, communication, swallowing, continence",
        title=Text("Habituel funktion", "Habitual function"),
        kinds=(Kind.HABITUAL, Kind.FUNCTIONAL, Kind.DIAGNOSIS),
        arrange=habitual.functions,
        stale_days=180,
    ),
    Section(
        key="functional-level",
        code="47420-5",
        system=LOINC,
        display="Functional status assessment note",
        title=Text("Funktionsniveau før indlæggelse (FSIII)", "Functional level before the stay (FSIII)"),
        kinds=(Kind.FUNCTIONAL,),
        types=_types("Condition ClinicalImpression DocumentReference"),
        arrange=functional.arrange,
        stale_days=365,
    ),
    Section(
        key="values",
        code="8716-3",
        system=LOINC,
        display="Vital signs",
        title=Text("Habituelle og seneste værdier", "Habitual and latest values"),
        kinds=(Kind.HABITUAL, Kind.MEASUREMENT),
        types=_types("Observation DocumentReference"),
        arrange=habitual.values,
        stale_days=180,
    ),
    Section(
        key="baseline-tests",
        code="baseline-tests",
        system=OWN,
        display="Baseline creatinine and haemoglobin",
        title=Text("Habituel kreatinin og hæmoglobin", "Baseline creatinine and haemoglobin"),
        kinds=(Kind.HABITUAL, Kind.LAB, Kind.MEASUREMENT),
        types=_types("Observation"),
        arrange=habitual.baseline,
        stale_days=365,
    ),
    Section(
        key="medication",
        code="10160-0",
        system=LOINC,
        display="History of Medication use Narrative",
        title=Text("Medicin", "Medication"),
        kinds=(Kind.DRUG, Kind.ADMINISTRATION),
        types=_types(
            "MedicationStatement MedicationRequest MedicationAdministration MedicationDispense DocumentReference"
        ),
        arrange=groups.medication,
        window_days=30,
        notice=True,
    ),
    Section(
        key="devices",
        code="46264-8",
        system=LOINC,
        display="History of medical device use",
        title=Text("Ilt, implantater, katetre og udstyr", "Oxygen, implants, catheters and devices"),
        kinds=(Kind.DEVICE_USE,),
        types=_types("DeviceUseStatement DocumentReference"),
        arrange=arrange.devices,
    ),
    Section(
        key="aids",
        code="aids",
        system=OWN,
        display="Aids",
        title=Text("Hjælpemidler", "Aids"),
        kinds=(Kind.DEVICE,),
        arrange=arrange.aids,
    ),
    Section(
        key="wounds",
        code="wounds",
        system=OWN,
        display="Wounds",
        title=Text("Sår", "Wounds"),
        kinds=(Kind.WOUND,),
        arrange=arrange.listing,
        stale_days=90,
    ),
    Section(
        key="relatives",
        code="relatives",
        system=OWN,
        display="Relatives and whether they are informed",
        title=Text("Pårørende", "Relatives"),
        kinds=(Kind.RELATIVE, Kind.PERSON),
        arrange=arrange.relatives,
    ),
    Section(
        key="interpreter",
        code="interpreter",
        system=OWN,
        display="Interpreter",
        title=Text("Tolk og sprog", "Interpreter and language"),
        kinds=(Kind.PERSON,),
        arrange=arrange.interpreter,
    ),
    Section(
        key="services",
        code="municipal-services",
        system=OWN,
        display="Municipal services",
        title=Text("Kommunale ydelser og døgntelefon", "Municipal services and 24-hour phone"),
        kinds=(Kind.SERVICE,),
        arrange=arrange.services,
    ),
    Section(
        key="problems",
        code="11450-4",
        system=LOINC,
        display="Problem list - Reported",
        title=Text("Diagnoser", "Problems"),
        kinds=(Kind.DIAGNOSIS, Kind.WOUND),
        types=_types("Condition DocumentReference"),
        arrange=groups.problems,
    ),
    Section(
        key="past-problems",
        code="11348-0",
        system=LOINC,
        display="History of Past illness note",
        title=Text("Tidligere diagnoser", "Past problems"),
        kinds=(Kind.DIAGNOSIS, Kind.WOUND),
        types=_types("Condition DocumentReference"),
        arrange=groups.past_problems,
        limit=30,
    ),
    Section(
        key="appointments",
        code="appointments",
        system=OWN,
        display="Upcoming appointments",
        title=Text("Kommende aftaler", "Upcoming appointments"),
        kinds=(Kind.APPOINTMENT,),
        arrange=arrange.appointments,
        limit=30,
    ),
    Section(
        key="stays",
        code="46240-8",
        system=LOINC,
        display="History of Hospitalizations+Outpatient visits Narrative",
        title=Text("Seneste og aktuelle ophold", "Last and present stay"),
        kinds=(Kind.STAY,),
        arrange=stays.arrange,
    ),
    Section(
        key="vaccinations",
        code="11369-6",
        system=LOINC,
        display="History of Immunization note",
        title=Text("Vaccinationer", "Immunizations"),
        kinds=(Kind.VACCINATION,),
        types=_types("Immunization DocumentReference"),
        arrange=arrange.everything,
        limit=30,
    ),
    Section(
        key="results",
        code="30954-2",
        system=LOINC,
        display="Relevant diagnostic tests/laboratory data note",
        title=Text("Nye svar", "Recent results"),
        kinds=(Kind.LAB, Kind.REPORT),
        types=_types("Observation DiagnosticReport DocumentReference"),
        arrange=arrange.results,
        window_days=90,
        limit=40,
    ),
    Section(
        key="procedures",
        code="47519-4",
        system=LOINC,
        display="History of Procedures Document",
        title=Text("Operationer og procedurer", "Procedures"),
        kinds=(Kind.PROCEDURE,),
        types=_types("Procedure DocumentReference"),
        arrange=arrange.everything,
        limit=30,
    ),
    Section(
        key="plans",
        code="18776-5",
        system=LOINC,
        display="Plan of care note",
        title=Text("Planer", "Plan of care"),
        kinds=(Kind.PLAN,),
        types=_types("CarePlan ImmunizationRecommendation DocumentReference"),
        arrange=arrange.plans,
        window_days=730,
        limit=20,
    ),
    Section(
        key="orders",
        code="orders",
        system=OWN,
        display="Orders and referrals",
        title=Text("Ordinationer og henvisninger", "Orders and referrals"),
        kinds=(Kind.PLAN,),
        types=_types("ServiceRequest"),
        arrange=arrange.plans,
        window_days=365,
        limit=20,
    ),
    Section(
        key="goals",
        code="goals",
        system=OWN,
        display="Goals and expected levels",
        title=Text("Mål og forventet niveau", "Goals and expected levels"),
        kinds=(Kind.GOAL,),
        arrange=arrange.listing,
        limit=20,
    ),
    Section(
        key="letters",
        code="letters",
        system=OWN,
        display="Discharge letters and other documents",
        title=Text("Epikriser og breve", "Discharge letters and documents"),
        kinds=(Kind.LETTER,),
        arrange=arrange.everything,
        window_days=730,
        limit=20,
    ),
    Section(
        key="social-history",
        code="29762-2",
        system=LOINC,
        display="Social history note",
        title=Text("Livsstil og sociale forhold", "Social history"),
        kinds=(Kind.SOCIAL_HISTORY,),
        types=_types("Observation DocumentReference"),
        arrange=arrange.newest_of_each,
    ),
    Section(
        key="pregnancy",
        code="10162-6",
        system=LOINC,
        display="History of pregnancies Narrative",
        title=Text("Graviditet", "Pregnancy"),
        kinds=(Kind.PREGNANCY,),
        types=_types("Observation DocumentReference"),
        arrange=arrange.newest_of_each,
    ),
)
"""Every section once; the order of the table is that of the admission context."""

SECTION_OF: Final[dict[str, Section]] = {section.key: section for section in SECTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one kind of reader asks for: `sections` in order; `required` ones stand even when they are empty."""

    key: str
    profile: str
    title: Text
    sections: tuple[Section, ...]
    required: frozenset[str]


ALWAYS: Final = frozenset({"problems", "allergies", "medication", "procedures", "devices"})

FIRST_SCREEN: Final = (
    "allergies", "treatment-limits", "advance-directives", "alerts", "status-note", "habitual-function",
    "functional-level", "values", "baseline-tests", "medication", "devices", "aids", "wounds", "relatives",
    "interpreter", "services",
)  # fmt: skip
"""What matters at three in the morning, in that order."""


def _view(key: str, profile: str, title: Text, sections: tuple[str, ...], required: frozenset[str]) -> View:
    chosen = tuple(SECTION_OF[section] for section in sections)
    return View(key=key, profile=profile, title=title, sections=chosen, required=required)


VIEWS: Final[dict[str, View]] = {
    view.key: view
    for view in (
        _view(
            "ips",
            f"{systems.IPS}Bundle-uv-ips",
            Text("Patientresumé (IPS)", "International Patient Summary"),
            (
                "allergies", "advance-directives", "alerts", "problems", "medication", "procedures", "devices",
                "vaccinations", "results", "functional-level", "values", "past-problems", "plans", "social-history",
                "pregnancy",
            ),
            ALWAYS,
        ),
        _view(
            "admission-context",
            systems.ADMISSION_CONTEXT_PROFILE,
            Text("Patientoverblik ved indlæggelse", "Admission context"),
            (
                *FIRST_SCREEN, "problems", "past-problems", "appointments", "stays", "vaccinations", "results",
                "procedures", "plans", "orders", "goals", "letters", "social-history", "pregnancy",
            ),
            ALWAYS | frozenset(FIRST_SCREEN) | {"appointments", "stays"},
        ),
        _view(
            "discharge",
            systems.DISCHARGE_CONTEXT_PROFILE,
            Text("Patientoverblik ved udskrivelse", "Discharge overview"),
            (
                "allergies", "treatment-limits", "advance-directives", "alerts", "stays", "plans", "letters",
                "medication", "appointments", "orders", "status-note", "results", "problems", "functional-level",
                "habitual-function", "values", "baseline-tests", "devices", "aids", "wounds", "procedures",
                "vaccinations", "services", "relatives", "interpreter", "goals", "past-problems",
            ),
            ALWAYS | {"stays", "plans", "letters", "appointments", "treatment-limits", "alerts"},
        ),
    )
}  # fmt: skip
"""The views by key; `$summary` names them by `profile`."""

VIEW_OF_PROFILE: Final[dict[str, View]] = {view.profile: view for view in VIEWS.values()} | {
    f"{systems.IPS}Composition-uv-ips": VIEWS["ips"],
}
"""Profile canonical -> view."""
