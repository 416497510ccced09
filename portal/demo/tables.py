"""Tables of the demo's clinical world. Codes are real; people, places and prices are not."""

from typing import NamedTuple


class Drug(NamedTuple):
    rxnorm: str  # The ingredient's RxCUI: strengths are said in the text.
    name: str
    dose: str


class Disease(NamedTuple):
    icd10: str
    name: str
    years: tuple[int, int]  # Began so many years ago.
    drugs: tuple[Drug, ...] = ()
    panels: tuple[str, ...] = ()
    goal: str = ""
    sensitivity: str = ""  # HL7 ActCode: ETH substance use, PSY psychiatry, SEX reproductive.


class Test(NamedTuple):
    loinc: str
    name: str
    unit: str
    low: float | None
    high: float | None
    start: float
    end: float
    noise: float
    digits: int = 0


class Panel(NamedTuple):
    loinc: str
    name: str
    cpt: str
    cents: int
    tests: tuple[Test, ...]


class Vaccine(NamedTuple):
    cvx: str
    name: str


CONDITIONS = {
    "hypertension": Disease(
        "I10", "High blood pressure", (3, 9),
        (Drug("29046", "Lisinopril 10 mg tablet", "Take 1 tablet by mouth every morning"),
         Drug("17767", "Amlodipine 5 mg tablet", "Take 1 tablet by mouth once a day")),
        ("bmp",), "Blood pressure below 130/80",
    ),
    "diabetes": Disease(
        "E11.9", "Type 2 diabetes", (2, 8),
        (Drug("6809", "Metformin 500 mg tablet", "Take 1 tablet by mouth twice a day with meals"),),
        ("a1c", "bmp"), "A1c below 7 percent",
    ),
    "cholesterol": Disease(
        "E78.5", "High cholesterol", (2, 10),
        (Drug("83367", "Atorvastatin 20 mg tablet", "Take 1 tablet by mouth every evening"),),
        ("lipid",), "LDL cholesterol below 100 mg/dL",
    ),
    "asthma": Disease(
        "J45.909", "Asthma", (1, 6),
        (Drug("435", "Albuterol 90 mcg inhaler", "Breathe in 2 puffs every 4 to 6 hours if needed"),
         Drug("41126", "Fluticasone 44 mcg inhaler", "Breathe in 2 puffs twice a day")),
        (), "No more than 2 days a week with asthma symptoms",
    ),
    "thyroid": Disease(
        "E03.9", "Underactive thyroid", (2, 12),
        (Drug("10582", "Levothyroxine 50 mcg tablet", "Take 1 tablet on an empty stomach"),),
        ("tsh",),
    ),
    "afib": Disease(
        "I48.91", "Atrial fibrillation (irregular heartbeat)", (1, 5),
        (Drug("1364430", "Apixaban 5 mg tablet", "Take 1 tablet by mouth twice a day"),
         Drug("6918", "Metoprolol 25 mg tablet", "Take 1 tablet by mouth twice a day")),
        ("cbc",),
    ),
    "heart_failure": Disease(
        "I50.9", "Heart failure", (1, 4),
        (Drug("4603", "Furosemide 40 mg tablet", "Take 1 tablet by mouth every morning"),),
        ("bmp",), "Weigh yourself every morning and call if you gain 3 pounds in a day",
    ),
    "reflux": Disease(
        "K21.9", "Acid reflux", (1, 5),
        (Drug("7646", "Omeprazole 20 mg capsule", "Take 1 capsule before breakfast"),),
    ),
    "back_pain": Disease(
        "M54.50", "Low back pain", (1, 3),
        (Drug("5640", "Ibuprofen 400 mg tablet", "Take 1 tablet with food if needed"),),
        (), "Walk 30 minutes on 5 days a week",
    ),
    "migraine": Disease(
        "G43.909", "Migraine", (2, 9),
        (Drug("37418", "Sumatriptan 50 mg tablet", "Take 1 tablet when a migraine starts"),),
    ),
    "eczema": Disease("L20.9", "Eczema (atopic dermatitis)", (1, 2)),
    "hay_fever": Disease(
        "J30.2", "Seasonal allergies (hay fever)", (1, 5),
        (Drug("20610", "Cetirizine 10 mg tablet", "Take 1 tablet by mouth once a day"),),
    ),
    "adhd": Disease(
        "F90.2", "Attention deficit hyperactivity disorder (ADHD)", (1, 4),
        (Drug("6901", "Methylphenidate 18 mg tablet", "Take 1 tablet by mouth every morning"),),
        sensitivity="PSY",
    ),
    "depression": Disease(
        "F33.1", "Depression, returning, moderate", (1, 5),
        (Drug("36437", "Sertraline 50 mg tablet", "Take 1 tablet by mouth once a day"),),
        ("phq9",), "PHQ-9 score below 5", "PSY",
    ),
    "anxiety": Disease(
        "F41.1", "Generalized anxiety disorder", (1, 4),
        (Drug("321988", "Escitalopram 10 mg tablet", "Take 1 tablet by mouth once a day"),),
        ("gad7",), "Practice a calming exercise every day", "PSY",
    ),
    "opioid_use": Disease(
        "F11.20", "Opioid use disorder", (2, 4),
        (Drug("1819", "Buprenorphine 8 mg film", "Place 1 film under the tongue once a day"),),
        ("cbc",), "Keep all recovery visits this month", "ETH",
    ),
    "alcohol_use": Disease(
        "F10.20", "Alcohol use disorder", (1, 3),
        (Drug("7243", "Naltrexone 50 mg tablet", "Take 1 tablet by mouth once a day"),),
        (), "Go to one support meeting a week", "ETH",
    ),
    "birth_control": Disease(
        "Z30.09", "Talk about birth control", (0, 0), sensitivity="SEX",
    ),
}  # fmt: skip

