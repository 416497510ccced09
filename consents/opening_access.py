"""Who may read from outside a member's team for now, and why they said they must."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from consents.models import Opening


def _now_open(user: User) -> QuerySet[Opening]:
    now = timezone.now()
    return Opening.objects.filter(
        plan_id=user.plan_id, user=user, opened_at__lte=now, until__gt=now
    )


def with_reason(user: User, member_ids: Collection[UUID]) -> set[UUID]:
    """Those of these members whose messages this person said why they must read."""
    found = _now_open(user).filter(member_id__in=member_ids)
    return set(found.values_list("member_id", flat=True))


def members_opened(user: User) -> set[UUID]:
    return set(_now_open(user).values_list("member_id", flat=True))


def opening_of(user: User, member_id: UUID) -> Opening | None:
    """What this person may read this member's messages by, the latest first."""
    return _now_open(user).filter(member_id=member_id).order_by("-until").first()


def openings(plan_id: UUID, ids: Collection[UUID]) -> dict[UUID, Opening]:
    """Behind lines of the trail: row security leaves the member's own, or an officer's plan."""
    found = Opening.objects.filter(plan_id=plan_id, pk__in=ids).select_related("user")
    return {one.pk: one for one in found}
