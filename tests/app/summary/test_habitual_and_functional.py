"""Habitual values beside the latest, and the functional level before the first contact of the chain of stays."""

import pytest
from summary_builders import (
    AT,
    HOSPITAL,
    MUNICIPALITY,
    ago,
    condition,
    document,
    entry,
    habitual,
    level,
    observation,
    quantity,
    refs,
    sections,
    stay,
    supply,
    told,
    words,
)

from app.summary import times
from consent.vocabulary import Category
from schemas.terminology import systems
from schemas.terminology.systems import CODES, LOINC, NPU

C = Category
SATURATION = (LOINC, "59408-5")
PULSE = (LOINC, "8867-4")


def declared(id: str, code: tuple[str, str], of: str = MUNICIPALITY, **changed: object):
    return entry(habitual(id, code, **changed), C.HABITUAL_VALUE, of=of)


def measured(id: str, code: tuple[str, str], when: str, value: float, unit: str = "/min", **changed: object):
    made = observation(id, code, when, valueQuantity=quantity(value, unit), **changed)
    return entry(made, C.MEASUREMENT, of=HOSPITAL)


def saturation_range():
    return {"valueRange": {"low": quantity(88, "%"), "high": quantity(91, "%")}}


# Habitual values


def test_a_declared_value_stands_with_window_author_and_source_beside_the_latest():
    made = [
        declared("h1", PULSE, valueQuantity=quantity(72, "/min")),
        measured("o1", PULSE, ago(hours=3), 104),
        measured("o2", PULSE, ago(days=3), 90),
    ]
    section = sections(document(*made))["8716-3"]
    shown = words(section)
    assert "Habituel: 72 /min, erklæret, gælder perioden: 01.09.2025\N{EN DASH}28.02.2026" in shown
    assert "forfatter: Sygeplejerske Mette Holm" in shown
    assert "Seneste: 104 /min pr. 10.03.2026 00:00 · Nordkyst Hospital" in shown
    assert refs(section) == ["Observation/h1", "Observation/o1"]


def test_a_declared_range_is_written_with_its_unit_once():
    shown = told(declared("h1", SATURATION, component=[supply("room-air")], **saturation_range()), section="8716-3")
    assert "Habituel: 88\N{EN DASH}91 %" in shown


def test_saturation_on_oxygen_and_on_room_air_never_mix():
    flow = {"code": {"coding": [{"system": LOINC, "code": "3151-8"}]}, "valueQuantity": quantity(2, "L/min")}
    shown = told(
        declared("h1", SATURATION, component=[supply("room-air")], **saturation_range()),
        measured("o1", SATURATION, ago(hours=1), 95, "%", component=[flow]),
        measured("o2", SATURATION, ago(hours=2), 90, "%"),
        section="8716-3",
    )
    lines = shown.split("\n")
    at = {name: lines.index(name) for name in lines if name.startswith("Saturation")}
    assert list(at) == ["Saturation uden ilt", "Saturation med ilt", "Saturation ilt ikke oplyst"]
    assert lines[at["Saturation uden ilt"] + 1].startswith("Habituel: 88\N{EN DASH}91 %")
    assert lines[at["Saturation uden ilt"] + 2] == "Saturation med ilt"
    assert lines[at["Saturation med ilt"] + 1].startswith("Seneste: 95 %, ilt: 2 L/min")
    assert lines[at["Saturation ilt ikke oplyst"] + 1].startswith("Seneste: 90 %")


def test_oxygen_concentration_above_that_of_air_means_oxygen():
    percent = {"code": {"coding": [{"system": LOINC, "code": "3150-6"}]}, "valueQuantity": quantity(28, "%")}
    assert "Saturation med ilt" in told(
        measured("o1", SATURATION, ago(hours=1), 95, "%", component=[percent]), section="8716-3"
    )


