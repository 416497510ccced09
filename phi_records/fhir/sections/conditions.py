from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir.sections.page import Page, Section


def condition(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this condition"),
        [
            (_("Condition"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("How bad it is"), page.concept("severity")),
            (_("Part of the body"), page.concept("bodySite")),
            (_("Started"), page.date("onset")),
            (_("Ended"), page.date("abatement")),
            (_("Written down"), page.date("recordedDate")),
            (_("Written down by"), page.names("recorder", "asserter")),
            (_("Found at"), page.names("encounter")),
        ],
    )
    yield page.notes()
    yield page.code("code")