CHECKUP = Disease("Z00.00", "Yearly checkup", (0, 0))

PANELS = {
    "lipid": Panel("24331-1", "Cholesterol panel", "80061", 6800, (
        Test("2093-3", "Total cholesterol", "mg/dL", None, 200, 236, 184, 8),
        Test("13457-7", "LDL (bad) cholesterol", "mg/dL", None, 100, 152, 98, 6),
        Test("2085-9", "HDL (good) cholesterol", "mg/dL", 40, None, 44, 52, 3),
        Test("2571-8", "Triglycerides", "mg/dL", None, 150, 188, 139, 10),
    )),
    "a1c": Panel("4548-4", "A1c (average blood sugar)", "83036", 4200, (
        Test("4548-4", "A1c (average blood sugar)", "%", None, 5.7, 8.4, 6.9, 0.2, 1),
    )),
    "bmp": Panel("51990-0", "Basic metabolic panel", "80048", 5400, (
        Test("2345-7", "Glucose", "mg/dL", 70, 99, 128, 104, 8),
        Test("2160-0", "Creatinine", "mg/dL", 0.6, 1.3, 0.9, 1.0, 0.08, 2),
        Test("2951-2", "Sodium", "mmol/L", 135, 145, 139, 140, 1.5),
        Test("2823-3", "Potassium", "mmol/L", 3.5, 5.1, 4.2, 4.3, 0.2, 1),
    )),
    "cbc": Panel("58410-2", "Complete blood count", "85025", 4600, (
        Test("718-7", "Hemoglobin", "g/dL", 12, 17, 13.1, 13.9, 0.4, 1),
        Test("6690-2", "White blood cells", "10*3/uL", 4, 11, 6.8, 6.6, 0.8, 1),
        Test("777-3", "Platelets", "10*3/uL", 150, 400, 242, 250, 18),
    )),
    "tsh": Panel("3016-3", "Thyroid test (TSH)", "84443", 5900, (
        Test("3016-3", "TSH", "m[IU]/L", 0.4, 4.5, 6.2, 2.6, 0.3, 2),
    )),
    "phq9": Panel("44249-1", "Depression questionnaire (PHQ-9)", "96127", 2100, (
        Test("44261-6", "PHQ-9 total score", "points", None, 4, 16, 7, 1.2),
    )),
    "gad7": Panel("69737-5", "Anxiety questionnaire (GAD-7)", "96127", 2100, (
        Test("70274-6", "GAD-7 total score", "points", None, 4, 14, 6, 1.2),
    )),
}  # fmt: skip