def test_a_stale_declared_value_is_marked_and_stays_beside_the_latest():
    shown = told(
        declared("h1", PULSE, end="2025-06-30", valueQuantity=quantity(72, "/min")),
        measured("o1", PULSE, ago(hours=3), 104),
        section="8716-3",
    )
    line = next(line for line in shown.split("\n") if line.startswith("Habituel"))
    assert line.endswith("GAMMEL OPLYSNING (stale)")
    assert "Seneste: 104 /min" in shown


def test_two_sources_that_declare_differently_both_stand():
    shown = told(
        declared("h1", PULSE, valueQuantity=quantity(72, "/min")),
        declared("h2", PULSE, of=HOSPITAL, valueQuantity=quantity(80, "/min")),
        section="8716-3",
    )
    assert "Habituel: 72 /min" in shown
    assert "Habituel: 80 /min" in shown


def pressure(upper: float, lower: float):
    return [
        {"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}, "valueQuantity": quantity(upper, "mm[Hg]")},
        {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": quantity(lower, "mm[Hg]")},
    ]


def test_blood_pressure_is_written_as_one():
    made = entry(observation("o1", (LOINC, "85354-9"), ago(hours=1), component=pressure(131, 78)), C.MEASUREMENT)
    assert "Blodtryk\nSeneste: 131/78 mm[Hg]" in told(made, section="8716-3")


def test_halves_of_a_blood_pressure_that_came_alone_stand_under_it():
    shown = told(
        measured("o1", (NPU, "DNK05472"), ago(hours=1), 140, "mm[Hg]"),
        measured("o2", ("urn:oid:1.2.208.176.2.1", "DNK05473"), ago(hours=1), 80, "mm[Hg]"),
        section="8716-3",
    )
    assert shown.split("\n")[1:4:1][0] == "Blodtryk"
    assert "Seneste: 140 mm[Hg]" in shown
    assert "Seneste: 80 mm[Hg]" in shown


def test_what_is_missing_among_the_values_is_named():
    assert "ikke oplyst: Blodtryk, Saturation, Respirationsfrekvens, Temperatur, Vægt" in told(
        measured("o1", PULSE, ago(hours=3), 104), section="8716-3"
    )


def test_other_recent_measurements_stand_after_the_usual_ones():
    score = observation(
        "o1", (systems.MEDCOM_OBSERVATION, "MCS88125"), ago(days=1), text="TOBS-score", valueQuantity=quantity(4, "1")
    )
    old = observation("o2", (systems.SNOMED, "1144798005"), ago(days=60), text="Smerte", valueString="svær")
    shown = told(entry(score, C.MEASUREMENT), entry(old, C.MEASUREMENT), section="8716-3")
    assert "Andre målinger Other measurements\nTOBS-score: 4 pr." in shown
    assert "Smerte" not in shown


def test_computing_is_off_unless_asked_for():
    made = [measured(f"o{day}", PULSE, ago(days=day), 70 + day) for day in (30, 31, 32)]
    assert "Beregnet" not in told(*made, section="8716-3")
    assert "Beregnet habituel (median, spredning): 101 (100\N{EN DASH}102) /min, n = 3" in told(
        *made, section="8716-3", computing=True
    )


def test_measurements_within_stays_are_not_computed_from():
    made = [measured(f"o{day}", PULSE, ago(days=day), 70) for day in (30, 31, 32)]
    inside = entry(stay("e1", ago(days=33), ago(days=31)), C.ADMISSION, of=HOSPITAL)
    assert "Beregnet" not in told(*made, inside, section="8716-3", computing=True)


def test_a_computed_value_stands_beside_a_declared_one_and_never_replaces_it():
    made = [measured(f"o{day}", PULSE, ago(days=day), 70) for day in (30, 31, 32)]
    shown = told(
        *made,
        declared("h1", PULSE, end="2024-01-01", valueQuantity=quantity(60, "/min")),
        section="8716-3",
        computing=True,
    )
    assert "Habituel: 60 /min" in shown
    assert "Beregnet habituel (median, spredning): 70 /min, n = 3" in shown.replace("70 (70)", "70")


def test_baseline_tests_show_declared_latest_before_the_stay_and_latest():
    code = (NPU, "NPU18016")
    made = [
        declared("h1", code, valueQuantity=quantity(80, "umol/L")),
        entry(observation("l1", code, ago(days=20), valueQuantity=quantity(84, "umol/L")), C.LAB_RESULT),
        entry(observation("l2", code, ago(hours=2), valueQuantity=quantity(190, "umol/L")), C.LAB_RESULT, of=HOSPITAL),
        entry(stay("e1", ago(days=1)), C.ADMISSION, of=HOSPITAL),
    ]
    shown = told(*made, section="baseline-tests")
    assert "Kreatinin\nHabituel: 80 umol/L" in shown
    assert "Seneste før forløbet: 84 umol/L" in shown
    assert "Seneste: 190 umol/L" in shown
    assert "ikke oplyst: Hæmoglobin" in shown


# Habitual function


def test_habitual_functions_stand_in_their_order_and_missing_ones_are_named():
    shown = told(
        declared("h1", (CODES, "habitual-continence"), valueString="Kontinent"),
        declared("h2", (CODES, "habitual-cognition"), valueString="Klar og orienteret"),
        section="habitual-function",
    )
    assert shown.index("Kognition\nHabituel: Klar og orienteret") < shown.index("Kontinens\nHabituel: Kontinent")
    assert "ikke oplyst: Mobilitet, Kommunikation, Synkefunktion" in shown


def test_fsiii_speaks_beside_the_declared_function_in_its_own_words():
    shown = told(
        declared("h1", (CODES, "habitual-mobility"), valueString="Går med rollator"),
        entry(level("J3.8", "B3", "2026-01-02"), C.FUNCTIONAL_LEVEL),
        entry(condition("i1", "Problemer med kommunikation", (systems.FSIII, "I5.1")), C.DIAGNOSIS),
        section="habitual-function",
    )
    assert "FSIII Gå: niveau 2 (moderate begrænsninger) pr. 02.01.2026" in shown
    assert "Kommunikation\nProblemer med kommunikation (FSIII I5.1)" in shown


# Functional level


def fsiii(id: str, severity: str, recorded: str, code: str = "J3.8", of: str = MUNICIPALITY):
    return entry(level(code, severity, recorded, id), C.FUNCTIONAL_LEVEL, of=of)


def admitted(days: float = 2):
    return entry(stay("e1", ago(days=days)), C.ADMISSION, of=HOSPITAL)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("B1", "niveau 0 (ingen/ubetydelige begrænsninger)"),
        ("B2", "niveau 1 (lette begrænsninger)"),
        ("B3", "niveau 2 (moderate begrænsninger)"),
        ("B4", "niveau 3 (svære begrænsninger)"),
        ("B5", "niveau 4 (totale begrænsninger)"),
        ("B6", "Gå: ikke relevant"),
        ("d984ad21-48fe-4619-845e-2aa0303048e7", "niveau 2 (moderate begrænsninger)"),
    ],
)
def test_a_level_stands_in_number_and_words_in_either_code_form(code: str, said: str):
    assert said in told(fsiii("f1", code, "2026-01-01"), section="47420-5")


