"""The words in which access is decided: closed lists, each with its Danish term once."""

from enum import StrEnum


class Category(StrEnum):
    """Kind of information (Danish: oplysningstype)."""

    MASTER_DATA = "master-data"  # stamdata
    RELATIVE = "relative"  # pårørende
    ALLERGY = "allergy"  # CAVE, overfølsomhed
    ALERT = "alert"  # advarsel, isolation
    TREATMENT_LIMIT = "treatment-limit"  # behandlingsniveau, livstestamente, fravalg af genoplivning
    DIAGNOSIS = "diagnosis"  # diagnose
    MEDICATION = "medication"  # medicin
    MEASUREMENT = "measurement"  # måling, vitale værdier
    HABITUAL_VALUE = "habitual-value"  # habituel værdi
    FUNCTIONAL_LEVEL = "functional-level"  # funktionsniveau (FSIII)
    STATUS_NOTE = "status-note"  # statusrubrik
    LAB_RESULT = "lab-result"  # laboratoriesvar
    VACCINATION = "vaccination"  # vaccination
    PROCEDURE = "procedure"  # procedure, operation
    DEVICE = "device"  # hjælpemiddel, implantat
    APPOINTMENT = "appointment"  # aftale
    ADMISSION = "admission"  # kontakt, indlæggelse
    PLAN = "plan"  # plan, udskrivningsplan
    LETTER = "letter"  # epikrise, dokument
    CARE_SERVICE = "care-service"  # kommunal ydelse
    CARE_TEAM = "care-team"  # behandlere og kontaktpersoner
    TASK = "task"  # opgave
    CONSENT = "consent"  # samtykke, spærring
    PROVENANCE = "provenance"  # herkomst
    ACCESS_LOG = "access-log"  # logopslag (MinLog)
    OTHER = "other"  # øvrigt


class Label(StrEnum):
    """Sensitivity label (Danish: følsomhedsmærke); v3 ActCode where HL7 has one, own codes else."""

    NORMAL_ONLY = "N"  # never stored; stands for 'no label' in directives about labels
    RESTRICTED = "R"
    VERY_RESTRICTED = "V"
    PSYCHIATRY = "PSY"
    SUBSTANCE = "ETH"
    ALCOHOL = "ETHUD"
    OPIOID = "OPIOIDUD"
    HIV = "HIV"
    SEXUALITY = "SEX"
    SEXUAL_VIOLENCE = "SDV"
    GENETIC = "GDIS"
    AUTHOR_PROTECTED = "author-protected"  # the author's wish: hidden from parents and proxies
    ADDRESS_PROTECTED = "address-protected"  # navne- og adressebeskyttelse
    SHARING_REFUSED = "sharing-refused"  # borgeren har frabedt sig deling: never enters the picture
    NATIONAL_GENOME = "national-genome"  # Nationalt Genom Center, § 42 a stk. 6
    ANONYMOUS_TREATMENT = "anonymous-treatment"  # anonym behandling


class Regime(StrEnum):
    """Body of law that a record stands under (Danish: retsgrundlag)."""

    HEALTH_CARE = "health-care"  # Sundhedsloven
    SOCIAL_CASE = "social-case"  # Serviceloven / Ældreloven, part of a social case


class Sector(StrEnum):
    """Part of the health service that an organisation belongs to (Danish: sektor)."""

    HOSPITAL = "hospital"  # sygehus
    REGION = "region"  # regionens øvrige tilbud: præhospital, laboratorium, fra 2027 akutsygepleje
    MUNICIPALITY = "municipality"  # kommune
    GENERAL_PRACTICE = "general-practice"  # almen praksis
    SPECIALIST_PRACTICE = "specialist-practice"  # speciallægepraksis
    OTHER = "other"  # øvrigt: all that the directory counts to none of these


class Function(StrEnum):
    """What a person is there to do, whatever the employer (Danish: funktion)."""

    HOSPITAL_TREATMENT = "hospital-treatment"  # sygehusbehandling
    GENERAL_PRACTICE = "general-practice"  # almen praksis
    SPECIALIST_PRACTICE = "specialist-practice"  # speciallæge
    HOME_NURSING = "home-nursing"  # hjemmesygepleje, SUL § 138
    ACUTE_TEAM = "acute-team"  # akutfunktion
    REHABILITATION = "rehabilitation"  # genoptræning, SUL § 140
    TEMPORARY_CARE_BED = "temporary-care-bed"  # midlertidig plads
    ADDICTION_TREATMENT = "addiction-treatment"  # misbrugsbehandling
    AMBULANCE = "ambulance"  # præhospital
    ASSISTANT = "assistant"  # teknisk bistand, lægesekretær (§ 42 a stk. 4)
    HOME_CARE = "home-care"  # personlig og praktisk hjælp: social care, not treatment
    SOCIAL_CASEWORK = "social-casework"  # myndighed, visitation
    CITIZEN = "citizen"  # borger
    REPRESENTATIVE = "representative"  # forælder, værge, fremtidsfuldmægtig, fuldmagt
    SYSTEM = "system"  # a system alone, no person
    REGISTER = "register"  # official register feed: own GP, custody, guardianship
    DATA_PROTECTION = "data-protection"  # databeskyttelsesrådgiver
    CLUSTER_LEAD = "cluster-lead"  # klyngeleder
    ADMINISTRATOR = "administrator"  # systemadministrator


