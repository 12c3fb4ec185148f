"""What kinds of lives there are: one row an archetype, coherent across the three sectors."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A typical stay: why, in which ward, how many days, about how many in two years."""

    reason: str
    ward: str
    days: int
    often: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype:
    """One row. `habits` are (mean, drift a year); `levels` are FSIII J code -> level 0 to 4 today.

    `nursing` and `care` are FSIII interventions (G and H) in force; no nursing means that no home nurse comes.
    `drugs` end with `?` when they are paused. `functions` are cognition, mobility, communication, swallowing,
    continence.
    `blood` is test -> (level, change a year); `sessions` is days between two home nurse's measurements.
    """

    diagnoses: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    habits: dict[str, tuple[float, float]] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    nursing: tuple[str, ...] = ()
    care: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    blood: dict[str, tuple[float, float]] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    functions: tuple[str, str, str, str, str] | None = None
    status: tuple[str, str, str] | None = None
    plan: str = ""
    follow_up: str = ""
    clinic: str = "medicine"
    sessions: int = 85


ARCHETYPES: dict[str, Archetype] = {
    "healthy": Archetype(drugs=("paracetamol-prn",), blood={"haemoglobin": (8.6, 0)}),
    "child": Archetype(stops=(Stop(reason="otitis", ward="paediatrics", days=1, often=0.15),)),
    "asthma": Archetype(
        diagnoses=("asthma", "eczema"),
        drugs=("salbutamol", "seretide"),
        habits={"respiration": (16, 0)},
        stops=(Stop(reason="asthma", ward="lung-ward", days=2, often=0.4),),
        blood={"haemoglobin": (8.4, 0), "crp": (3, 0)},
        plan="Årlig astmakontrol med lungefunktionsmåling og gennemgang af inhalationsteknik.",
    ),
    "copd": Archetype(
        diagnoses=("copd", "hypertension", "osteoporosis"),
        drugs=(
            "tiotropium",
            "seretide",
            "salbutamol",
            "losartan",
            "calcium",
            "alendronate?",
            "prednisolone?",
            "paracetamol-prn",
        ),
        habits={
            "saturation": (90.5, -0.5),
            "saturation-oxygen": (93.5, 0),
            "respiration": (19, 0.5),
            "pulse": (84, 1),
            "weight": (58, -1.5),
            "systolic": (138, 1),
        },
        levels={"J1.1": 2, "J1.3": 1, "J1.6": 0, "J1.8": 1, "J2.1": 3, "J2.4": 3, "J3.2": 2, "J3.8": 2, "J4.6": 2},
        nursing=("G1.20", "G1.29", "G1.41"),
        care=("H1.1", "H1.7", "H1.8"),
        conditions=("I7.1", "I3.5"),
        stops=(
            Stop(reason="copd", ward="lung-ward", days=6, often=1.4),
            Stop(reason="pneumonia", ward="lung-ward", days=5, often=0.4),
        ),
        blood={"creatinine": (72, 2), "haemoglobin": (8.9, 0.1), "crp": (6, 0)},
        devices=("oxygen", "rollator"),
        functions=(
            "Klar og orienteret i egne data, tid og sted",
            "Går med rollator indendørs, op til 30 meter før hvile",
            "Taler i korte sætninger ved åndenød, hører normalt",
            "Synker normalt, spiser langsomt på grund af åndenød",
            "Kontinent, går selv på toilettet",
        ),
        status=(
            "Mere åndenød end sædvanligt og tager mere ventoline. Spiser mindre.",
            "Har fået mere slim og hoste",
            "more",
        ),
        plan=(
            "KOL-kontrol hver 6. måned: lungefunktion, vægt, inhalationsteknik. "
            "Behandlingsplan for selvbehandling ved udbrud er udleveret."
        ),
        follow_up=(
            "Egen læge bedes kontrollere infektionstal og saturation efter 10 dage og vurdere inhalationsbehandlingen."
        ),
        clinic="medicine",
    ),
    "heart-failure": Archetype(
        diagnoses=("heart-failure", "atrial-fibrillation", "hypertension", "kidney-disease"),
        drugs=(
            "apixaban",
            "furosemide",
            "metoprolol",
            "enalapril",
            "spironolactone",
            "potassium?",
            "atorvastatin",
            "macrogol",
        ),
        habits={
            "pulse": (76, 0),
            "systolic": (124, -1),
            "saturation": (94.5, 0),
            "respiration": (17, 0),
            "weight": (82, 0.5),
        },
        levels={"J1.1": 1, "J1.3": 1, "J1.6": 0, "J1.8": 1, "J2.1": 2, "J2.4": 3, "J3.2": 2, "J3.8": 2, "J4.6": 2},
        nursing=("G1.9", "G1.21", "G1.41"),
        care=("H1.8", "H1.7"),
        conditions=("I7.2",),
        stops=(Stop(reason="heart-failure", ward="heart-ward", days=5, often=1.1),),
        blood={"creatinine": (118, 6), "haemoglobin": (7.9, -0.1), "crp": (4, 0)},
        devices=("pacemaker",),
        procedures=("pacemaker",),
        functions=(
            "Klar og orienteret, husker aftaler",
            "Går uden hjælpemiddel indendørs, hviler på trappen",
            "Hører nedsat, bruger høreapparat",
            "Synker normalt",
            "Hyppig vandladning om dagen, kontinent",
        ),
        status=("Vægt steget 2 kg på en uge, hævede ben.", "Har sprunget vanddrivende over under en rejse", "same"),
        plan="Hjertesvigtskontrol hver 3. måned: vægt, blodtryk, nyretal og kalium.",
        follow_up="Egen læge bedes kontrollere kreatinin og kalium om 7 dage og fortsætte optrapning af behandlingen.",
        clinic="medicine",
    ),
    "diabetes": Archetype(
        diagnoses=("diabetes-2", "hypertension", "cholesterol", "venous-ulcer"),
        drugs=("metformin", "glargine", "losartan", "atorvastatin", "aspirin", "amlodipine"),
        habits={"systolic": (142, 2), "diastolic": (82, 0), "pulse": (76, 0), "weight": (91, 1)},
        levels={"J1.1": 1, "J1.7": 2, "J2.1": 1, "J2.4": 1, "J3.8": 1, "J4.6": 1},
        nursing=("G1.20", "G1.39", "G1.41"),
        care=("H1.8",),
        conditions=("I11.3", "I4.6"),
        stops=(Stop(reason="hypoglycaemia", ward="emergency-ward", days=1, often=0.4),),
        blood={"hba1c": (58, 2), "creatinine": (88, 3), "haemoglobin": (8.5, 0)},
        procedures=("cataract",),
        functions=(
            "Klar og orienteret",
            "Går uden hjælpemiddel, nedsat følesans i fødderne",
            "Ser nedsat, læser med lup",
            "Synker normalt",
            "Kontinent",
        ),
        status=("Såret på venstre underben siver mere, blodsukker svinger.", "Skiftet skinneben mod bordben", "more"),
        plan="Diabeteskontrol hver 3. måned, fodterapeut hver 6. måned, øjenscreening årligt.",
        follow_up="Egen læge bedes gennemgå insulindosis om 14 dage.",
        clinic="diabetes-clinic",
    ),
    "diabetes-1": Archetype(
        diagnoses=("diabetes-1",),
        drugs=("glargine", "aspart"),
        stops=(Stop(reason="hypoglycaemia", ward="emergency-ward", days=1, often=0.4),),
        blood={"hba1c": (56, 0), "creatinine": (74, 0), "haemoglobin": (8.9, 0)},
        plan="Kontrol i endokrinologisk ambulatorium hver 4. måned.",
        follow_up="Blodsukkerdagbog medbringes til ambulatoriet om 14 dage.",
        clinic="diabetes-clinic",
    ),
    "dementia": Archetype(
        diagnoses=("dementia", "hypertension", "incontinence"),
        drugs=("donepezil", "memantine", "amlodipine", "mirtazapine", "macrogol", "paracetamol"),
        habits={"systolic": (128, -2), "weight": (61, -2), "pulse": (70, 0)},
        levels={
            "J1.1": 3,
            "J1.3": 3,
            "J1.4": 2,
            "J1.6": 2,
            "J1.7": 4,
            "J1.8": 3,
            "J2.1": 4,
            "J2.2": 4,
            "J2.4": 4,
            "J3.2": 2,
            "J4.2": 3,
            "J4.3": 3,
        },
        nursing=("G1.20", "G1.12", "G2.2"),
        care=("H1.1", "H1.2", "H1.3", "H1.6", "H1.11"),
        conditions=("I11.1", "I11.4", "I12.3"),
        stops=(Stop(reason="urinary-infection", ward="geriatric-ward", days=4, often=0.9),),
        blood={"creatinine": (81, 2), "haemoglobin": (7.8, -0.1), "crp": (5, 0)},
        functions=(
            "Svært nedsat hukommelse, desorienteret i tid og sted, kender sine pårørende",
            "Går med ledsagelse, rejser sig med støtte fra én",
            "Korte svar, forstår enkle opfordringer, bliver urolig ved mange mennesker",
            "Fejlsynker tyndt, får fortykket væske",
            "Inkontinent for urin, bruger ble, skal følges på toilettet",
        ),
        status=("Mere forvirret og urolig om natten end vanligt. Drikker lidt.", "Mulig blærebetændelse", "more"),
        plan="Demenskontrol hver 6. måned sammen med kommunens demenskoordinator.",
        follow_up="Egen læge bedes tage stilling til urindyrkning og gennemgå medicinen.",
        clinic="medicine",
    ),
    "hip-fracture": Archetype(
        diagnoses=("hip-fracture", "osteoporosis", "hypertension"),
        drugs=("oxycodone", "morphine", "paracetamol", "calcium", "alendronate", "macrogol", "amlodipine"),
        habits={"systolic": (130, 0), "weight": (64, -1)},
        levels={"J1.1": 2, "J1.3": 2, "J1.8": 2, "J2.1": 3, "J2.4": 3, "J3.2": 2, "J3.5": 2, "J3.8": 3},
        nursing=("G1.20", "G1.41"),
        care=("H1.1", "H1.7", "H2.4", "H2.5"),
        conditions=("I2.1", "I9.3"),
        stops=(Stop(reason="hip-fracture", ward="fracture-ward", days=8, often=1.0),),
        blood={"creatinine": (76, 0), "haemoglobin": (7.2, 0), "crp": (8, 0)},
        devices=("hip-prosthesis", "rollator"),
        procedures=("hip-prosthesis",),
        functions=(
            "Klar og orienteret",
            "Går med rollator og tilsyn, træner trapper med fysioterapeut",
            "Hører og taler normalt",
            "Synker normalt",
            "Kontinent, bruger toiletforhøjer",
        ),
        status=("Flere smerter i hoften ved gang de sidste dage.", "Efter en lang køretur", "same"),
        plan="Knogleskørhed: behandling i 5 år, blodprøver årligt.",
        follow_up="Egen læge bedes nedtrappe smertestillende over 3 uger og kontrollere blodprocent om 14 dage.",
        clinic="orthopaedics",
    ),
    "stroke": Archetype(
        diagnoses=("stroke", "hypertension", "cholesterol", "depression"),
        drugs=("clopidogrel", "atorvastatin", "losartan", "amlodipine", "sertraline"),
        habits={"systolic": (136, -2), "diastolic": (80, 0), "pulse": (70, 0), "weight": (78, 0)},
        levels={"J1.1": 2, "J1.3": 2, "J1.6": 1, "J2.1": 3, "J2.2": 3, "J2.4": 3, "J3.2": 2, "J3.8": 2, "J4.2": 1},
        nursing=("G1.21", "G1.41"),
        care=("H1.1", "H1.8", "H2.4"),
        conditions=("I5.1", "I2.1"),
        stops=(Stop(reason="stroke", ward="stroke-ward", days=9, often=1.0),),
        blood={"creatinine": (82, 1), "haemoglobin": (8.4, 0)},
        devices=("rollator",),
        functions=(
            "Orienteret, let nedsat overblik og hurtig udtrætning",
            "Højresidig svaghed, går med rollator og støtte ved trapper",
            "Afasi: leder efter ord, forstår alt, giv god tid",
            "Let synkebesvær, spiser blød kost siddende op",
            "Kontinent",
        ),
        status=(
            "Oftere svimmel ved skift fra siddende til stående.",
            "Blodtryksmedicin ændret for to uger siden",
            "same",
        ),
        plan="Blodtryk under 130/80, kontrol hver 3. måned. Genoptræning efter Sundhedslovens § 140.",
        follow_up="Egen læge bedes følge blodtrykket og stemningslejet.",
        clinic="neurology",
    ),
    "frail": Archetype(
        diagnoses=("frailty", "incontinence", "pressure-ulcer", "atrial-fibrillation"),
        drugs=("apixaban", "metoprolol", "fentanyl", "paracetamol", "macrogol", "zolpidem", "furosemide?"),
        habits={"systolic": (118, -2), "weight": (52, -2), "pulse": (78, 0), "saturation": (95, 0)},
        levels={
            "J1.1": 4,
            "J1.3": 3,
            "J1.4": 2,
            "J1.6": 2,
            "J1.8": 3,
            "J2.1": 4,
            "J2.4": 4,
            "J3.2": 3,
            "J3.5": 3,
            "J3.8": 4,
            "J4.6": 3,
        },
        nursing=("G1.20", "G1.39", "G1.5", "G1.12"),
        care=("H1.1", "H1.2", "H1.3", "H1.4", "H1.11"),
        conditions=("I1.1", "I4.4", "I12.3", "I3.5"),
        stops=(
            Stop(reason="dehydration", ward="geriatric-ward", days=4, often=0.8),
            Stop(reason="pneumonia", ward="geriatric-ward", days=6, often=0.5),
        ),
        blood={"creatinine": (95, 4), "haemoglobin": (7.0, -0.2), "crp": (9, 0)},
        devices=("catheter",),
        functions=(
            "Vågen i korte perioder, kender sine nærmeste",
            "Sengeliggende det meste af døgnet, lift og to hjælpere",
            "Svarer med enkelte ord, hører dårligt",
            "Fejlsynker, får gratinkost og fortykket væske",
            "Permanent kateter, inkontinent for afføring",
        ),
        status=("Spiser og drikker meget lidt, mere træt.", "Gradvist gennem en måned", "more"),
        plan="Fokus på lindring og velvære. Samtale om behandlingsniveau er holdt med borger og pårørende.",
        follow_up="Egen læge bedes aflægge sygebesøg inden for en uge.",
        clinic="medicine",
    ),
    "psychiatric": Archetype(
        diagnoses=("schizophrenia", "hypothyroidism", "depression"),
        drugs=("olanzapine", "levothyroxine", "sertraline", "zolpidem"),
        habits={"weight": (96, 2), "pulse": (82, 0), "systolic": (130, 1)},
        levels={"J1.1": 1, "J1.7": 2, "J2.1": 2, "J2.2": 2, "J4.2": 1, "J4.6": 2},
        nursing=("G1.20", "G1.26"),
        care=("H1.6",),
        conditions=("I6.4", "I10.2"),
        stops=(Stop(reason="schizophrenia", ward="psychiatry", days=14, often=0.6),),
        blood={"hba1c": (41, 1), "creatinine": (78, 0)},
        functions=(
            "Orienteret, hører stemmer uden at handle på dem",
            "Går frit",
            "Taler sparsomt, foretrækker få kendte hjælpere",
            "Synker normalt",
            "Kontinent",
        ),
        status=("Sover dårligt og har sagt besøg af to gange.", "Ny kontaktperson", "same"),
        plan="Årlig kontrol af vægt, blodsukker, kolesterol og EKG ved antipsykotisk behandling.",
        follow_up="Egen læge bedes kontrollere vægt og blodsukker om 3 måneder.",
        clinic="psychiatric-clinic",
    ),
    "alcohol": Archetype(
        diagnoses=("alcohol", "depression", "back-pain"),
        drugs=("thiamine", "disulfiram", "chlordiazepoxide?", "mirtazapine"),
        habits={"pulse": (86, 1), "systolic": (140, 2), "diastolic": (86, 0), "weight": (72, -1)},
        levels={"J1.7": 2, "J2.1": 2, "J2.4": 1, "J4.6": 2},
        nursing=("G1.20", "G1.27"),
        conditions=("I6.3",),
        stops=(Stop(reason="alcohol-withdrawal", ward="emergency-ward", days=3, often=1.0),),
        blood={"haemoglobin": (8.1, -0.1), "creatinine": (70, 0), "crp": (5, 0)},
        functions=(
            "Klar og orienteret i ædru tilstand",
            "Går frit, usikker ved indtag",
            "Taler frit",
            "Synker normalt",
            "Kontinent",
        ),
        status=("Har drukket dagligt den seneste uge.", "Efter et dødsfald i familien", "more"),
        plan="Opfølgning sammen med kommunens rusmiddelcenter.",
        follow_up="Egen læge bedes følge op om en uge. Henvist til kommunens rusmiddelcenter.",
        clinic="psychiatric-clinic",
    ),
}
"""Key -> archetype."""
