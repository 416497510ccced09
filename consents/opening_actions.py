"""Saying why someone must read what is for a member's team."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, User
from consents import access
from consents.models import Opening, OpeningReason
from consents.rules import Act, Category, Item, Purpose
from portal.base.audit import trail
from portal.base.registry import Alarm, Grounds, raise_alarm
from portal.base.words import SentAlready

# How long one reason opens one member's messages (promise AM7).
LASTS = timedelta(minutes=60)


def require_reason(by: User, member_id: UUID | None = None) -> Grounds:
    """That this person may say why. Raises Refused for any other role than those of care teams."""
    purpose = Purpose.OUTSIDE_TEAM
    decision = access.require(
        by=by,
        act=Act.GIVE_REASON,
        purpose=purpose,
        items=[Item(Category.ENROLLMENT)],
        member_id=member_id,
    )
    return access.grounds(purpose, decision)


@transaction.atomic
def give_reason(*, by: User, member: Member, key: UUID, reason: str, words: str) -> Opening:
    """Open this member's messages to this person for `LASTS`, and have an officer look into it.

    The same form again opens nothing longer. Raises SentAlready when it comes with other words.
    """
    grounds = require_reason(by, member.pk)
    if member.plan_id != by.plan_id:
        raise PermissionDenied(_("This was not sent. Go back and send it again."))
    now = timezone.now()
    opening = Opening(
        id=key,
        plan_id=member.plan_id,
        member=member,
        user=by,
        privacy_holder_id=member.privacy_holder_id,
        reason=OpeningReason(reason),
        words=words,
        opened_at=now,
        until=now + LASTS,
    )
    try:
        with transaction.atomic():
            opening.save(force_insert=True)
    except IntegrityError:
        return _given_before(opening)
    trail.record(
        "opening.made",
        member_id=member.pk,
        object_kind="opening",
        object_id=opening.pk,
        facts={"reason_code": opening.reason},
        **grounds,
    )
    raise_alarm(Alarm("outside", member.plan_id, opening.pk))
    return opening


def _given_before(again: Opening) -> Opening:
    first = Opening.objects.filter(pk=again.pk, user=again.user).first()
    if first is None:
        raise PermissionDenied(_("This was not sent. Go back and send it again."))
    if any(
        getattr(first, name) != getattr(again, name) for name in ("member_id", "reason", "words")
    ):
        raise SentAlready
    return first
