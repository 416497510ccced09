from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.summaries import dose_text


def medicine(page: Page) -> Iterator[Section]:
    dispense = words.fields(page.get("dispenseRequest"))
    yield Section(
        _("About this medicine"),
        [
            (_("Medicine"), _medicine_name(page)),
            (_("Where it stands"), page.status),
            (_("What it is for"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Ordered"), page.date("authoredOn")),
            (_("Picked up"), page.date("whenHandedOver")),
            (_("Taken"), page.date("effective")),
            (_("Ordered by"), page.names("requester", "performer")),
            (_("Amount"), words.plain_quantity(page.get("quantity"))),
            (_("Amount"), words.plain_quantity(dispense.get("quantity"))),
            (_("Refills left"), words.number_text(dispense.get("numberOfRepeatsAllowed"))),
            (_("Days it lasts"), words.plain_quantity(page.get("daysSupply"))),
        ],
    )
    doses = page.parts("dosageInstruction") or page.parts("dosage")
    facts = [(_("How to take it"), dose_text(one)) for one in doses]
    facts += [(_("Also"), words.concepts(one.get("additionalInstruction"))) for one in doses]
    facts += [(_("Way it is taken"), words.concept(one.get("route"))) for one in doses]
    facts += [
        (_("In your clinic’s words"), words.text(one.get("patientInstruction"))) for one in doses
    ]
    yield Section(_("How to take it"), facts)
    yield page.notes()
    yield page.code("medicationCodeableConcept")


def _medicine_name(page: Page) -> str:
    return page.concept("medicationCodeableConcept") or page.names("medicationReference")
