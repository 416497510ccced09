"""Finding the member whose messages someone outside their team must read."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import member_by_number, members_in_plan
from accounts.models import Member, User
from consents.opening_actions import require_reason
from consents.rules import Purpose
from messaging.rules import LOOKED_IN, MOST_LOOKS
from portal.base.audit import trail
from portal.base.audit.models import Event


def find_member(user: User, number: str) -> Member | None:
    """By the number on a card. Asking is on record, also where nobody has it, and has its limit:
    numbers are not to be tried out.
    """
    grounds = require_reason(user)
    # One after another: forms sent at once would each see the looks before them alone.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if _looks(user) >= MOST_LOOKS:
        raise PermissionDenied(
            _("You looked for many members in a short time. Wait an hour, and try again.")
        )
    found = member_by_number(user, number)
    trail.record(
        "member.looked_up",
        member_id=found.pk if found else None,
        facts={} if found else {"reason_code": "unknown_number"},
        **grounds,
    )
    return found


def _looks(user: User) -> int:
    looks = Event.objects.filter(
        plan_id=user.plan_id, actor_id=user.pk, at__gte=timezone.now() - LOOKED_IN
    )
    return looks.filter(action="member.looked_up", purpose=Purpose.OUTSIDE_TEAM).count()


def get_member(user: User, member_id: UUID) -> Member:
    """Whose conversation it is. Nothing of them is shown before the reason is given."""
    require_reason(user, member_id)
    found = members_in_plan(user, {member_id}).get(member_id)
    if found is None:
        raise Http404
    return found
