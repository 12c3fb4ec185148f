"""Drugs of the synthetic cluster as they stand on a list: ATC, product, dosage in words and numbers, purpose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug as it is written on a list; `daily` 0 means as needed."""

    atc: str
    name: str
    strength: str
    form: str
    dosage: str
    daily: int
    amount: float
    unit: str
    route: str
    indication: str

    @property
    def product(self) -> str:
        """Name, strength and form in one line."""
        return f"{self.name} {self.strength} {self.form}"


def _drug(atc: str, product: str, dosage: str, daily: int, dose: str, indication: str, route: str = "Oral") -> Drug:
    name, strength, form = product.split("|")
    amount, unit = dose.split(" ", 1)
    return Drug(
        atc=atc,
        name=name,
        strength=strength,
        form=form,
        dosage=dosage,
        daily=daily,
        amount=float(amount),
        unit=unit,
        route=route,
        indication=indication,
    )


_SKIN = "Subkutan anvendelse"
_AIR = "Til inhalation"
DRUGS: dict[str, Drug] = {
    "warfarin": _drug(
        "B01AA03",
        "Warfarin|2,5 mg|tabletter",
        "1 tablet kl. 18 efter INR",
        1,
        "1 tablet",
        "blodpropper ved atrieflimren",
    ),
    "apixaban": _drug(
        "B01AF02",
        "Apixaban|5 mg|tabletter",
        "1 tablet morgen og aften",
        2,
        "1 tablet",
        "blodpropper ved atrieflimren",
    ),
    "clopidogrel": _drug(
        "B01AC04", "Clopidogrel|75 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forebyggelse af blodprop"
    ),
    "aspirin": _drug(
        "B01AC06", "Acetylsalicylsyre|75 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forebyggelse af blodprop"
    ),
    "metformin": _drug(
        "A10BA02", "Metformin|500 mg|tabletter", "2 tabletter morgen og aften", 2, "2 tablet", "type 2-diabetes"
    ),
    "glargine": _drug(
        "A10AE04", "Insulin glargin|100 E/ml|injektionsvæske", "18 E til aften", 1, "18 E", "diabetes", _SKIN
    ),
    "aspart": _drug(
        "A10AB05", "Insulin aspart|100 E/ml|injektionsvæske", "6 E før hovedmåltider", 3, "6 E", "diabetes", _SKIN
    ),
    "morphine": _drug(
        "N02AA01",
        "Morfin|5 mg|tabletter",
        "1 tablet ved behov, højst 4 gange i døgnet",
        0,
        "1 tablet",
        "stærke smerter",
    ),
    "oxycodone": _drug(
        "N02AA05", "Oxycodon|5 mg|depottabletter", "1 tablet morgen og aften", 2, "1 tablet", "stærke smerter"
    ),
    "fentanyl": _drug(
        "N02AB03",
        "Fentanyl|12 mikrog/time|depotplaster",
        "1 plaster hvert 3. døgn",
        1,
        "1 plaster",
        "stærke smerter",
        "Transdermal",
    ),
    "paracetamol": _drug(
        "N02BE01", "Paracetamol|500 mg|tabletter", "2 tabletter 4 gange i døgnet", 4, "2 tablet", "smerter"
    ),
    "paracetamol-prn": _drug(
        "N02BE01",
        "Paracetamol|500 mg|tabletter",
        "2 tabletter ved behov, højst 4 gange i døgnet",
        0,
        "2 tablet",
        "smerter",
    ),
    "furosemide": _drug(
        "C03CA01",
        "Furosemid|40 mg|tabletter",
        "1 tablet morgen og middag",
        2,
        "1 tablet",
        "hjertesvigt",
    ),
    "metoprolol": _drug("C07AB02", "Metoprolol|50 mg|depottabletter", "1 tablet morgen", 1, "1 tablet", "hurtig puls"),
    "enalapril": _drug("C09AA02", "Enalapril|10 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forhøjet blodtryk"),
    "losartan": _drug("C09CA01", "Losartan|50 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forhøjet blodtryk"),
    "amlodipine": _drug("C08CA01", "Amlodipin|5 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forhøjet blodtryk"),
    "spironolactone": _drug(
        "C03DA01", "Spironolacton|25 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "hjertesvigt"
    ),
    "digoxin": _drug("C01AA05", "Digoxin|62,5 mikrog|tabletter", "2 tabletter morgen", 1, "2 tablet", "hurtig puls"),
    "atorvastatin": _drug(
        "C10AA05", "Atorvastatin|40 mg|tabletter", "1 tablet aften", 1, "1 tablet", "forhøjet kolesterol"
    ),
    "salbutamol": _drug(
        "R03AC02",
        "Salbutamol|0,2 mg/dosis|inhalationspulver",
        "1 sug ved behov, højst 8 gange i døgnet",
        0,
        "1 sug",
        "åndenød",
        _AIR,
    ),
    "tiotropium": _drug(
        "R03BB04", "Tiotropium|2,5 mikrog/dosis|inhalationsvæske", "2 sug morgen", 1, "2 sug", "KOL", _AIR
    ),
    "seretide": _drug(
        "R03AK06",
        "Salmeterol og fluticason|50+250 mikrog/dosis|inhalationspulver",
        "1 sug morgen og aften",
        2,
        "1 sug",
        "KOL",
        _AIR,
    ),
    "prednisolone": _drug(
        "H02AB06", "Prednisolon|25 mg|tabletter", "1 tablet morgen i 5 dage", 1, "1 tablet", "KOL i udbrud"
    ),
    "pantoprazole": _drug("A02BC02", "Pantoprazol|20 mg|enterotabletter", "1 tablet morgen", 1, "1 tablet", "mavesår"),
    "macrogol": _drug("A06AD65", "Macrogol|13,8 g|pulver", "1 brev ved behov", 0, "1 brev", "forstoppelse"),
    "potassium": _drug(
        "A12BA01",
        "Kaliumchlorid|750 mg|depottabletter",
        "1 tablet morgen og aften",
        2,
        "1 tablet",
        "forebyggelse af kaliummangel",
    ),
    "calcium": _drug(
        "A12AX",
        "Calcium og D-vitamin|400 mg+19 mikrog|tabletter",
        "1 tablet morgen og aften",
        2,
        "1 tablet",
        "knogleskørhed",
    ),
    "alendronate": _drug("M05BA04", "Alendronat|70 mg|tabletter", "1 tablet om ugen", 1, "1 tablet", "knogleskørhed"),
    "donepezil": _drug("N06DA02", "Donepezil|10 mg|tabletter", "1 tablet aften", 1, "1 tablet", "demens"),
    "memantine": _drug("N06DX01", "Memantin|10 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "demens"),
    "sertraline": _drug("N06AB06", "Sertralin|50 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "depression"),
    "mirtazapine": _drug("N06AX11", "Mirtazapin|15 mg|tabletter", "1 tablet til natten", 1, "1 tablet", "depression"),
    "olanzapine": _drug("N05AH03", "Olanzapin|10 mg|tabletter", "1 tablet aften", 1, "1 tablet", "psykose"),
    "chlordiazepoxide": _drug(
        "N05BA02", "Chlordiazepoxid|25 mg|tabletter", "efter abstinensskema", 1, "1 tablet", "abstinenser"
    ),
    "thiamine": _drug(
        "A11DA01", "Thiamin|300 mg|tabletter", "1 tablet morgen", 1, "1 tablet", "forebyggelse af B1-mangel"
    ),
    "disulfiram": _drug(
        "N07BB01",
        "Disulfiram|400 mg|brusetabletter",
        "2 tabletter to gange om ugen under opsyn",
        1,
        "2 tablet",
        "alkoholafhængighed",
    ),
    "levothyroxine": _drug(
        "H03AA01", "Levothyroxin|100 mikrog|tabletter", "1 tablet morgen", 1, "1 tablet", "for lavt stofskifte"
    ),
    "pivmecillinam": _drug(
        "J01CA08",
        "Pivmecillinam|400 mg|tabletter",
        "1 tablet 3 gange i døgnet i 3 dage",
        3,
        "1 tablet",
        "blærebetændelse",
    ),
    "penicillin": _drug(
        "J01CE02",
        "Phenoxymethylpenicillin|660 mg|tabletter",
        "1 tablet 4 gange i døgnet i 7 dage",
        4,
        "1 tablet",
        "infektion",
    ),
    "zolpidem": _drug(
        "N05CF02", "Zolpidem|5 mg|tabletter", "1 tablet til natten ved behov", 0, "1 tablet", "søvnløshed"
    ),
}
"""Short name -> drug."""
