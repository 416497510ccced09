"""The kinds of record a member sees, and which resources belong to which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    slug: str
    icon: str
    title: str | Promise
    empty: str | Promise


CONDITIONS = Kind(
    "conditions", "record", _("Conditions"), _("There are no conditions in your plan record.")
)
MEDICINES = Kind(
    "medicines", "pill", _("Medicines"), _("There are no medicines in your plan record.")
)
ALLERGIES = Kind(
    "allergies",
    "warn",
    _("Allergies"),
    _("There are no allergies in your plan record. If you have one, tell your care team."),
)
IMMUNIZATIONS = Kind(
    "immunizations", "shield", _("Vaccines"), _("There are no vaccines in your plan record.")
)
TESTS = Kind(
    "tests",
    "lab",
    _("Test results"),
    _("There are no tests in your plan record. Tests done elsewhere may not show."),
)
VITALS = Kind(
    "vitals", "lab", _("Vitals"), _("There are no weights, blood pressures or the like here yet.")
)
VISITS = Kind("visits", "calendar", _("Visits"), _("There are no visits in your plan record."))
PROCEDURES = Kind(
    "procedures", "check", _("Procedures"), _("There are no procedures in your plan record.")
)
CLAIMS = Kind(
    "claims",
    "clip",
    _("Claims"),
    _("There are no claims yet. A claim shows here after a clinic bills your plan."),
)
COVERAGE = Kind("coverage", "shield", _("Coverage"), _("There is no coverage in your plan record."))
CARE_TEAM = Kind(
    "care-team", "person", _("Care team"), _("There is no care team in your plan record.")
)
DOCUMENTS = Kind(
    "documents", "record", _("Documents"), _("There are no documents in your plan record.")
)
OTHER = Kind("other", "info", _("Other records"), _("There are no other records."))

KINDS = (
    CONDITIONS,
    MEDICINES,
    ALLERGIES,
    IMMUNIZATIONS,
    TESTS,
    VITALS,
    VISITS,
    PROCEDURES,
    CLAIMS,
    COVERAGE,
    CARE_TEAM,
    DOCUMENTS,
    OTHER,
)
BY_SLUG = {kind.slug: kind for kind in KINDS}

_BY_TYPE = {
    "Condition": CONDITIONS,
    "MedicationRequest": MEDICINES,
    "MedicationStatement": MEDICINES,
    "MedicationDispense": MEDICINES,
    "MedicationAdministration": MEDICINES,
    "AllergyIntolerance": ALLERGIES,
    "Immunization": IMMUNIZATIONS,
    "ImmunizationRecommendation": IMMUNIZATIONS,
    "DiagnosticReport": TESTS,
    "ImagingStudy": TESTS,
    "Encounter": VISITS,
    "Appointment": VISITS,
    "EpisodeOfCare": VISITS,
    "Procedure": PROCEDURES,
    "ExplanationOfBenefit": CLAIMS,
    "Claim": CLAIMS,
    "ClaimResponse": CLAIMS,
    "Coverage": COVERAGE,
    "CareTeam": CARE_TEAM,
    "DocumentReference": DOCUMENTS,
    "Composition": DOCUMENTS,
    "Media": DOCUMENTS,
}
_VITAL = frozenset({"vital-signs", "vital-sign", "activity"})
_TEST = frozenset({"laboratory", "imaging", "procedure", "exam", "therapy", "survey"})
_NOTE = frozenset({"34117-2", "51847-2", "11506-3", "clinical-note"})

DIRECTORY_TYPES = frozenset(
    {
        "Endpoint",
        "HealthcareService",
        "InsurancePlan",
        "Location",
        "Medication",
        "Organization",
        "OrganizationAffiliation",
        "Practitioner",
        "PractitionerRole",
    }
)
"""Shared by many members and about none of them: no list shows these."""


def kind_of(resource: Mapping[str, Any]) -> Kind:
    named = resource.get("resourceType")
    if named == "Observation":
        return _kind_of_observation(_categories(resource))
    if named == "DiagnosticReport" and _NOTE & _categories(resource):
        return DOCUMENTS
    return _BY_TYPE.get(named, OTHER) if isinstance(named, str) else OTHER


def _kind_of_observation(categories: set[str]) -> Kind:
    if categories & _VITAL:
        return VITALS
    return TESTS if categories & _TEST or not categories else OTHER


def _categories(resource: Mapping[str, Any]) -> set[str]:
    several = resource.get("category")
    codes: set[str] = set()
    for one in several if isinstance(several, list) else (several,):
        coding = one.get("coding") if isinstance(one, dict) else None
        for each in coding if isinstance(coding, list) else ():
            if isinstance(each, dict) and isinstance(each.get("code"), str):
                codes.add(each["code"])
    return codes
