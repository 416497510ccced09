from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.statuses import DO_NOT_DO, common_status


def care_plan(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this care plan"),
        [
            (_("Where it stands"), page.status),
            (_("What it is about"), words.text(page.get("description"))),
            (_("What it is for"), page.names("addresses")),
            (_("When"), words.period(page.get("period"))),
            (_("Goals"), page.names("goal")),
            (_("Care team"), page.names("careTeam")),
            (_("Made at"), page.names("encounter")),
            (_("Made by"), page.names("author", "contributor")),
        ],
    )
    steps, forbidden = [], []
    for one in page.parts("activity"):
        detail = words.fields(one.get("detail"))
        named = words.concept(detail.get("code")) or words.text(detail.get("description"))
        stands = common_status(words.text(detail.get("status")))
        named = named or page.name(one.get("reference"))
        if modifiers.forbids(detail) or modifiers.forbids(page.follow(one.get("reference"))):
            forbidden.append((named, str(DO_NOT_DO[0])))
        else:
            steps.append((named, stands or _("Planned")))
    yield Section(_("What not to do"), forbidden)
    yield Section(_("What is planned"), steps)
    yield page.notes()


def goal(page: Page) -> Iterator[Section]:
    targets = [
        (
            words.concept(one.get("measure")) or _("Target"),
            words.any_text("", words.value_of(one, "detail")[1] or {}),
        )
        for one in page.parts("target")
    ]
    due = (words.any_text("", words.value_of(one, "due")[1]) for one in page.parts("target"))
    yield Section(
        _("About this goal"),
        [
            (_("Goal"), page.concept("description")),
            (_("Where it stands"), page.status),
            (_("What it is for"), page.names("addresses")),
            (_("Started"), page.date("start")),
            *targets,
            (_("Reach it by"), words.joined(due)),
            (_("Written down"), page.date("statusDate")),
            (_("Written down by"), page.names("expressedBy")),
        ],
    )
    yield page.notes()


def imaging(page: Page) -> Iterator[Section]:
    series = page.parts("series")
    yield Section(
        _("About this picture test"),
        [
            (_("Test"), words.joined(words.concept(one.get("modality")) for one in series)),
            (_("Part of the body"), words.joined(words.concept(s.get("bodySite")) for s in series)),
            (_("Where it stands"), page.status),
            (_("Taken"), page.date("started")),
            (_("Pictures"), words.number_text(page.get("numberOfInstances"))),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("What was done"), page.concept("procedureCode")),
            (_("Visit"), page.names("encounter")),
        ],
    )
    yield page.notes()
