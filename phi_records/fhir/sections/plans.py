from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.sections.page import Fact, Page, Section
from phi_records.fhir.statuses import DO_NOT_DO, common_status, status_of
from phi_records.fhir.summaries.doses import amount_words
from phi_records.fhir.summaries.timings import choice_text


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
    off = words.text(page.get("status")) in ("revoked", "entered-in-error")
    plain = page.status if off else _("Planned")
    for one in page.parts("activity"):
        detail = words.fields(one.get("detail"))
        named, details = _activity(page, one, detail)
        order = page.follow(one.get("reference"))
        stands = common_status(words.text(detail.get("status"))) or status_of(order)[0]
        if modifiers.forbids(detail) or modifiers.forbids(order):
            forbidden += [(named, str(DO_NOT_DO[0])), *details]
        else:
            steps += [(named, stands or plain), *details]
    yield Section(_("What not to do"), forbidden)
    yield Section(_("What was planned") if off else _("What is planned"), steps)
    yield page.notes()


def _activity(
    page: Page, activity: Mapping[str, Any], detail: Mapping[str, Any]
) -> tuple[str, list[Fact]]:
    """What it is, and what more is said of it."""
    description = words.lines(detail.get("description"))
    product = words.concept(detail.get("productCodeableConcept")) or page.name(
        detail.get("productReference")
    )
    names = (words.concept(detail.get("code")), product, page.name(activity.get("reference")))
    named = next((one for one in (*names, words.text(description)) if one), _("A step"))
    more = [
        (_("Medicine or product"), product if product != named else ""),
        (_("Amount a day"), amount_words(detail.get("dailyAmount"))),
        (_("Amount"), amount_words(detail.get("quantity"))),
        (_("When"), choice_text(*words.value_of(detail, "scheduled"))),
        (_("Where"), page.name(detail.get("location"))),
        (_("Who"), words.joined(page.name(one) for one in words.items(detail.get("performer")))),
        (_("Why"), words.concepts(detail.get("reasonCode"))),
        (_("What it is about"), description if words.text(description) != named else ""),
    ]
    return named, [(f"{named}: {label}", told) for label, told in more if told]


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
