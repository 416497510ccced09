from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.summaries import dose_text


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
            (_("Picked up"), page.date("whenHandedOver")),
            (_taken(page), page.date("effective")),
            (
                _("Ordered by") if ordered else _("Written down by"),
                page.names("requester", "performer"),
            ),
            (_("Amount"), words.plain_quantity(page.get("quantity"))),
            (_("Amount"), words.plain_quantity(dispense.get("quantity"))),
            (_("Refills allowed"), words.number_text(dispense.get("numberOfRepeatsAllowed"))),
            (_("Days it lasts"), words.plain_quantity(page.get("daysSupply"))),
        ],
    )
    doses = page.parts("dosageInstruction") or page.parts("dosage")
    forbidden = modifiers.forbids(page.resource)
    heading = _("How you should not take it") if forbidden else _("How to take it")
    facts = [(heading, dose_text(one)) for one in doses]
    facts += [(_("Also"), words.concepts(one.get("additionalInstruction"))) for one in doses]
    facts += [(_("Way it is taken"), words.concept(one.get("route"))) for one in doses]
    facts += [
        (_("In your clinic’s words"), words.text(one.get("patientInstruction"))) for one in doses
    ]
    yield Section(heading, facts)
    yield page.notes()
    yield page.code("medicationCodeableConcept")


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
