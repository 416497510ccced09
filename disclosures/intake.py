"""Taking what lower floors report and raise."""

from accounts.access import plans
from disclosures import incident_actions
from disclosures.models import IncidentKind, IncidentWay
from portal.base.registry import Alarm, Report, incident_alarms, incident_reports


def register() -> None:
    incident_reports.sign_up(
        "disclosures.report", take_report, "Opens an incident and tells the officers by mail."
    )
    incident_alarms.sign_up(
        "disclosures.alarm", take_alarm, "The same, once for as long as it goes on."
    )


def take_report(report: Report) -> None:
    incident_actions.open_incident(
        by=report.by,
        key=report.key,
        kind=report.kind,
        way=IncidentWay(report.way),
        told=report.told,
        member=report.by.member,
        about_kind="account",
        about_id=report.by.pk,
    )


def take_alarm(alarm: Alarm) -> None:
    for plan in plans():
        if alarm.plan_id in {None, plan.pk}:
            incident_actions.open_alarm(
                plan=plan, kind=IncidentKind(alarm.kind), about_id=alarm.about_id
            )
