"""What needs a second person: who may see it here, and what they see. Each look is recorded."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from portal.base.approvals import actions
from portal.base.approvals.models import OPEN, Approval, ApprovalState
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.registry import Grounds, Step, approval_kinds

PAGE = 25


def require_viewer(user: User, step: Step = Step.ASK) -> Grounds:
    """Who may take this step of anything that needs two people. Raises PermissionDenied."""
    refused = PermissionDenied(_("Your role does not allow this. Nothing was shown or changed."))
    for act in approval_kinds.values():
        try:
            return act.require(user, step)
        except PermissionDenied as told:
            # With the decision, which the trail keeps.
            refused = told
    raise refused


def can_decide(user: User, approval: Approval) -> bool:
    """Whether this person is the second one. What stands against it is another matter."""
    if approval.state != ApprovalState.WAITING:
        return False
    try:
        approval_kinds[approval.kind].require(user, Step.DECIDE)
    except PermissionDenied:
        return False
    return not actions.same_person(approval.asked_by, user.pk)


def of_plan(user: User) -> QuerySet[Approval]:
    """Officers see all of their plan, others what they asked for: row-level security says so."""
    return Approval.objects.filter(plan_id=user.plan_id)


def listed(user: User, *, past: bool = False, number: str | int = 1) -> "Page[Approval]":
    """What waits, or what came of the rest; the newest first. Names no member."""
    grounds = require_viewer(user)
    rows = of_plan(user)
    rows = rows.exclude(state__in=OPEN) if past else rows.filter(state__in=OPEN)
    page: Page[Approval] = Paginator(rows.order_by("-pk"), PAGE).get_page(number)
    page.object_list = list(page.object_list)
    keyring.prefetch(one.holder_id for one in page.object_list)
    trail.record(
        "approvals.listed",
        object_kind="approval",
        facts={"count": len(page.object_list)},
        **grounds,
    )
    return page


def find(user: User, approval_id: UUID) -> Approval:
    """One to act on, not opened for reading. Raises Http404 for what others asked for."""
    require_viewer(user)
    found = of_plan(user).filter(pk=approval_id).first()
    if found is None:
        raise Http404
    return found


def find_own(user: User, approval_id: UUID) -> Approval:
    """One that this person asked for. Raises Http404 for all others, there or not."""
    found = of_plan(user).filter(pk=approval_id, asked_by=user.pk).first()
    if found is None:
        raise Http404
    return found


def find_to_decide(user: User, approval_id: UUID) -> Approval:
    """As `find`, for whose role may decide it. The others learn nothing of whether it is there."""
    require_viewer(user, Step.DECIDE)
    found = find(user, approval_id)
    approval_kinds[found.kind].require(user, Step.DECIDE)
    return found


def get_approval(user: User, approval_id: UUID) -> Approval:
    grounds, found = require_viewer(user), find(user, approval_id)
    trail.record(
        "approval.opened",
        member_id=found.member_id,
        object_kind="approval",
        object_id=found.pk,
        facts={"kind": found.kind},
        **grounds,
    )
    return found


def waiting_count(user: User) -> int:
    """How many wait for an officer, for their menu."""
    if user.role != Role.PRIVACY_OFFICER:
        return 0
    waiting = of_plan(user).filter(state=ApprovalState.WAITING, expires_at__gt=timezone.now())
    return waiting.exclude(asked_by=user.pk).count()
