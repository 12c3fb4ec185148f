"""The default policy as data: who needs what, who may write what, and how long a door stays open.

The matrices say 'the needed part' (Danish: i fornødent omfang, Sundhedsloven § 42 a). They open nothing: a rule must
hold first, and the matrix is then the most that it gives. Change a row, raise `POLICY_VERSION`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    DoorReason,
    Evidence,
    Function,
    JudgementKind,
    Label,
    Purpose,
    Regime,
    RelationKind,
)

POLICY_NAME = "overgang-danish-law"
POLICY_VERSION = f"{POLICY_NAME}|4"
"""Stands in every decision; the named policy that applies where the citizen has said nothing."""

ADULT_CHOICE_AGE = 15
"""From this birthday the citizen decides alone, Sundhedsloven § 17."""

ADULT_AGE = 18
"""From this birthday there is no custody."""

LONGEST_JUDGEMENT: Mapping[JudgementKind, timedelta] = {
    JudgementKind.INCAPABLE: timedelta(days=30),
    JudgementKind.CANNOT_FORESEE: timedelta(days=30),
    JudgementKind.PERMANENTLY_INCAPABLE: timedelta(days=365),
}
"""How long one documented judgement can count: a situation a month, what lasts a year, and is then judged anew; to be
confirmed by a lawyer."""

LAPSE_OF_CONSENT = timedelta(days=365)
"""A consent to disclosure for other purposes lapses after one year at the latest, § 44."""

OWN_EFFORT = timedelta(days=180)
"""How long after the own part in a treatment its effect may be looked up, § 42 d, stk. 2, nr. 1: six months."""

LONGEST_WAIT = timedelta(days=30)
"""How long what was disclosed waits for its recipient: what nobody has opened by then was not necessary."""

QUALITY_REACH = timedelta(days=5 * 365)
"""How old the records of quality work may be, § 42 d, stk. 2, nr. 2: five years."""

DOCTOR = "7170"
EVALUATING_PROFESSIONS = frozenset({DOCTOR, "5433", "5175", "5166"})
"""Doctor, dentist, midwife, nurse: who may evaluate the own effort. Codes of dk-core's profession groups."""

TREATING = frozenset(
    {
        Function.HOSPITAL_TREATMENT,
        Function.GENERAL_PRACTICE,
        Function.SPECIALIST_PRACTICE,
        Function.HOME_NURSING,
        Function.ACUTE_TEAM,
        Function.REHABILITATION,
        Function.TEMPORARY_CARE_BED,
        Function.ADDICTION_TREATMENT,
        Function.AMBULANCE,
    }
)
"""Functions that treat in the sense of Sundhedsloven § 5, whoever the employer is."""

SOCIAL = frozenset({Function.HOME_CARE, Function.SOCIAL_CASEWORK})
"""Functions under Serviceloven and Ældreloven: never treatment."""

NOTIFIED = SOCIAL | {
    Function.HOME_NURSING,
    Function.ACUTE_TEAM,
    Function.REHABILITATION,
    Function.TEMPORARY_CARE_BED,
}
"""Municipal functions that are told of stays in hospital, Retssikkerhedsloven § 12 c."""

CITIZENS = frozenset({Function.CITIZEN, Function.REPRESENTATIVE})
SYSTEMS = frozenset({Function.SYSTEM, Function.REGISTER})

READING = frozenset({Action.LOOK_UP, Action.DISCLOSE})
"""Actions by which data reaches a reader; directives and protected labels are about these."""

EMERGENCIES = frozenset({Purpose.EMERGENCY, Purpose.BREAK_GLASS})
OTHER_THAN_TREATMENT = frozenset({Purpose.RESEARCH, Purpose.QUALITY, Purpose.OPERATIONS, Purpose.PAYMENT})
"""Purposes of § 42 d and § 43 that a consent can name; social care has its own (X1)."""

NOTIFICATIONS = frozenset({Purpose.CARE_MANAGEMENT, Purpose.PATIENT_ADMINISTRATION})
SUBMISSIONS = frozenset({Purpose.TREATMENT, Purpose.CARE_MANAGEMENT, Purpose.PATIENT_ADMINISTRATION})

