from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, narrative, words
from phi_records.fhir.sections.allergies import allergy
from phi_records.fhir.sections.answers import answers
from phi_records.fhir.sections.care import appointment, procedure, team, visit
from phi_records.fhir.sections.claims import claim, coverage
from phi_records.fhir.sections.conditions import condition
from phi_records.fhir.sections.consents import consent
from phi_records.fhir.sections.documents import binary, document
from phi_records.fhir.sections.medicines import medicine
from phi_records.fhir.sections.other import other
from phi_records.fhir.sections.page import MAX_FACTS, MORE, Page, Resolve, Section
from phi_records.fhir.sections.people import patient
from phi_records.fhir.sections.plans import care_plan, goal, imaging
from phi_records.fhir.sections.results import report, result
from phi_records.fhir.sections.vaccines import vaccine


def describe(resource: Mapping[str, Any], resolve: Resolve | None = None) -> list[Section]:
    page = Page(resource, resolve or (lambda _reference: None))
    made = PAGES.get(words.text(resource.get("resourceType")), other)
    kept = (_kept(one) for one in (*_first(resource), *made(page)))
    shown = [one for one in kept if one.facts or one.text or one.table]
    return shown + [one for one in _told(resource, shown) if one.text]


# A page of no more facts is taken to say little.
_FEW = 3


def _told(resource: Mapping[str, Any], shown: list[Section]) -> Iterator[Section]:
    """Text that was written, and such as was generated from fields where we make little of them."""
    for title, text in narrative.sections(resource):
        yield Section(title or _("Text"), text=text)
    says_much = sum(len(one.facts) for one in shown) > _FEW or any(one.table for one in shown)
    is_generated = words.fields(resource.get("text")).get("status") == "generated"
    if not (is_generated and says_much):
        yield Section(_("In the words of the source"), text=narrative.own(resource))


def _first(resource: Mapping[str, Any]) -> Iterator[Section]:
    """What turns the meaning of all that follows."""
    if modifiers.forbids(resource):
        yield Section(_("Read this first"), text=_("This record says what not to do."))
    if modifiers.has_unknown(resource):
        unknown = _(
            "This record carries a condition that this page can’t show. "
            "Ask your care team what it means before you go by it."
        )
        yield Section(_("Read this first"), text=unknown)


def _kept(section: Section) -> Section:
    facts = [
        (words.sentence(label), words.sentence(value))
        for label, value in section.facts
        if label and value
    ]
    apart = list(dict.fromkeys(facts))
    text = section.text if len(apart) <= MAX_FACTS else "\n".join([section.text, str(MORE)]).strip()
    heading = words.sentence(section.heading)
    return replace(section, heading=heading, facts=apart[:MAX_FACTS], text=text)


PAGES: dict[str, Callable[[Page], Iterator[Section]]] = {
    "Condition": condition,
    "MedicationRequest": medicine,
    "MedicationStatement": medicine,
    "MedicationDispense": medicine,
    "MedicationAdministration": medicine,
    "AllergyIntolerance": allergy,
    "Immunization": vaccine,
    "Observation": result,
    "DiagnosticReport": report,
    "Encounter": visit,
    "Appointment": appointment,
    "Procedure": procedure,
    "ExplanationOfBenefit": claim,
    "Claim": claim,
    "Consent": consent,
    "Coverage": coverage,
    "CareTeam": team,
    "CarePlan": care_plan,
    "Goal": goal,
    "ImagingStudy": imaging,
    "Patient": patient,
    "DocumentReference": document,
    "Binary": binary,
    "QuestionnaireResponse": answers,
}
