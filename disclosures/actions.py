from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Member, User
from consents.rules import Act, Category
from disclosures.access import require_officer
from disclosures.incident_actions import open_incident
from disclosures.models import Basis, Disclosure, IncidentKind, IncidentWay
from portal.base.audit import trail
from portal.base.ids import uuid7
from portal.base.words import SentAlready

# What makes two sendings of one form the same.
TOLD = (
    "member_id", "disclosed_on", "recipient", "recipient_address", "what", "purpose", "basis",
)  # fmt: skip


@transaction.atomic
def record_disclosure(
    *,
    by: User,
    key: UUID,
    member: Member,
    disclosed_on: date,
    recipient: str,
    recipient_address: str,
    what: str,
    purpose: str,
    basis: str,
) -> Disclosure:
    """Write down a disclosure made outside the system (45 CFR 164.528(b)).

    `key` becomes the row's id, so that the same form sent twice records it once. Raises SentAlready
    when it comes again with other words. The same words within the hour, as by Back and the same
    button, are the first row too.
    """
    grounds = require_officer(by, Act.RECORD_DISCLOSURE, Category.DISCLOSURES)
    row = Disclosure(
        id=key,
        plan_id=by.plan_id,
        member=member,
        privacy_holder_id=member.privacy_holder_id,
        disclosed_on=disclosed_on,
        recipient=recipient,
        recipient_address=recipient_address,
        what=what,
        purpose=purpose,
        basis=Basis(basis),
        recorded_by=by,
        recorded_at=timezone.now(),
    )
    if first := _written_just_now(row) or _saved_before(row):
        return first
    trail.record(
        "disclosure.recorded",
        member_id=member.pk,
        object_kind="disclosure",
        object_id=row.pk,
        facts={"basis_code": row.basis},
        **grounds,
    )
    if row.basis == Basis.MISTAKE:
        _assess(by, row)
    return row


def _assess(by: User, row: Disclosure) -> None:
    """What went out by mistake is a breach until somebody finds that it is none (164.402)."""
    open_incident(
        by=by,
        key=uuid7(),
        kind=IncidentKind.SENT,
        way=IncidentWay.DISCLOSURE,
        told="",
        member=row.member,
        about_kind="disclosure",
        about_id=row.pk,
    )


def _written_just_now(row: Disclosure) -> Disclosure | None:
    """The same by the same person, under another form's key."""
    mine = Disclosure.objects.filter(
        plan_id=row.plan_id,
        member_id=row.member_id,
        recorded_by=row.recorded_by,
        recorded_at__gt=row.recorded_at - timedelta(hours=1),
    )
    several = mine.exclude(pk=row.pk).order_by("recorded_at")
    return next((one for one in several if _tells_the_same(one, row)), None)


def _tells_the_same(first: Disclosure, row: Disclosure) -> bool:
    return all(getattr(first, name) == getattr(row, name) for name in TOLD)


def _saved_before(row: Disclosure) -> Disclosure | None:
    """Save it, unless the same form did. Raises SentAlready where that said something else."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return None
    except IntegrityError:
        mine = Disclosure.objects.filter(
            pk=row.pk, plan_id=row.plan_id, recorded_by=row.recorded_by
        )
        first = mine.first()
        if first is None or not _tells_the_same(first, row):
            raise SentAlready from None
        return first
