"""Incidents: anyone opens one, officers look into it and close it."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access as accounts_access
from accounts.models import Member, Plan, User
from consents import opening_access
from consents.rules import Purpose
from disclosures import incident_access
from disclosures.models import (
    Incident,
    IncidentKind,
    IncidentNote,
    IncidentOutcome,
    IncidentState,
    IncidentWay,
)
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.outbox.announce import Kind, announce
from portal.base.words import SentAlready

# An alarm that goes on after it was closed is told again after this long.
QUIET = timedelta(days=1)


class ClosedBefore(PermissionDenied):
    """Who may work on it came too late. The argument is a sentence."""


@transaction.atomic
def open_incident(
    *,
    by: User,
    key: UUID,
    kind: str,
    way: IncidentWay,
    told: str,
    member: Member | None = None,
    about_kind: str = "",
    about_id: UUID | None = None,
) -> Incident:
    """Write down what someone reports and tell the officers. The same key again is no second.

    Raises SentAlready when it comes again with other words.
    """
    grounds = incident_access.require_report(by)
    try:
        with transaction.atomic():
            incident = _create(
                id=key,
                plan=by.plan,
                reporter=by,
                member=member,
                kind=IncidentKind(kind),
                way=way,
                told=told,
                about_kind=about_kind,
                about_id=about_id,
            )
    except IntegrityError:
        return _sent_before(
            by, key, kind=kind, told=told, member_id=member and member.pk, about_id=about_id
        )
    _note("incident.opened", incident, {"kind": incident.kind, "method": incident.way}, **grounds)
    return incident


def _sent_before(by: User, key: UUID, **said: object) -> Incident:
    first = incident_access.own_incident(by, key)
    if any(getattr(first, name) != value for name, value in said.items()):
        raise SentAlready
    return first


def open_alarm(*, plan: Plan, kind: IncidentKind, about_id: UUID | None = None) -> Incident | None:
    """What the portal noticed itself. None while one like it is open or was closed today."""
    with context.system("task:alarm", plan.pk):
        recent = Q(closed_at=None) | Q(closed_at__gt=timezone.now() - QUIET)
        alike = Incident.objects.filter(plan=plan, way=IncidentWay.ALARM, kind=kind)
        if alike.filter(recent, about_id=about_id).exists():
            return None
        member, about_kind = _about(plan, kind, about_id)
        try:
            with transaction.atomic():
                incident = _create(
                    plan=plan,
                    member=member,
                    kind=kind,
                    way=IncidentWay.ALARM,
                    about_kind=about_kind,
                    about_id=about_id,
                )
        except IntegrityError:
            return None
        _note(
            "incident.opened",
            incident,
            {"kind": incident.kind, "method": incident.way},
            purpose=Purpose.PRIVACY_OVERSIGHT,
            basis="privacy_oversight",
        )
    return incident


def _about(plan: Plan, kind: IncidentKind, about_id: UUID | None) -> tuple[Member | None, str]:
    """Whom an alarm is about, and what its id is of."""
    if about_id is None:
        return None, ""
    if kind == IncidentKind.OUTSIDE:
        return opening_access.openings(plan.pk, {about_id})[about_id].member, "opening"
    if kind in {IncidentKind.MISFILED, IncidentKind.MIXED}:
        # Of several people, perhaps: the lines of the trail about this import name them.
        return None, "import"
    account = accounts_access.users_of_plan(plan.pk, {about_id})
    return next((user.member for user in account.values()), None), "account"


def _create(*, plan: Plan, member: Member | None, **values: object) -> Incident:
    holder = member.privacy_holder_id if member else keyring.plan_holder(plan.pk)
    incident = Incident(
        plan=plan, member=member, holder_id=holder, opened_at=timezone.now(), **values
    )
    incident.save(force_insert=True)
    for officer in accounts_access.officers_of(plan.pk):
        announce(
            plan_id=plan.pk,
            recipient_id=officer.pk,
            kind=Kind.INCIDENT_OPENED,
            event_id=incident.pk,
        )
    return incident


@transaction.atomic
def take(*, by: User, incident: Incident) -> Incident:
    """Become the one who looks into it; also in place of a colleague."""
    grounds = incident_access.require_officer(by)
    locked = _open(incident)
    if locked.owner_id == by.pk:
        return locked
    locked.owner, locked.state = by, IncidentState.TAKEN
    locked.save(update_fields=["owner", "state"])
    _note("incident.taken", locked, {}, **grounds)
    return locked


@transaction.atomic
def add_note(*, by: User, incident: Incident, key: UUID, text: str) -> IncidentNote:
    """Raises SentAlready when the same form comes again with other words."""
    grounds = incident_access.require_officer(by)
    note = IncidentNote(
        id=key,
        plan_id=incident.plan_id,
        incident=incident,
        holder_id=incident.holder_id,
        author=by,
        text=text,
        written_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            note.save(force_insert=True)
    except IntegrityError:
        first = IncidentNote.objects.filter(pk=key, incident=incident, author=by).first()
        if first is None or first.text != text:
            raise SentAlready from None
        return first
    _note("incident.noted", incident, {}, **grounds)
    return note


@transaction.atomic
def close(*, by: User, incident: Incident, outcome: str) -> Incident:
    grounds = incident_access.require_officer(by)
    locked = _open(incident)
    locked.state, locked.closed_at = IncidentState.CLOSED, timezone.now()
    locked.outcome, locked.owner = IncidentOutcome(outcome), locked.owner or by
    locked.save(update_fields=["state", "closed_at", "outcome", "owner"])
    _note("incident.closed", locked, {"reason_code": locked.outcome}, **grounds)
    return locked


def _open(incident: Incident) -> Incident:
    locked = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if locked.state == IncidentState.CLOSED:
        raise ClosedBefore(_("This report is closed. Nothing was changed."))
    return locked


def _note(
    action: str,
    incident: Incident,
    facts: dict[str, str | int],
    *,
    purpose: str = "",
    basis: str = "",
    decision: str = "",
) -> None:
    trail.record(
        action,
        member_id=incident.member_id,
        object_kind="incident",
        object_id=incident.pk,
        facts=facts,
        purpose=purpose,
        basis=basis,
        decision=decision,
    )
