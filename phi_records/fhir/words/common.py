"""Everyday names for the codes that records hold most, whose own names are written for experts."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from phi_records.fhir.words import care

_SYSTEMS = {"http://loinc.org", "http://snomed.info/sct"}
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_CVX = "http://hl7.org/fhir/sid/cvx"
_LANGUAGES = "urn:ietf:bcp:47"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"

_VISITS = {
    "185349003": _("Check-up"),
    "185345009": _("Visit for a symptom"),
    "185347001": _("Visit for a problem"),
    "308335008": _("Visit"),
    "390906007": _("Follow-up visit"),
    "424619006": _("Pregnancy visit"),
    "424441002": _("First pregnancy visit"),
    "169762003": _("Visit after a birth"),
    "162673000": _("General check-up"),
    "371883000": _("Procedure without a hospital stay"),
    "410620009": _("Well-child check-up"),
    "698314001": _("Visit to talk about treatment"),
    "183452005": _("Hospital stay"),
    "50849002": _("Emergency room visit"),
    "183460006": _("Emergency hospital stay in pregnancy"),
}
_PEOPLE = {
    "223366009": _("Health care worker"),
    "303118004": _("Health care worker or clinic"),
    "224891009": _("Clinic or hospital"),
}
_ANSWERS = {
    "266919005": _("Never smoked"),
    "8517006": _("Used to smoke"),
    "77176002": _("Smokes"),
    "449868002": _("Smokes every day"),
}
_VITALS = {
    "72514-3": _("Pain (0 to 10)"),
    "8302-2": _("Height"),
    "29463-7": _("Weight"),
    "8480-6": _("Upper blood pressure (systolic)"),
    "8462-4": _("Lower blood pressure (diastolic)"),
    "55284-4": _("Blood pressure"),
    "85354-9": _("Blood pressure"),
    "39156-5": _("Body mass index (BMI)"),
    "59576-9": _("Body mass index for age (percentile)"),
    "72166-2": _("Smoking"),
    "8310-5": _("Body temperature"),
    "8331-1": _("Body temperature (mouth)"),
    "8867-4": _("Heart rate"),
    "9279-1": _("Breathing rate"),
    "2708-6": _("Oxygen in the blood"),
    "59408-5": _("Oxygen in the blood"),
}
_TESTS = {
    "4548-4": _("A1C (3-month blood sugar)"),
    "2339-0": _("Blood sugar (glucose)"),
    "2345-7": _("Blood sugar (glucose)"),
    "2093-3": _("Total cholesterol"),
    "2571-8": _("Triglycerides (a fat in the blood)"),
    "18262-6": _("LDL (“bad”) cholesterol"),
    "13457-7": _("LDL (“bad”) cholesterol"),
    "2089-1": _("LDL (“bad”) cholesterol"),
    "2085-9": _("HDL (“good”) cholesterol"),
    "6299-2": _("Urea nitrogen (kidneys)"),
    "3094-0": _("Urea nitrogen (kidneys)"),
    "38483-4": _("Creatinine (kidneys)"),
    "2160-0": _("Creatinine (kidneys)"),
    "33914-3": _("Kidney filter rate (eGFR)"),
    "62238-1": _("Kidney filter rate (eGFR)"),
    "98979-8": _("Kidney filter rate (eGFR)"),
    "14959-1": _("Protein in urine (albumin to creatinine)"),
    "49765-1": _("Calcium"),
    "17861-6": _("Calcium"),
    "2947-0": _("Sodium"),
    "2951-2": _("Sodium"),
    "6298-4": _("Potassium"),
    "2823-3": _("Potassium"),
    "2069-3": _("Chloride"),
    "2075-0": _("Chloride"),
    "20565-8": _("Carbon dioxide"),
    "2028-9": _("Carbon dioxide"),
    "718-7": _("Hemoglobin (carries oxygen)"),
    "4544-3": _("Hematocrit (share of red blood cells)"),
    "20570-8": _("Hematocrit (share of red blood cells)"),
    "6690-2": _("White blood cells"),
    "789-8": _("Red blood cells"),
    "787-2": _("Size of red blood cells (MCV)"),
    "785-6": _("Hemoglobin in a red blood cell (MCH)"),
    "786-4": _("Hemoglobin share of red blood cells (MCHC)"),
    "21000-5": _("Range of red blood cell sizes (RDW)"),
    "788-0": _("Range of red blood cell sizes (RDW)"),
    "777-3": _("Platelets (help blood to clot)"),
    "32207-3": _("Range of platelet sizes (PDW)"),
    "32623-1": _("Size of platelets (MPV)"),
    "2885-2": _("Total protein"),
    "1751-7": _("Albumin (a blood protein)"),
    "10834-0": _("Globulin (a blood protein)"),
    "1975-2": _("Bilirubin (liver)"),
    "6768-6": _("ALP (liver and bones)"),
    "1742-6": _("ALT (liver)"),
    "1920-8": _("AST (liver)"),
    "57698-3": _("Cholesterol and blood fats (lipid panel)"),
    "58410-2": _("Complete blood count (CBC)"),
    "24323-8": _("Blood chemistry (comprehensive metabolic panel)"),
    "51990-0": _("Blood chemistry (basic metabolic panel)"),
    "55757-9": _("Depression screening (PHQ-2)"),
    "55758-7": _("Depression screening score (PHQ-2)"),
    "44249-1": _("Depression screening (PHQ-9)"),
    "44261-6": _("Depression screening score (PHQ-9)"),
    "69737-5": _("Anxiety screening (GAD-7)"),
    "70274-6": _("Anxiety screening score (GAD-7)"),
    "93025-5": _("Questions about your life and needs (PRAPARE)"),
    "59284-0": _("Consent of the patient"),
    "34117-2": _("Visit note: history and exam"),
    "51847-2": _("Visit note: findings and plan"),
}
_PICTURES = {
    "US": _("Ultrasound"),
    "DX": _("X-ray"),
    "CR": _("X-ray"),
    "CT": _("CT scan"),
    "MR": _("MRI scan"),
    "MG": _("Breast X-ray (mammogram)"),
}
_COPAYS = {
    "gpvisit": _("Visit to your doctor"),
    "spvisit": _("Visit to a specialist"),
    "copay": _("Copay"),
    "deductible": _("Deductible"),
    "maxoutofpocket": _("The most you pay in a year"),
    "emergency": _("Emergency room visit"),
    "urgentcare": _("Urgent care visit"),
    "televisit": _("Video or phone visit"),
    "inpthosp": _("Hospital stay"),
}
_RELATIONS = {
    "self": _("The person the plan is for"),
    "spouse": _("Spouse of the person the plan is for"),
    "child": _("Child of the person the plan is for"),
}
_FAMILY = {
    "MTH": _("Mother"),
    "FTH": _("Father"),
    "PRN": _("Parent"),
    "CHILD": _("Child"),
    "DAU": _("Daughter"),
    "SON": _("Son"),
    "SPS": _("Spouse"),
    "WIFE": _("Wife"),
    "HUSB": _("Husband"),
    "DOMPART": _("Domestic partner"),
    "SIB": _("Brother or sister"),
    "BRO": _("Brother"),
    "SIS": _("Sister"),
    "GRPRN": _("Grandparent"),
    "GRMTH": _("Grandmother"),
    "GRFTH": _("Grandfather"),
    "AUNT": _("Aunt"),
    "UNCLE": _("Uncle"),
    "FAMMEMB": _("Family member"),
    "FRND": _("Friend"),
    "GUARD": _("Guardian"),
}
_CONSENTS = {
    "patient-privacy": _("Who may see health information"),
    "research": _("Taking part in research"),
    "treatment": _("Treatment"),
    "adr": _("Wishes for care, if someone can no longer say them"),
}
_REASONS = {
    "TREAT": _("Treatment"),
    "ETREAT": _("Emergency treatment"),
    "BTG": _("Emergency: opened in spite of a rule"),
    "HPAYMT": _("Payment"),
    "HOPERAT": _("Running a clinic or health plan"),
    "HRESCH": _("Research"),
    "HMARKT": _("Advertising"),
    "PUBHLTH": _("Public health"),
    "PATRQT": _("Because the patient asked"),
    "FAMRQT": _("Because the family asked"),
    "PATADMIN": _("Office work for the patient"),
    "CAREMGT": _("Planning of care"),
    "COVERAGE": _("Health coverage"),
}
_USES = {
    "collect": _("Collect it"),
    "access": _("Look at it"),
    "use": _("Use it"),
    "disclose": _("Share it"),
    "correct": _("Correct it"),
}
_NO_VALUE = {
    "unknown": _("Not known"),
    "asked-unknown": _("Asked, but not known"),
    "temp-unknown": _("Not known yet"),
    "not-asked": _("Not asked"),
    "asked-declined": _("Asked, but no answer was given"),
    "masked": _("Kept private"),
    "not-applicable": _("Does not apply"),
    "unsupported": _("The source can not tell"),
    "error": _("Something went wrong"),
    "not-performed": _("Not performed"),
    "not-permitted": _("Not allowed to be told"),
}
_BY_SYSTEM: dict[str, Mapping[str, str | Promise]] = {
    _CVX: care.VACCINES,
    _DICOM: _PICTURES,
    f"{_HL7}v3-RoleCode": _FAMILY,
    f"{_HL7}v3-ActReason": _REASONS,
    f"{_HL7}data-absent-reason": _NO_VALUE,
    f"{_HL7}consentaction": _USES,
    f"{_HL7}consentscope": _CONSENTS,
    f"{_HL7}coverage-copay-type": _COPAYS,
    f"{_HL7}subscriber-relationship": _RELATIONS,
}
_SIDES = {
    "7771000": _("Left"),
    "24028007": _("Right"),
    "51440002": _("Both sides"),
    "419161000": _("Left"),
    "419465000": _("Right"),
}
_PLAIN: dict[str, str | Promise] = {
    **_VISITS, **_PEOPLE, **_SIDES, **_ANSWERS, **_VITALS, **_TESTS,
    **care.CONDITIONS, **care.PROCEDURES, **care.ALLERGIES,
}  # fmt: skip


def everyday_name(coding: Mapping[str, Any]) -> str:
    """What people call it, or nothing."""
    system, code = coding.get("system"), coding.get("code")
    if not isinstance(code, str) or not isinstance(system, str):
        return ""
    if system == _LANGUAGES:
        return _language(code)
    if isinstance(system, str) and system in _BY_SYSTEM:
        return str(_BY_SYSTEM[system].get(code, ""))
    return str(_PLAIN.get(code, "")) if system in _SYSTEMS else ""


def language_name(code: str) -> str:
    return _language(code.casefold())


def _language(code: str) -> str:
    """English, in the reader's own language."""
    if code.partition("-")[0] == "ht":
        return str(_("Haitian Creole"))
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return ""