_C = Category
ALL_CATEGORIES = frozenset(Category)
_RECORD = ALL_CATEGORIES - {_C.CONSENT, _C.ACCESS_LOG}
_CARE = _RECORD - {_C.OTHER}
_SOCIAL_NEED = frozenset(
    {
        _C.MASTER_DATA,
        _C.RELATIVE,
        _C.FUNCTIONAL_LEVEL,
        _C.HABITUAL_VALUE,
        _C.STATUS_NOTE,
        _C.DEVICE,
        _C.APPOINTMENT,
        _C.ADMISSION,
        _C.PLAN,
        _C.CARE_SERVICE,
        _C.CARE_TEAM,
        _C.TASK,
        _C.PROVENANCE,
    }
)
_NONE: frozenset[Category] = frozenset()

READS: Mapping[Function, frozenset[Category]] = {
    Function.HOSPITAL_TREATMENT: _RECORD,
    Function.GENERAL_PRACTICE: _RECORD,
    Function.SPECIALIST_PRACTICE: _CARE - {_C.TASK},
    Function.HOME_NURSING: _CARE,
    Function.ACUTE_TEAM: _CARE,
    Function.REHABILITATION: _CARE - {_C.LAB_RESULT, _C.VACCINATION},
    Function.TEMPORARY_CARE_BED: _CARE,
    Function.ADDICTION_TREATMENT: _CARE - {_C.FUNCTIONAL_LEVEL, _C.HABITUAL_VALUE, _C.DEVICE},
    Function.AMBULANCE: _CARE - {_C.LAB_RESULT, _C.VACCINATION, _C.APPOINTMENT, _C.PLAN, _C.TASK},
    Function.ASSISTANT: _CARE,
    Function.HOME_CARE: _SOCIAL_NEED,
    Function.SOCIAL_CASEWORK: _SOCIAL_NEED - {_C.RELATIVE, _C.APPOINTMENT},
    Function.CITIZEN: ALL_CATEGORIES,
    Function.REPRESENTATIVE: ALL_CATEGORIES,
    Function.SYSTEM: _NONE,
    Function.REGISTER: _NONE,
    Function.DATA_PROTECTION: _NONE,
    Function.CLUSTER_LEAD: _NONE,
    Function.ADMINISTRATOR: _NONE,
}
"""The most that a function may read, one row a function."""

MANAGEMENT_READS = _CARE
"""What accreditation, supervision and control may need of the own place's records."""

DECEASED_READS = frozenset({_C.DIAGNOSIS, _C.ADMISSION, _C.PROCEDURE, _C.LETTER})
"""Course of illness, cause and manner of death, § 45."""

EMERGENCY_READS = _RECORD
"""What an emergency opens: everything clinical, never consents or the access log."""

REVEALS_PLACES = frozenset(
    {
        _C.MASTER_DATA,
        _C.RELATIVE,
        _C.APPOINTMENT,
        _C.ADMISSION,
        _C.PLAN,
        _C.LETTER,
        _C.CARE_SERVICE,
        _C.CARE_TEAM,
        _C.TASK,
        _C.PROVENANCE,
        _C.ACCESS_LOG,
    }
)
"""What tells where a citizen lives, goes or is met, whoever wrote it."""

LIVES_BY = frozenset(
    {RelationKind.OWN_GP, RelationKind.RESIDENCE, RelationKind.HEALTH_SERVICE, RelationKind.SOCIAL_SERVICE}
)
"""Relations with organisations close to where a citizen lives: that one of them wrote a record tells it, too."""

_MUNICIPAL_WRITES = _RECORD - {_C.LAB_RESULT}

WRITES: Mapping[Function, frozenset[Category]] = {
    Function.HOSPITAL_TREATMENT: _RECORD,
    Function.GENERAL_PRACTICE: _RECORD - {_C.CARE_SERVICE},
    Function.SPECIALIST_PRACTICE: _RECORD - {_C.CARE_SERVICE},
    Function.HOME_NURSING: _RECORD,
    Function.ACUTE_TEAM: _RECORD,
    Function.REHABILITATION: _MUNICIPAL_WRITES,
    Function.TEMPORARY_CARE_BED: _RECORD,
    Function.ADDICTION_TREATMENT: _RECORD,
    Function.AMBULANCE: _RECORD - {_C.CARE_SERVICE, _C.PLAN},
    Function.ASSISTANT: _RECORD,
    Function.HOME_CARE: _SOCIAL_NEED | {_C.MEASUREMENT},
    Function.SOCIAL_CASEWORK: _SOCIAL_NEED,
    Function.CITIZEN: _NONE,
    Function.REPRESENTATIVE: _NONE,
    Function.SYSTEM: _RECORD,
    Function.REGISTER: frozenset({_C.MASTER_DATA, _C.RELATIVE, _C.CARE_TEAM, _C.PROVENANCE}),
    Function.DATA_PROTECTION: _NONE,
    Function.CLUSTER_LEAD: _NONE,
    Function.ADMINISTRATOR: _NONE,
}
"""The most that a function may write about a citizen, one row a function; consents go by `Action.DIRECT`."""

