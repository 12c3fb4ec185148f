"""The three citizens whom the journeys are about, richer than the rest."""

from dataclasses import replace

from app.demo.archetypes import ARCHETYPES, Archetype, Stop

NANCY, BRUNO, MAY_JUNE = "2512489996", "2509479989", "0108629996"

_COPD, _HEART, _STROKE = ARCHETYPES["copd"], ARCHETYPES["heart-failure"], ARCHETYPES["stroke"]

HERO_ARCHETYPES: dict[str, Archetype] = {
    NANCY: replace(
        _COPD,
        diagnoses=("copd", "atrial-fibrillation", "hypertension", "osteoporosis"),
        drugs=(
            "warfarin",
            "metoprolol",
            "tiotropium",
            "seretide",
            "salbutamol",
            "losartan",
            "calcium",
            "alendronate?",
            "morphine",
            "paracetamol-prn",
            "macrogol",
        ),
        habits=_COPD.habits | {"saturation": (89.5, -0.6), "weight": (56.5, -1.8), "pulse": (82, 1)},
        nursing=("G1.20", "G1.21", "G1.15", "G1.41"),
        conditions=("I7.1", "I7.2", "I3.5"),
        blood=_COPD.blood | {"creatinine": (74, 3), "haemoglobin": (8.7, 0.1), "inr": (2.5, 0)},
        procedures=("cataract",),
        functions=(
            "Klar og orienteret i egne data, tid og sted. Glemmer navne når hun er træt.",
            "Går med rollator indendørs op til 30 meter, derefter hvile. Kørestol udendørs.",
            "Taler i korte sætninger ved åndenød. Bruger høreapparat på begge ører.",
            "Synker normalt. Spiser langsomt, små måltider.",
            "Kontinent. Går selv på toilettet, toiletstol om natten.",
        ),
        status=(
            "Mere åndenød end sædvanligt ved påklædning, tager ventoline 5-6 gange i døgnet. Spiser mindre.",
            "Hoster gulligt slim siden i forgårs; har ikke feber.",
            "more",
        ),
        devices=("oxygen", "rollator", "hearing-aid"),
        sessions=35,
    ),
    BRUNO: replace(
        _HEART,
        diagnoses=("heart-failure", "atrial-fibrillation", "diabetes-2", "kidney-disease", "hypertension"),
        drugs=(
            "apixaban",
            "furosemide",
            "metoprolol",
            "enalapril",
            "spironolactone",
            "potassium?",
            "glargine",
            "metformin?",
            "atorvastatin",
            "paracetamol-prn",
        ),
        nursing=("G1.20", "G1.9", "G1.41"),
        conditions=("I7.2", "I11.3"),
        blood=_HEART.blood | {"hba1c": (61, 2)},
        stops=(
            Stop(reason="heart-failure", ward="heart-ward", days=6, often=1),
            Stop(reason="pneumonia", ward="lung-ward", days=5, often=1),
        ),
        sessions=35,
    ),
    MAY_JUNE: replace(_STROKE, sessions=35),
}
"""CPR of a hero -> archetype."""

HERO_STAYS: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    NANCY: ((1, 402, 5, 0), (0, 41, 7, 0)),
    BRUNO: ((1, 310, 5, 0), (0, 96, 6, 0), (0, 19, 7, 4)),
    MAY_JUNE: ((0, 78, 12, 8),),
}
"""CPR of a hero -> stays, oldest first: (which stop, days ago, days, day of leave or 0)."""

HERO_ALLERGIES: dict[str, tuple[str, ...]] = {NANCY: ("penicillin",), BRUNO: ("nsaid", "sulfonamide")}
"""CPR of a hero -> what she or he cannot take."""
