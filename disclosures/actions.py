from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Member, User
from consents.rules import Act, Category
from disclosures.access import require_officer
from disclosures.models import Basis, Disclosure
from portal.base.audit import trail


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

    `key` becomes the row's id, so that the same form sent twice records it once.
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
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Disclosure.objects.get(pk=key, plan_id=by.plan_id, recorded_by=by)
    trail.record(
        "disclosure.recorded",
        member_id=member.pk,
        object_kind="disclosure",
        object_id=row.pk,
        facts={"basis_code": row.basis},
        **grounds,
    )
    return row
