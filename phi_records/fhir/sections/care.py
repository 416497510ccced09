from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.participants import is_a_patient, is_the_patient, with_answer
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.summaries import title_of

_NOT_DONE = frozenset({"preparation", "not-done", "on-hold", "entered-in-error"})
_NOT_SEEN = frozenset({"planned", "arrived", "cancelled", "entered-in-error"})


def visit(page: Page) -> Iterator[Section]:
    stay = words.fields(page.get("hospitalization"))
    people = page.parts("participant")
    places = page.parts("location")
    yield Section(
        _("About this visit"),
        [
            (_("Visit"), title_of(page.resource)),
            (_("Where it stands"), page.status),
            (_("When"), words.period(page.get("period"))),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (
                _("With") if words.text(page.get("status")) in _NOT_SEEN else _("Who you saw"),
                words.joined(page.name(one.get("individual")) for one in people),
            ),
            (_("Clinic"), page.names("serviceProvider")),
            (_("Place"), words.joined(page.name(one.get("location")) for one in places)),
            (_("Where you went after"), words.concept(stay.get("dischargeDisposition"))),
        ],
    )
    found = [(_("Found"), page.name(one.get("condition"))) for one in page.parts("diagnosis")]
    yield Section(_("What was found"), found)
    yield page.code("type")


def appointment(page: Page) -> Iterator[Section]:
    start = words.in_zone(page.get("start"))
    people, places = _who_and_where(page)
    minutes = words.number_text(page.get("minutesDuration"))
    yield Section(
        _("About this appointment"),
        [
            (_("Appointment"), title_of(page.resource)),
            (_("Where it stands"), page.status),
            (_("When"), words.joined(iter([words.moment_text(start), words.hour_text(start)]))),
            (_("Until"), words.hour_text(page.get("end"))),
            (_("How long"), _("%s min") % minutes if minutes else ""),
            (_("With"), people),
            (_("Place"), places),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Why it was canceled"), page.concept("cancelationReason")),
            (_("What it is about"), words.text(page.get("description"))),
            (_("In your clinic’s words"), words.lines(page.get("patientInstruction"))),
            (_("Note"), words.lines(page.get("comment"))),
        ],
    )


def _who_and_where(page: Page) -> tuple[str, str]:
    people: list[str] = []
    places: list[str] = []
    for one in page.parts("participant"):
        actor = words.fields(one.get("actor"))
        found = page.follow(actor).get("resourceType")
        if is_a_patient(actor) or found == "Patient":
            continue
        where = found == "Location" or "Location" in words.text(actor.get("reference")).split("/")
        named = with_answer(one, page.name(actor) or words.concepts(one.get("type")))
        (places if where or actor.get("type") == "Location" else people).append(named)
    return words.joined(iter(people)), words.joined(iter(places))


def procedure(page: Page) -> Iterator[Section]:
    status = words.text(page.get("status"))
    yield Section(
        _("About this procedure"),
        [
            (_("Procedure"), page.concept("code")),
            (_("Where it stands"), page.status),
            (
                _("Why not") if status == "not-done" else _("Reason for this"),
                page.concept("statusReason"),
            ),
            (_("When"), page.date("performed")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Part of the body"), page.concept("bodySite")),
            (
                _("Who") if status in _NOT_DONE else _("Done by"),
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
    people, gone = [], []
    for one in page.parts("participant"):
        named, period = page.name(one.get("member")), words.fields(one.get("period"))
        if is_the_patient(one) or not named:
            continue
        role = words.concepts(one.get("role")) or _("Member of the team")
        if words.is_over(period.get("end")):
            until = {"who": named, "day": words.moment_text(period["end"])}
            gone.append((role, _("%(who)s (ended %(day)s)") % until))
        elif words.is_ahead(period.get("start")):
            since = {"who": named, "day": words.moment_text(period["start"])}
            people.append((role, _("%(who)s (starts %(day)s)") % since))
        else:
            people.append((role, named))
    yield Section(_("People"), people)
    yield Section(_("People who left"), gone)
