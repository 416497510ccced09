"""What the portal watches by itself. Each task may run at any time and any number of times."""

from celery import shared_task

from disclosures import incident_access, incident_actions
from disclosures.models import IncidentKind


@shared_task
def watch_refusals() -> None:
    for plan, person_id in incident_access.refused_often():
        incident_actions.open_alarm(plan=plan, kind=IncidentKind.REFUSALS, about_id=person_id)
    for plan in incident_access.guessed_at():
        incident_actions.open_alarm(plan=plan, kind=IncidentKind.GUESSING)