def test_the_uuid_and_the_legacy_code_of_a_function_are_one():
    shown = told(
        fsiii("f1", "B3", "2026-01-01"),
        fsiii("f2", "B2", "2025-01-01", code="51697715-965a-40f3-b4a5-819103bf9d49"),
        section="47420-5",
    )
    assert shown.count("Gå: niveau") == 1


def test_the_level_is_that_before_the_first_contact_of_the_chain():
    made = document(
        fsiii("before", "B3", "2026-01-10"),
        fsiii("during", "B5", ago(days=1)),
        entry(stay("em", ago(days=3), ago(days=2, hours=20), code="EMER"), C.ADMISSION, of=HOSPITAL),
        admitted(2.8),
    )
    section = sections(made)["47420-5"]
    shown = words(section)
    assert "Niveau før første kontakt i det aktuelle forløb" in shown
    assert "Gå: niveau 2 (moderate begrænsninger) pr. 10.01.2026" in shown
    assert "vurderet under forløbet: niveau 4 (totale begrænsninger)" in shown
    assert refs(section) == ["Condition/before", "Condition/during"]


def test_a_level_assessed_within_an_earlier_stay_of_the_same_chain_is_not_the_level_before():
    shown = told(
        fsiii("before", "B2", "2026-01-10"),
        fsiii("between", "B5", ago(days=6)),
        entry(stay("e0", ago(days=7), ago(days=5)), C.ADMISSION, of=HOSPITAL),
        entry(stay("e1", ago(days=4, hours=20)), C.ADMISSION, of="399841000016000"),
        section="47420-5",
    )
    assert "Gå: niveau 1 (lette begrænsninger)" in shown