class Purpose(StrEnum):
    """Why (Danish: formål); HL7 v3 PurposeOfUse codes."""

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    BREAK_GLASS = "BTG"
    CARE_MANAGEMENT = "CAREMGT"  # social care planning
    OPERATIONS = "HOPERAT"
    PAYMENT = "HPAYMT"
    RESEARCH = "HRESCH"
    PATIENT_REQUEST = "PATRQT"
    QUALITY = "HQUALIMP"
    PATIENT_ADMINISTRATION = "PATADMIN"
    SYSTEM_ADMINISTRATION = "HSYSADMIN"


class Action(StrEnum):
    """What is asked for."""

    LOOK_UP = "look-up"  # indhentning (§ 42 a)
    DISCLOSE = "disclose"  # videregivelse (§§ 41, 43)
    SUBMIT = "submit"  # write about the citizen
    READ_LOG = "read-log"  # indsigt i logopslag
    DECLARE = "declare"  # open one of the three doors
    DIRECT = "direct"  # write, change or end a directive
    JUDGE = "judge"  # document what a citizen can decide (vurdere evnen til at give samtykke, §§ 17 og 18)
    OVERSEE = "oversee"  # review the own organisation's use of the doors (tilsyn): no citizen is named
    EXPLAIN = "explain"  # explain or replay a decision: no clinical content (forklar, genspil)


class Evidence(StrEnum):
    """How strong the evidence of a relation is, strongest first (modelled on BRS A+ … E)."""

    REGISTER = "register"  # independent register feed
    NOTIFICATION = "notification"  # HospitalNotification, for the sending hospital
    INDEPENDENT = "independent"  # written by another organisation (referral to the beneficiary)
    SELF_ASSERTED = "self-asserted"  # written by its beneficiary: weak
    DECLARED = "declared"  # treating now, no evidence yet: weakest


class RelationKind(StrEnum):
    """What ties an organisation to a citizen (Danish: behandlingsrelation)."""

    OWN_GP = "own-gp"  # egen læge
    STAY = "stay"  # sygehusophold
    HEALTH_SERVICE = "health-service"  # kommunal sundhedsydelse, FSIII G
    SOCIAL_SERVICE = "social-service"  # FSIII H: never treatment
    APPOINTMENT = "appointment"  # aftale
    REFERRAL = "referral"  # henvisning
    RESIDENCE = "residence"  # bopælskommune: routing only, never treatment


class DeclarationKind(StrEnum):
    """The three doors for staff."""

    TREATING_NOW = "treating-now"  # aktuel behandling, § 42 a stk. 1
    CONSENT_NOW = "consent-now"  # samtykke nu, § 42 a stk. 3
    EMERGENCY = "emergency"  # værdispring, § 42 a stk. 2


class DoorReason(StrEnum):
    """Why a door was opened, as a code; the words beside it say the rest."""

    LIFE_IN_DANGER = "life-in-danger"  # fare for liv eller førlighed
    CANNOT_CONSENT = "cannot-consent"  # kan ikke tage stilling, og det kan ikke vente
    OTHERS_IN_DANGER = "others-in-danger"  # fare for andre
    PUBLIC_INTEREST = "public-interest"  # åbenbare almene interesser
    ACUTE_CONTACT = "acute-contact"  # akut henvendelse
    CALLED_IN = "called-in"  # tilkaldt eller konsulteret
    TAKEN_OVER = "taken-over"  # overtaget fra en anden enhed
    APPOINTED = "appointed"  # aftalt kontakt, som endnu ikke er registreret
    ORAL_CONSENT = "oral-consent"  # mundtligt samtykke
    WRITTEN_CONSENT = "written-consent"  # skriftligt samtykke


class RepresentationKind(StrEnum):
    """By which right one person acts for another."""

    CUSTODY = "custody"  # forældremyndighed (PARAUTH)
    GUARDIAN = "guardian"  # personlig værge
    FINANCIAL_GUARDIAN = "financial-guardian"  # økonomisk værge: no rights here
    FUTURE_POWER = "future-power"  # fremtidsfuldmagt, ikraftsat
    NEAREST_RELATIVE = "nearest-relative"  # nærmeste pårørende, § 18
    PROXY = "proxy"  # fuldmagt given by the citizen


class AssignmentKind(StrEnum):
    """Tasks other than treatment that a management gives to a named person, § 42 d, stk. 2."""

    QUALITY = "quality"  # kvalitetssikring eller -udvikling
    SUPERVISION = "supervision"  # akkreditering, tilsyn, kontrol


class JudgementKind(StrEnum):
    """What a health professional has judged and documented about a citizen's capacity."""

    INCAPABLE = "incapable"  # mangler evnen til at give samtykke i denne situation, § 18
    PERMANENTLY_INCAPABLE = "permanently-incapable"  # mangler varigt evnen til at give samtykke, § 18
    CANNOT_FORESEE = "cannot-foresee"  # kan ikke forstå konsekvenserne, § 17, stk. 2


class Effect(StrEnum):
    """What a provision does."""

    PERMIT = "permit"
    DENY = "deny"


class EvidenceMark(StrEnum):
    """How sure we are of a rule's legal text."""

    VERIFIED = "verified"
    TO_BE_CONFIRMED = "to be confirmed by a lawyer"


class Obligation(StrEnum):
    """What the service owes after using a permit."""

    LOG = "log"
    NOTIFY_CITIZEN = "notify-citizen"
    REVIEW = "review"
    NAME_RESPONSIBLE = "name-responsible"
