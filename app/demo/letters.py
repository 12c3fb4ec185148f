"""Danish texts of the synthetic documents: discharge letter (epikrise) and discharge plan (udskrivningsplan)."""

from app.demo.codes import DIAGNOSES
from app.demo.drugs import DRUGS
from app.demo.life import Life, Stay
from app.demo.moments import spoken

_COURSE: dict[str, str] = {
    "copd": (
        "Indlagt akut med tiltagende åndenød og gulligt opspyt gennem tre dage. Behandlet med forstøvermedicin, "
        "prednisolon og ilt med saturationsmål 88-92 %. Forværringen er aftaget, og habitualtilstanden er næsten nået."
    ),
    "pneumonia": (
        "Indlagt med feber, hoste og åndenød. Røntgen af lungerne viste en fortætning i højre underlap. Behandlet med "
        "penicillin, først i blodåren. Infektionstallene er faldende ved udskrivelsen."
    ),
    "asthma": "Indlagt med astmaanfald udløst af forkølelse. God virkning af inhalationer og prednisolon.",
    "heart-failure": (
        "Indlagt med åndenød, hævede ben og vægtøgning på 3 kg. Vanddrivende behandling er øget midlertidigt, og "
        "vægten er faldet til den vanlige. Hjertets pumpefunktion er uændret nedsat."
    ),
    "hip-fracture": (
        "Faldet i eget hjem og pådraget brud på lårbenshalsen. Opereret samme døgn med indsættelse af halv "
        "hofteprotese. Må støtte fuldt på benet. Mobiliseret med rollator."
    ),
    "stroke": (
        "Indlagt med pludselig højresidig svaghed og talebesvær. CT viste ingen blødning, og blodpropopløsende "
        "behandling blev givet. Der er god fremgang, men fortsat lette ordfindingsvanskeligheder."
    ),
    "urinary-infection": (
        "Indlagt med feber, konfusion og påvirket almentilstand. Fundet blærebetændelse, behandlet med antibiotika. "
        "Konfusionen er aftaget, og den vanlige tilstand er nået."
    ),
    "dehydration": "Indlagt med væskemangel efter flere dage med ringe indtag. Behandlet med væske i blodåren.",
    "hypoglycaemia": "Fundet sløret med lavt blodsukker. Rettede sig hurtigt på glukose. Insulindosis er nedsat.",
    "alcohol-withdrawal": "Indlagt til abstinensbehandling efter skema. Ingen kramper. Motiveret for behandling.",
    "schizophrenia": "Indlagt frivilligt med tiltagende hørelseshallucinationer. Medicinen justeret med god virkning.",
    "otitis": "Set med høj feber og øresmerter. Mellemørebetændelse, behandlet med penicillin.",
    "appendicitis": "Opereret for blindtarmsbetændelse ved kikkertoperation uden komplikationer.",
}
"""Reason of a stay -> what happened, in three sentences."""


def discharge_letter(life: Life, stay: Stay, *, ward: str, doctor: str) -> str:
    """Return the discharge letter of an ended stay."""
    reason = DIAGNOSES[stay.reason]
    drugs = [DRUGS[key].product for key in life.archetype.drugs if not key.endswith("?")]
    lines = [
        f"EPIKRISE fra {ward}",
        f"Vedrørende: {life.citizen.name}",
        f"Indlagt {spoken(stay.start)}, udskrevet {spoken(stay.end or life.at)}.",
        "",
        f"Aktionsdiagnose: {reason.text} ({reason.sks})",
        "",
        _COURSE[stay.reason],
        "",
        f"Medicin ved udskrivelsen: {'; '.join(drugs) or 'ingen fast medicin'}.",
        f"Plan: {life.archetype.follow_up or 'Ingen opfølgning fra sygehuset.'}",
        "",
        f"Med venlig hilsen {doctor}",
    ]
    return "\n".join(lines)


def discharge_plan(life: Life, stay: Stay) -> str:
    """Return the discharge plan in one paragraph."""
    reason = DIAGNOSES[stay.reason].text.lower()
    home = "Hjemmesygeplejen fortsætter den hidtidige hjælp. " if life.archetype.nursing else ""
    return (
        f"Udskrevet {spoken(stay.end or life.at)} efter indlæggelse med {reason}. {home}"
        f"{life.archetype.follow_up} Sygehuset kan kontaktes de første 72 timer efter udskrivelsen."
    ).replace("  ", " ")
