"""When a privacy officer must have looked at a reason to open messages from outside the team."""

from collections.abc import Iterator
from datetime import datetime

from accounts.access import officers_of
from disclosures.models import Incident, IncidentKind, IncidentState
from portal.base.clock import law
from portal.base.clock.levels import Alarm, Due, Level
from portal.base.outbox.announce import Kind
from portal.base.registry import due_lists


def register() -> None:
    due_lists.sign_up(
        "disclosures.openings", openings, "Reasons to open messages that no officer has closed."
    )


def openings(now: datetime) -> Iterator[Due]:
    """Officers are told again on the last day; what was told stays sealed."""
    waiting = Incident.objects.filter(kind=IncidentKind.OUTSIDE).exclude(state=IncidentState.CLOSED)
    for incident in waiting.select_related("plan"):
        calendar = incident.plan.calendar
        start = calendar.day(incident.opened_at)
        officers = {person.pk for person in officers_of(incident.plan_id)}
        told = Alarm(Kind.INCIDENT_OPENED, officers)
        yield Due(
            plan_id=incident.plan_id,
            calendar=calendar,
            item_id=incident.pk,
            start=start,
            last=law.due(law.Kind.EMERGENCY_ACCESS_REVIEW, start, calendar),
            # One mail: on the last day, or later where all stood still on that day.
            alarms={Level.LAST_DAY: told, Level.LATE: told},
        )