# SNOMED CT: code, name, criticality, reaction.
ALLERGIES = (
    ("91936005", "Penicillin allergy", "high", "Hives"),
    ("91935009", "Peanut allergy", "high", "Swelling of the lips"),
    ("300916003", "Latex allergy", "low", "Skin rash"),
    ("300913006", "Shellfish allergy", "high", "Trouble breathing"),
    ("418689008", "Grass pollen allergy", "low", "Runny nose"),
    ("232350006", "House dust mite allergy", "low", "Sneezing"),
)

# Age in months, and the vaccine given then.
CHILD_VACCINES = (
    (0, Vaccine("08", "Hepatitis B")),
    (2, Vaccine("20", "Diphtheria, tetanus, whooping cough (DTaP)")),
    (2, Vaccine("10", "Polio")),
    (2, Vaccine("133", "Pneumonia (PCV13)")),
    (4, Vaccine("20", "Diphtheria, tetanus, whooping cough (DTaP)")),
    (12, Vaccine("03", "Measles, mumps, rubella (MMR)")),
    (12, Vaccine("21", "Chickenpox")),
    (48, Vaccine("03", "Measles, mumps, rubella (MMR)")),
    (48, Vaccine("10", "Polio")),
    (133, Vaccine("115", "Tetanus, diphtheria, whooping cough (Tdap)")),
    (134, Vaccine("165", "HPV")),
    (140, Vaccine("165", "HPV")),
)
FLU = Vaccine("140", "Flu shot")
ADULT_VACCINES = (
    (19, Vaccine("115", "Tetanus, diphtheria, whooping cough (Tdap)")),
    (50, Vaccine("187", "Shingles")),
    (65, Vaccine("33", "Pneumonia (PPSV23)")),
)

# SNOMED CT: code, name, youngest age, sex or "".
PROCEDURES = (
    ("73761001", "Colonoscopy", 45, ""),
    ("24623002", "Screening mammogram", 42, "female"),
    ("29303009", "Heart tracing (ECG)", 40, ""),
    ("399208008", "Chest X-ray", 60, ""),
    ("171207006", "Depression screening", 12, ""),
    ("430193006", "Medicine review", 0, ""),
)

TOWNS = {
    "cedar": ("Alder Creek", "Cedar Valley", "Juniper Falls"),
    "harbor": ("Port Merrow", "Gull Harbor", "Seabright Point"),
}
STREETS = (
    "Larkspur Lane", "Orchard Road", "Mill Street", "Heron Way", "Sunset Terrace",
    "Maple Court", "Quarry Road", "Lantern Street", "Clover Drive", "Ferry Lane",
)  # fmt: skip

CLINICS = {
    "cedar": ("Cedar Valley Family Clinic", "Juniper Falls Hospital", "Alder Creek Lab"),
    "harbor": ("Gull Harbor Health Center", "Port Merrow Hospital", "Seabright Lab"),
}
DOCTORS = {
    "cedar": (
        ("Priya", "Raman"),
        ("Thomas", "Eklund"),
        ("Beatriz", "Solís"),
        ("Dana", "Whitehorse"),
    ),
    "harbor": (("Kofi", "Asante"), ("Hannah", "Weiss"), ("Julián", "Ortega"), ("Mei", "Tanaka")),
}
PLAN_NAMES = {"cedar": "Cedar Valley Health Plan", "harbor": "Harbor Health Plan"}
