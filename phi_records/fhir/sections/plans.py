from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.sections.page import MAX_FACTS, Fact, Page, Section, cut_here
from phi_records.fhir.statuses import DO_NOT_DO, VOID, common_status, status_of
from phi_records.fhir.summaries.doses import amount_words
from phi_records.fhir.summaries.timings import choice_text
from phi_records.fhir.summaries.titles import pictured_part


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
        (_("Who"), _names(page, detail.get("performer"))),
        (_("Why"), words.concepts(detail.get("reasonCode"))),
        (_("Reason for this"), words.concept(detail.get("statusReason"))),
        (_("What it is about"), description if words.text(description) != named else ""),
        *((_("Progress"), told) for told in _told(activity.get("progress"))),
        (_("What came of it"), words.concepts(activity.get("outcomeCodeableConcept"))),
        (_("What came of it"), _names(page, activity.get("outcomeReference"))),
    ]
    return named, [(f"{named}: {label}", told) for label, told in more if told]


def _names(page: Page, value: object) -> str:
    return words.joined(page.name(one) for one in words.items(value))


def _told(notes: object) -> Iterator[str]:
    return (words.lines(words.fields(one).get("text")) for one in words.items(notes))


def goal(page: Page) -> Iterator[Section]:
    several = page.parts("target")
    yield Section(
        _("About this goal"),
        [
            (_("Goal"), page.concept("description")),
            (_("Where it stands"), page.status),
            (_("Reason for this"), words.text(page.get("statusReason"))),
            (_("How urgent"), page.concept("priority")),
            (_("What it is for"), page.names("addresses")),
            (_("Started"), page.date("start")),
            *(_target(several[0]) if len(several) == 1 else ()),
            (_("What came of it"), page.concept("outcomeCode")),
            (_("What came of it"), page.names("outcomeReference")),
            (_("Written down"), page.date("statusDate")),
            (_("Written down by"), page.names("expressedBy")),
        ],
    )
    if len(several) > 1:
        for number, one in enumerate(several, 1):
            yield Section(_("Target %d") % number, _target(one))
    yield page.notes()


def _target(target: Mapping[str, Any]) -> list[Fact]:
    reach, due = words.value_of(target, "detail"), words.value_of(target, "due")
    return [
        (
            words.concept(target.get("measure")) or _("Target"),
            "" if reach[1] is None else words.any_text("", reach[1]),
        ),
        (_("Reach it by"), words.any_text("", due[1] or {})),
    ]


def imaging(page: Page) -> Iterator[Section]:
    several = page.parts("series")
    facts = [(_("Test"), words.joined(words.concept(one.get("modality")) for one in several))]
    if len(several) == 1:
        facts = _series(page, several[0])
    yield Section(
        _("About this picture test"),
        [
            *facts,
            (_("What it is about"), words.text(page.get("description"))),
            (_("Where it stands"), page.status),
            (
                _("When") if words.text(page.get("status")) in VOID else _("Taken"),
                page.date("started"),
            ),
            (_("Pictures"), words.number_text(page.get("numberOfInstances"))),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("What was done"), page.concept("procedureCode")),
            (_("Where"), page.names("location")),
            (_("Read by"), page.names("interpreter")),
            (_("Visit"), page.names("encounter")),
        ],
    )
    if len(several) > 1:
        for number, one in enumerate(several[:MAX_FACTS], 1):
            yield Section(_("Pictures %d") % number, _series(page, one))
    if len(several) > MAX_FACTS:
        yield cut_here()
    yield page.notes()


def _series(page: Page, series: Mapping[str, Any]) -> list[Fact]:
    """Of pictures that were taken in one go."""
    people = (words.fields(one).get("actor") for one in words.items(series.get("performer")))
    return [
        (_("Test"), words.concept(series.get("modality"))),
        (_("Part of the body"), pictured_part(series)),
        (_("What they show"), words.text(series.get("description"))),
        (_("Pictures"), words.number_text(series.get("numberOfInstances"))),
        (_("Taken"), words.moment_text(series.get("started"))),
        (_("Taken by"), words.joined(page.name(one) for one in people)),
    ]
