"""What must be kept six years: who looked, what left, and the names that tell of whom."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import Member, User
from accounts.shredding import member_of
from disclosures.models import Disclosure, Incident, IncidentState
from disclosures.rules import kept_until
from portal.base.approvals.models import Approval
from portal.base.audit.models import Event, Outcome
from portal.base.clock.law import RULES, Kind
from portal.base.registry import shred_guards

DESTROY_KEY = "disclosures.destroy_key"


def register() -> None:
    shred_guards.sign_up(
        "disclosures.six_years",
        six_years,
        "Six years since the trail, a disclosure or an incident named them.",
    )
    shred_guards.sign_up(
        "disclosures.open_incident", open_incident, "A report of a privacy problem is open."
    )


def six_years(holder_id: UUID) -> str | None:
    """Of a privacy file or a person: what they are named in must stay readable that long."""
    member = member_of(holder_id)
    if member and member.privacy_holder_id == holder_id:
        newest = _newest_about(member)
    else:
        person = User.objects.filter(holder_id=holder_id).first()
        newest = _newest_by(person) if person else None
    if newest is None:
        return None
    until = kept_until(timezone.localdate(newest))
    if until <= timezone.localdate():
        return None
    return (
        f"The trail names them: it must be kept until {until.isoformat()} "
        f"({RULES[Kind.DOCUMENTS].citation})."
    )


def open_incident(holder_id: UUID) -> str | None:
    """Of the member it is about or the person who reported it: what is being looked into stays."""
    member = member_of(holder_id)
    person = User.objects.filter(holder_id=holder_id).first()
    whose = Q(holder_id=holder_id)
    if member:
        whose |= Q(member=member)
    if person:
        whose |= Q(reporter=person)
    count = Incident.objects.filter(whose).exclude(state=IncidentState.CLOSED).count()
    return f"Reports of a privacy problem that are open: {count}." if count else None


def _newest_about(member: Member) -> datetime | None:
    events = Event.objects.filter(plan_id=member.plan_id, member_id=member.pk)
    # Asking to destroy this very key must not be what forbids it.
    asked = Approval.objects.filter(
        plan_id=member.plan_id, about_id=member.privacy_holder_id, kind=DESTROY_KEY
    )
    events = events.exclude(object_kind="approval", object_id__in=asked.values("pk"))
    seen = events.filter(outcome=Outcome.PERMITTED).order_by("-at")
    left = Disclosure.objects.filter(plan_id=member.plan_id, member_id=member.pk)
    told = Incident.objects.filter(
        plan_id=member.plan_id, member=member, closed_at__isnull=False
    ).order_by("-closed_at")
    found = [
        told.values_list("closed_at", flat=True).first(),
        seen.values_list("at", flat=True).first(),
        left.order_by("-recorded_at").values_list("recorded_at", flat=True).first(),
    ]
    return max((at for at in found if at), default=None)


def _newest_by(person: User) -> datetime | None:
    done = Event.objects.filter(plan_id=person.plan_id, actor_id=person.pk)
    return done.order_by("-at").values_list("at", flat=True).first()