def test_without_a_level_before_the_stay_that_is_said():
    shown = told(fsiii("during", "B4", ago(days=1)), admitted(), section="47420-5")
    assert "Gå: niveau før indlæggelsen kendes ikke her" in shown
    assert "vurderet under forløbet: niveau 3" in shown


def test_a_change_within_14_days_before_the_stay_shows_both_levels():
    shown = told(fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B4", ago(days=8)), admitted(), section="47420-5")
    assert "Gå: niveau 3 (svære begrænsninger)" in shown
    assert "ÆNDRET inden for 14 dage før (changed within the 14 days before) forværret: tidligere niveau 1" in shown


def test_an_older_change_shows_the_newest_level_alone():
    shown = told(fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B4", ago(days=17)), admitted(), section="47420-5")
    assert "niveau 3" in shown
    assert "ÆNDRET" not in shown


def test_a_level_without_rank_is_never_called_better_or_worse():
    shown = told(fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B6", ago(days=8)), admitted(), section="47420-5")
    assert "ÆNDRET" in shown
    assert "forværret" not in shown
    assert "forbedret" not in shown


def test_the_level_in_force_before_the_window_counts_not_one_of_two_changes_in_it():
    shown = told(
        fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B3", ago(days=12)), fsiii("f3", "B4", ago(days=5)), admitted(),
        section="47420-5",
    )  # fmt: skip
    assert "tidligere niveau 1" in shown


def test_the_same_function_of_two_sources_stands_twice():
    shown = told(fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B4", "2025-11-01", of=HOSPITAL), section="47420-5")
    assert shown.count("Gå: niveau") == 2


def test_an_old_level_is_marked():
    assert "GAMMEL OPLYSNING" in told(fsiii("f1", "B2", "2024-10-01"), section="47420-5")


def test_outside_a_stay_a_recent_change_is_shown_until_14_days_have_passed():
    made = [fsiii("f1", "B2", "2025-10-01"), fsiii("f2", "B4", ago(days=8))]
    first = document(*made)
    assert "ÆNDRET" in words(sections(first)["47420-5"])
    assert first.valid_until == times.from_us(times.to_us(AT) + 6 * times.DAY)
    assert "ÆNDRET" not in told(*made, section="47420-5", at=first.valid_until)


def test_functions_stand_in_the_order_of_their_codes():
    shown = told(
        fsiii("f1", "B2", "2026-01-01", code="J3.8"),
        entry(level("J1.1", "B2", "2026-01-01", "f2", "Vaske sig"), C.FUNCTIONAL_LEVEL),
        entry(level("J2.4", "B2", "2026-01-01", "f3", "Indkøb"), C.FUNCTIONAL_LEVEL),
        section="47420-5",
    )
    assert shown.index("Vaske sig") < shown.index("Indkøb") < shown.index("Gå:")


def test_an_expected_level_is_a_goal():
    goal = {
        "resourceType": "Goal",
        "id": "g1",
        "lifecycleStatus": "active",
        "description": {"text": "Gå"},
        "startDate": "2026-01-01",
        "target": [{"detailCodeableConcept": {"coding": [{"system": systems.FSIII, "code": "B2"}]}}],
    }
    assert "Gå, forventet: niveau 1 (lette begrænsninger)" in told(entry(goal, C.FUNCTIONAL_LEVEL), section="goals")
