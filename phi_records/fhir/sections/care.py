from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.summaries import is_the_patient, title_of


def visit(page: Page) -> Iterator[Section]:
    stay = words.fields(page.get("hospitalization"))
    people = page.parts("participant")
    places = page.parts("location")
    yield Section(
        _("About this visit"),
        [
            (_("Visit"), title_of(page.resource)),
            (_("Where it stands"), page.status),
            (_("When"), words.period(page.get("period")) or page.date("start")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (
                _("Who you saw"),
                words.joined(
                    page.name(one.get("individual") or one.get("actor")) for one in people
                ),
            ),
            (_("Clinic"), page.names("serviceProvider")),
            (_("Place"), words.joined(page.name(one.get("location")) for one in places)),
            (_("Where you went after"), words.concept(stay.get("dischargeDisposition"))),
        ],
    )
    found = [(_("Found"), page.name(one.get("condition"))) for one in page.parts("diagnosis")]
    yield Section(_("What was found"), found)
    yield page.code("type")


def procedure(page: Page) -> Iterator[Section]:
    done = words.text(page.get("status")) != "not-done"
    yield Section(
        _("About this procedure"),
        [
            (_("Procedure"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("Why not") if not done else _("Reason for this"), page.concept("statusReason")),
            (_("When"), page.date("performed")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Part of the body"), page.concept("bodySite")),
            (
                _("Done by") if done else _("Who"),
                words.joined(page.name(one.get("actor")) for one in page.parts("performer")),
            ),
            (_("Where"), page.names("location")),
            (_("How it went"), page.concept("outcome")),
            (_("Problems"), page.concept("complication")),
            (_("Care after it"), page.concept("followUp")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def team(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this team"),
        [
            (_("Team"), words.text(page.get("name"))),
            (_("Where it stands"), page.status),
            (_("When"), words.period(page.get("period"))),
            (_("Why"), page.concept("reasonCode")),
            (_("Clinic"), page.names("managingOrganization")),
        ],
    )
    people = [
        (words.concepts(one.get("role")) or _("Member of the team"), page.name(one.get("member")))
        for one in page.parts("participant")
        if not is_the_patient(one)
    ]
    yield Section(_("People"), people)
