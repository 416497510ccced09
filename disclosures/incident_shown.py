"""Incidents as pages show them."""

from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access as accounts_access
from accounts.models import User
from consents import opening_access
from consents.models import Opening, OpeningReason
from disclosures import facts
from disclosures.entries import Fact, labelled
from disclosures.models import Incident, IncidentKind, IncidentNote, IncidentOutcome, IncidentState
from disclosures.models import IncidentWay as Way
from disclosures.rules import ROLES
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown
from portal.base.ids import reference


def row(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.pk,
        "reference": reference(incident.pk),
        "when": moment(incident.opened_at),
        "kind": facts.INCIDENT_KINDS[IncidentKind(incident.kind)],
        "way": facts.INCIDENT_WAYS[Way(incident.way)],
        "who": _who(incident.reporter) if incident.reporter else _("The portal itself"),
        "owner": shown(incident.owner, "display_name") if incident.owner else "",
        "chip": _chip(incident),
    }


def _chip(incident: Incident) -> dict[str, str]:
    if incident.state == IncidentState.CLOSED:
        return {"tone": "off", "text": _("Closed")}
    if incident.state == IncidentState.TAKEN:
        return {"tone": "wait", "text": _("In progress")}
    return {"tone": "due", "text": _("New")}


def _who(person: User) -> str:
    return f"{shown(person, 'display_name')}, {ROLES[person.role]}"


def all_facts(incident: Incident) -> list[Fact]:
    """All that is known of it but the words told and the notes."""
    said, member, opening = row(incident), incident.member, _opening(incident)
    outcome = incident.outcome and facts.INCIDENT_OUTCOMES[IncidentOutcome(incident.outcome)]
    return labelled(
        [
            (_("Reference"), said["reference"]),
            (_("When"), said["when"]),
            (_("Came by"), said["way"]),
            (_("Who told us"), said["who"]),
            (_("About"), member.full_name if member else ""),
            (_("Member ID"), shown(member, "member_number") if member else ""),
            (_("User ID"), _account(incident)),
            (_("Message number"), _message(incident)),
            *(_of_opening(opening) if opening else []),
            (_("Owner"), said["owner"]),
            (_("Outcome"), outcome),
            (_("Closed on"), moment(incident.closed_at)),
        ]
    )


def _account(incident: Incident) -> str:
    if incident.about_kind != "account" or incident.about_id is None:
        return ""
    people = accounts_access.users_of_plan(incident.plan_id, {incident.about_id})
    return people[incident.about_id].user_id if people else ""


def _opening(incident: Incident) -> Opening | None:
    if incident.about_kind != "opening" or incident.about_id is None:
        return None
    return opening_access.openings(incident.plan_id, {incident.about_id}).get(incident.about_id)


def _of_opening(opening: Opening) -> list[tuple[str, object]]:
    return [
        (_("Who opened it"), _who(opening.user)),
        (_("Reason"), facts.OPENING_REASONS[OpeningReason(opening.reason)]),
        (_("In their words"), shown(opening, "words")),
        (_("Open until"), moment(opening.until)),
    ]


def _message(incident: Incident) -> str:
    is_message = incident.about_kind == "message" and incident.about_id
    return reference(incident.about_id) if is_message and incident.about_id else ""


# What an alarm that names nobody goes by: whoever looks into it finds the people in these entries.
ENTRIES = {
    IncidentKind.MISFILED: {"kind": "records.moved"},
    IncidentKind.MIXED: {"kind": "records.held"},
    IncidentKind.GUESSING: {"kind": "signin.password", "outcome": "refused"},
}


def entries_query(incident: Incident) -> str:
    """A search of the trail for the day on which it was noticed, or nothing."""
    if incident.kind not in ENTRIES:
        return ""
    day = timezone.localdate(incident.opened_at).isoformat()
    return urlencode({**ENTRIES[IncidentKind(incident.kind)], "since": day, "until": day})


def notes(found: list[IncidentNote]) -> list[dict[str, str]]:
    return [
        {
            "author": shown(note.author, "display_name"),
            "sent_at": moment(note.written_at),
            "body": shown(note, "text"),
        }
        for note in found
    ]
