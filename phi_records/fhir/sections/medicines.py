from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.sections.page import Fact, Page, Section
from phi_records.fhir.summaries import amount_words, dose_text, in_order, limits, parts_of_dose


def medicine(page: Page) -> Iterator[Section]:
    dispense = words.fields(page.get("dispenseRequest"))
    ordered = not (modifiers.forbids(page.resource) or modifiers.is_suggestion(page.resource))
    yield Section(
        _("About this medicine"),
        [
            (_("Medicine"), _medicine_name(page)),
            (_("Where it stands"), page.status),
            (_("What it is for"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Reason for this"), page.concept("statusReason") or _reason(page)),
            (_("Ordered") if ordered else _("Written down"), page.date("authoredOn")),
            (
                _("When") if modifiers.is_called_off(page.resource) else _("Picked up"),
                page.date("whenHandedOver"),
            ),
            (_("Made ready"), page.date("whenPrepared")),
            (_taken(page), page.date("effective")),
            (
                _("Ordered by") if ordered else _("Written down by"),
                page.names("requester"),
            ),
            (_performed(page), _performers(page)),
            (_("Amount"), amount_words(page.get("quantity"))),
            (_("Amount"), amount_words(dispense.get("quantity"))),
            *_first_fill(dispense),
            (_("Refills allowed"), words.number_text(dispense.get("numberOfRepeatsAllowed"))),
            (_("Can be filled"), words.period(dispense.get("validityPeriod"))),
            (_("Days it lasts"), words.plain_quantity(page.get("daysSupply"))),
            (_("How long it lasts"), words.quantity(dispense.get("expectedSupplyDuration"))),
            (_("Time between fills"), words.quantity(dispense.get("dispenseInterval"))),
            (_("Given out by"), page.name(dispense.get("performer"))),
            (_("Where"), page.names("location")),
            (_("Place of delivery"), page.names("destination")),
            *_swapped(words.fields(page.get("substitution"))),
        ],
    )
    if page.get("resourceType") == "MedicationAdministration":
        yield _given(page)
    else:
        for step, one in in_order(page.resource):
            yield _dose(page, step, one)
    yield page.notes()
    yield page.code("medicationCodeableConcept")


def _performed(page: Page) -> str:
    """Of who is to give it, or gave it."""
    if page.get("resourceType") == "MedicationRequest" or modifiers.is_called_off(page.resource):
        return _("Who should give it")
    given = page.get("resourceType") == "MedicationAdministration"
    return _("Given by") if given else _("Given out by")


def _performers(page: Page) -> str:
    several = map(words.fields, words.items(page.get("performer")))
    return words.joined(page.name(one.get("actor") or one) for one in several)


def _first_fill(dispense: Mapping[str, Any]) -> list[Fact]:
    first = words.fields(dispense.get("initialFill"))
    return [
        (_("First fill: amount"), amount_words(first.get("quantity"))),
        (_("First fill: how long it lasts"), words.quantity(first.get("duration"))),
    ]


def _swapped(substitution: Mapping[str, Any]) -> list[Fact]:
    """For another medicine that works alike: whether it may be, or whether it was."""
    kind, allowed = words.value_of(substitution, "allowed")
    was = substitution.get("wasSubstituted")
    why = words.concepts(substitution.get("reason"))
    return [
        (
            _("May be swapped for one like it"),
            words.any_text(kind, allowed) if allowed is not None else "",
        ),
        (_("Swapped for one like it"), words.any_text("", was) if was is not None else ""),
        (_("How it was swapped"), words.concept(substitution.get("type"))),
        (_("Why it is swapped or not"), why),
    ]


def _dose(page: Page, step: str, dose: Mapping[str, Any]) -> Section:
    """One instruction of several, each with what holds for it alone."""
    heading = _("How to take it")
    if modifiers.forbids(page.resource):
        heading = _("How you should not take it")
    elif modifiers.is_called_off(page.resource):
        heading = _("How it was to be taken")
    facts = [
        (heading, words.lines(dose.get("text")) or dose_text(dose)),
        *parts_of_dose(dose),
        *limits(dose),
        (_("Also"), words.concepts(dose.get("additionalInstruction"))),
        *_way(dose),
        (_("In your clinic’s words"), words.lines(dose.get("patientInstruction"))),
    ]
    return Section(f"{step}: {heading[:1].lower()}{heading[1:]}" if step else heading, facts)


def _given(page: Page) -> Section:
    """Of a dose that someone gave: no instruction."""
    dose = words.fields(page.get("dosage"))
    facts = [
        (_("Details"), words.lines(dose.get("text"))),
        (_("Amount"), amount_words(dose.get("dose"))),
        (_("How fast"), words.any_text("", words.value_of(dose, "rate")[1] or {})),
    ]
    off = modifiers.is_called_off(page.resource)
    heading = _("How it was to be given") if off else _("How it was given")
    return Section(heading, [*facts, *_way(dose)])


def _way(dose: Mapping[str, Any]) -> list[Fact]:
    return [
        (_("Way it is taken"), words.concept(dose.get("route"))),
        (_("How"), words.concept(dose.get("method"))),
        (_("Part of the body"), words.concept(dose.get("site"))),
    ]


def _medicine_name(page: Page) -> str:
    return page.concept("medicationCodeableConcept") or page.names("medicationReference")


def _reason(page: Page) -> str:
    return words.concept(page.get("statusReasonCodeableConcept"))


def _taken(page: Page) -> str:
    """A day says nothing that its status denies."""
    labels = {
        "not-taken": _("Not taken"),
        "not-done": _("Not given"),
        "intended": _("To be taken"),
        "entered-in-error": _("When"),
    }
    return labels.get(words.text(page.get("status")), _("Taken"))
