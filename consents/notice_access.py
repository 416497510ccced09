"""Which notices a plan has published, which holds, and who has seen them."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Role, User
from consents.models import NoticeKind, NoticeSeen, NoticeSight, NoticeVersion

# A later one that takes effect with it: then this one never does.
_IN_ITS_PLACE = NoticeVersion.objects.filter(
    plan_id=OuterRef("plan_id"),
    kind=OuterRef("kind"),
    number__gt=OuterRef("number"),
    in_force_from=OuterRef("in_force_from"),
).order_by("-number")
_ALL = NoticeVersion.objects.annotate(replaced_by=Subquery(_IN_ITS_PLACE.values("number")[:1]))
# The text itself is read for its own page alone.
_WITHOUT_TEXT = _ALL.defer("texts", "changes")


def versions(plan_id: UUID, kind: str) -> list[NoticeVersion]:
    """All that were published, the latest first, without their texts."""
    return list(_WITHOUT_TEXT.filter(plan_id=plan_id, kind=kind).order_by("-number"))


def version(plan_id: UUID, kind: str, number: int) -> NoticeVersion | None:
    return _ALL.filter(plan_id=plan_id, kind=kind, number=number).first()


def current(plan_id: UUID, kind: str, at: datetime | None = None) -> NoticeVersion | None:
    """The version that was in force at this moment, with its texts; now, if none is given."""
    return _in_force(NoticeVersion.objects.all(), plan_id, kind, at)


def number_at(plan_id: UUID, kind: str, at: datetime) -> int | None:
    """Under which version something of this moment came in."""
    found = _in_force(_WITHOUT_TEXT, plan_id, kind, at)
    return found.number if found else None


def _in_force(
    rows: QuerySet[NoticeVersion], plan_id: UUID, kind: str, at: datetime | None
) -> NoticeVersion | None:
    began = rows.filter(plan_id=plan_id, kind=kind, in_force_from__lte=at or timezone.now())
    return began.order_by("-number").first()


def unseen(user: User) -> list[NoticeVersion]:
    """Of each kind the version in force and those announced, as far as this person has neither
    opened nor confirmed them. What was followed by another is of no use to them any more.
    """
    sights = NoticeSeen.objects.filter(
        user=user,
        version=OuterRef("pk"),
        sight__in=[NoticeSight.READ, NoticeSight.CONFIRMED],
    )
    rows = _WITHOUT_TEXT.filter(plan_id=user.plan_id).annotate(seen=Exists(sights))
    versions = list(rows.filter(replaced_by=None).order_by("number"))
    found = []
    for kind in NoticeKind.values:
        of_kind = [one for one in versions if one.kind == kind]
        # None takes effect before the one that it follows.
        began = sum(not one.is_to_come() for one in of_kind)
        found += of_kind[max(began - 1, 0) :]
    return [one for one in found if not one.seen]


def sights(user: User) -> dict[UUID, dict[str, int]]:
    """For a privacy officer: how many people were shown, opened and confirmed each version of the
    plan. For anybody else nothing.
    """
    if user.role != Role.PRIVACY_OFFICER:
        return {}
    rows = (
        NoticeSeen.objects.filter(plan_id=user.plan_id)
        .values_list("version_id", "sight")
        .annotate(count=Count("id"))
    )
    found: dict[UUID, dict[str, int]] = {}
    for version_id, sight, count in rows:
        found.setdefault(version_id, {})[sight] = count
    return found