_MUNICIPAL_EVIDENCE = frozenset({RelationKind.HEALTH_SERVICE})

RELATIONS: Mapping[Function, frozenset[RelationKind]] = {
    Function.HOSPITAL_TREATMENT: frozenset({RelationKind.STAY, RelationKind.APPOINTMENT, RelationKind.REFERRAL}),
    Function.GENERAL_PRACTICE: frozenset({RelationKind.OWN_GP, RelationKind.APPOINTMENT, RelationKind.REFERRAL}),
    Function.SPECIALIST_PRACTICE: frozenset({RelationKind.APPOINTMENT, RelationKind.REFERRAL}),
    Function.HOME_NURSING: _MUNICIPAL_EVIDENCE,
    Function.ACUTE_TEAM: _MUNICIPAL_EVIDENCE,
    Function.REHABILITATION: _MUNICIPAL_EVIDENCE,
    Function.TEMPORARY_CARE_BED: _MUNICIPAL_EVIDENCE,
    Function.ADDICTION_TREATMENT: _MUNICIPAL_EVIDENCE,
    Function.AMBULANCE: frozenset({RelationKind.STAY}),
}
"""Which relations are evidence of treatment by a treating function; residence and social services never are."""

ACCEPTED_EVIDENCE: Mapping[RelationKind, frozenset[Evidence]] = {
    RelationKind.OWN_GP: frozenset({Evidence.REGISTER}),
    RelationKind.STAY: frozenset(
        {Evidence.REGISTER, Evidence.NOTIFICATION, Evidence.INDEPENDENT, Evidence.SELF_ASSERTED}
    ),
    RelationKind.HEALTH_SERVICE: frozenset({Evidence.REGISTER, Evidence.INDEPENDENT, Evidence.SELF_ASSERTED}),
    RelationKind.APPOINTMENT: frozenset({Evidence.REGISTER, Evidence.INDEPENDENT, Evidence.SELF_ASSERTED}),
    RelationKind.REFERRAL: frozenset({Evidence.REGISTER, Evidence.INDEPENDENT, Evidence.SELF_ASSERTED}),
    RelationKind.SOCIAL_SERVICE: frozenset(),
    RelationKind.RESIDENCE: frozenset(),
}
"""Which evidence each kind of relation can rest on; 'declared' is a declaration's and never a relation's."""

SENSITIVE = frozenset(
    {
        Label.RESTRICTED,
        Label.VERY_RESTRICTED,
        Label.PSYCHIATRY,
        Label.SUBSTANCE,
        Label.ALCOHOL,
        Label.OPIOID,
        Label.HIV,
        Label.SEXUALITY,
        Label.SEXUAL_VIOLENCE,
        Label.GENETIC,
    }
)
"""Labels that social care gets only when the citizen's consent names them."""

HEALTH_CARE_ONLY = frozenset({Regime.HEALTH_CARE})
BOTH_REGIMES = frozenset(Regime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One of the three doors for staff: how long it may stay open, for which purposes and reasons it is asked."""

    longest: timedelta
    purposes: frozenset[Purpose]
    reasons: frozenset[DoorReason]
    needs_code: bool = False


DOORS: Mapping[DeclarationKind, Door] = {
    DeclarationKind.TREATING_NOW: Door(
        longest=timedelta(hours=24),
        purposes=frozenset({Purpose.TREATMENT}),
        reasons=frozenset(
            {DoorReason.ACUTE_CONTACT, DoorReason.CALLED_IN, DoorReason.TAKEN_OVER, DoorReason.APPOINTED}
        ),
    ),
    DeclarationKind.CONSENT_NOW: Door(
        longest=timedelta(hours=24),
        purposes=frozenset({Purpose.TREATMENT}),
        reasons=frozenset({DoorReason.ORAL_CONSENT, DoorReason.WRITTEN_CONSENT}),
    ),
    DeclarationKind.EMERGENCY: Door(
        longest=timedelta(hours=4),
        purposes=EMERGENCIES,
        reasons=frozenset(
            {
                DoorReason.LIFE_IN_DANGER,
                DoorReason.CANNOT_CONSENT,
                DoorReason.OTHERS_IN_DANGER,
                DoorReason.PUBLIC_INTEREST,
            }
        ),
        needs_code=True,
    ),
}
"""A declaration that claims more counts only for as long as its door allows."""
