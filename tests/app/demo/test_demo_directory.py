"""Organisations, staff, clients and personas hang together and cannot be taken for real ones."""

from datetime import UTC, datetime

from app.demo.cluster import generate
from app.demo.organisations import BY_SOR, MUNICIPALITIES, ORGANISATIONS, unit, verhoeff
from app.demo.personas import PERSONAS, client_rows, delegation_rows, staff_rows
from app.store.tables import client, delegation, organisation, staff
from consent.model import OrganisationKey, Organisations
from consent.vocabulary import Function, Purpose

WANTED = {
    "hospital-doctor",
    "hospital-nurse",
    "hospital-secretary",
    "gp",
    "other-gp",
    "home-nurse",
    "home-carer",
    "acute-nurse",
    "caseworker",
    "addiction-nurse",
    "citizen",
    "dpo",
    "hospital-system",
    "municipality-system",
    "gp-system",
    "register-feed",
    "lab-system",
}


def test_every_persona_that_others_rely_on_exists():
    assert set(PERSONAS) >= WANTED
    assert all(key == persona.key for key, persona in PERSONAS.items())


def test_sor_numbers_have_the_registers_form_and_a_valid_check_digit():
    for row in ORGANISATIONS.values():
        assert row.sor.isdigit()
        assert row.sor.startswith("9999")
        assert verhoeff(row.sor) == 0
    assert verhoeff("265161000016000") == 0  # published in an official example


def test_glns_have_a_valid_check_digit_and_a_prefix_that_nobody_owns():
    for row in ORGANISATIONS.values():
        digits = [int(digit) for digit in row.gln]
        assert len(digits) == 13
        assert row.gln.startswith("29")
        assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_telephone_numbers_are_nobodys():
    assert all(row.phone.startswith("+45 00") for row in ORGANISATIONS.values())
    assert len({row.phone for row in ORGANISATIONS.values()}) == len(ORGANISATIONS)


def test_parents_exist_and_come_first():
    seen: set[str] = set()
    for row in ORGANISATIONS.values():
        assert row.parent is None or row.parent in seen
        seen.add(row.sor)


def test_each_municipality_has_its_units():
    for code in MUNICIPALITIES:
        for kind in ("nursing", "home-care", "acute", "beds", "addiction", "rehabilitation", "casework"):
            assert unit(kind, code).municipality == code


def test_there_are_a_hospital_two_municipalities_four_practices_and_a_region():
    kinds = [row.kind for row in ORGANISATIONS.values()]
    assert [kinds.count(kind) for kind in ("region", "hospital", "municipality", "general-practice")] == [1, 1, 2, 4]


def test_rows_fit_their_tables():
    cluster = generate(citizens=1, at=datetime(2026, 1, 1, tzinfo=UTC))
    for table, rows in (
        (organisation, cluster.organisations),
        (staff, cluster.staff),
        (delegation, cluster.delegations),
        (client, cluster.clients),
    ):
        columns = {column.name for column in table.columns}
        assert rows
        assert all(set(row) == columns for row in rows)
        keys = [tuple(row[column.name] for column in table.primary_key) for row in rows]
        assert len(set(keys)) == len(keys)


def test_a_clients_ceiling_covers_its_personas():
    tree = Organisations(
        parents={OrganisationKey(row.sor): OrganisationKey(row.parent) for row in BY_SOR.values() if row.parent}
    )
    ceilings = {row["id"]: row for row in client_rows()}
    for persona in PERSONAS.values():
        ceiling = ceilings[persona.client]
        assert persona.function.value in ceiling["functions"].split(",")
        assert persona.purpose.value in ceiling["purposes"].split(",")
        if persona.organisation is not None:
            assert tree.is_within(persona.organisation, OrganisationKey(ceiling["organisation"]))


def test_functions_and_purposes_of_clients_are_words_of_the_engine():
    for row in client_rows():
        assert {Function(word) for word in row["functions"].split(",")}
        assert {Purpose(word) for word in row["purposes"].split(",")}


def test_assistants_act_for_a_doctor_of_the_same_place_by_delegation():
    assistants = {persona.person for persona in PERSONAS.values() if persona.function is Function.ASSISTANT}
    assert {row["person"] for row in delegation_rows()} == assistants
    doctors = {row["person"]: row for row in staff_rows() if row["profession"] == "7170"}
    for row in delegation_rows():
        assert doctors[row["responsible"]]["organisations"] == row["organisation"]


def test_social_care_and_secretaries_hold_no_authorisation_to_emergencies():
    for key in ("home-carer", "caseworker", "hospital-secretary", "dpo"):
        assert PERSONAS[key].authorisation is None
