"""Reading incidents: officers all of their plan, everyone what they reported themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone

from accounts.access import member_by_number, plans
from accounts.models import Member, Plan, Role, User
from consents import access as consents
from consents.rules import Act, Category, Item, Purpose
from disclosures import access
from disclosures.access import PAGE
from disclosures.models import Incident, IncidentNote, IncidentState
from disclosures.rules import GUESSED, MOST_GUESSES, MOST_REFUSALS, WATCHED
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Event, Outcome
from portal.base.crypto import keyring
from portal.base.registry import Grounds


@dataclass(frozen=True)
class OpenIncident:
    incident: Incident
    notes: list[IncidentNote]


def require_officer(user: User) -> Grounds:
    return access.require_officer(user, Act.HANDLE_INCIDENT, Category.INCIDENTS)


def require_report(user: User) -> Grounds:
    purpose = Purpose.PRIVACY_OVERSIGHT
    decision = consents.require(
        by=user, act=Act.REPORT_INCIDENT, purpose=purpose, items=[Item(Category.INCIDENTS)]
    )
    return consents.grounds(purpose, decision)


def may_name_a_member(user: User) -> bool:
    """Operators see no members, and members speak of themselves."""
    return user.is_staff_role and user.role != Role.OPERATOR


def find_member(user: User, number: str) -> Member | None:
    """Whom a staff member's report is about. Asking is on record, also where nobody has it."""
    grounds = require_report(user)
    found = member_by_number(user, number)
    trail.record(
        "member.looked_up",
        member_id=found.pk if found else None,
        facts={} if found else {"reason_code": "unknown_number"},
        **grounds,
    )
    return found


def own_line(user: User, event_id: UUID | None) -> Event | None:
    """A line of the trail about oneself, to point at in a report."""
    if event_id is None or user.member_id is None:
        return None
    return Event.objects.filter(plan_id=user.plan_id, member_id=user.member_id, pk=event_id).first()


def own_incident(user: User, incident_id: UUID) -> Incident:
    """What this person reported. Raises Http404 for what anyone else did."""
    grounds = require_report(user)
    found = Incident.objects.filter(plan_id=user.plan_id, reporter=user, pk=incident_id).first()
    if found is None:
        raise Http404
    trail.record(
        "incident.own_opened",
        member_id=found.member_id,
        object_kind="incident",
        object_id=found.pk,
        **grounds,
    )
    return found


def incidents(user: User, wanted: dict[str, Any], number: str | int = 1) -> "Page[Incident]":
    """A page of what fits, the latest first. Names no member: that is for who opens one."""
    grounds = require_officer(user)
    rows = _wanted(user, wanted).select_related("owner", "reporter").order_by("-opened_at", "-pk")
    page: Page[Incident] = Paginator(rows, PAGE).get_page(number)
    page.object_list = list(page.object_list)
    people = [one for row in page.object_list for one in (row.owner, row.reporter) if one]
    keyring.prefetch(person.holder_id for person in people)
    trail.record(
        "incidents.listed",
        object_kind="incident",
        facts={"count": len(page.object_list)},
        **grounds,
    )
    return page


def _wanted(user: User, wanted: dict[str, Any]) -> QuerySet[Incident]:
    rows = Incident.objects.filter(plan_id=user.plan_id)
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    state = wanted.get("state") or "open"
    if state == "mine":
        return rows.filter(owner=user, state=IncidentState.TAKEN)
    if state == "closed":
        return rows.filter(state=IncidentState.CLOSED)
    return rows if state == "all" else rows.exclude(state=IncidentState.CLOSED)


def find(user: User, incident_id: UUID) -> Incident:
    """One to act on, not opened for reading. Raises Http404 outside the plan."""
    require_officer(user)
    found = Incident.objects.filter(plan_id=user.plan_id, pk=incident_id).first()
    if found is None:
        raise Http404
    return found


def get_incident(user: User, incident_id: UUID) -> OpenIncident:
    grounds = require_officer(user)
    rows = Incident.objects.select_related("member", "reporter", "owner")
    found = rows.filter(plan_id=user.plan_id, pk=incident_id).first()
    if found is None:
        raise Http404
    rows_of_notes = IncidentNote.objects.filter(incident=found).select_related("author")
    notes = list(rows_of_notes.order_by("written_at", "pk"))
    keyring.prefetch(note.author.holder_id for note in notes)
    trail.record(
        "incident.viewed",
        member_id=found.member_id,
        object_kind="incident",
        object_id=found.pk,
        facts={"count": len(notes)},
        **grounds,
    )
    return OpenIncident(found, notes)


def refused_often() -> Iterator[tuple[Plan, UUID]]:
    """Whose pages or sign-ins were refused again and again of late, in each plan."""
    since = timezone.now() - WATCHED
    for plan in plans():
        with context.system("task:watch_refusals", plan.pk):
            refused = Event.objects.filter(
                Q(actor_id__isnull=False) | Q(object_kind="user", object_id__isnull=False),
                plan_id=plan.pk,
                at__gte=since,
                outcome=Outcome.REFUSED,
            )
            # Before sign-in nobody acts yet: the account that was tried is the line's object.
            people = refused.values(who=Coalesce("actor_id", "object_id"))
            often = people.annotate(n=Count("pk")).filter(n__gte=MOST_REFUSALS).order_by("who")
            found = [row["who"] for row in often]
        yield from ((plan, person_id) for person_id in found)


def guessed_at() -> Iterator[Plan]:
    """The plans at which many passwords were tried of late that were wrong."""
    since = timezone.now() - GUESSED
    for plan in plans():
        with context.system("task:watch_refusals", plan.pk):
            tries = Event.objects.filter(plan_id=plan.pk, at__gte=since, action="signin.password")
            counted = dict(tries.values_list("outcome").annotate(Count("pk")))
        wrong, right = (counted.get(one, 0) for one in (Outcome.REFUSED, Outcome.PERMITTED))
        if wrong >= MOST_GUESSES and wrong > right:
            yield plan
