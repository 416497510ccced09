"""Approvals as pages show them."""

from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import users_of_plan
from accounts.models import User
from disclosures.entries import Fact, labelled
from disclosures.facts import VOID
from disclosures.rules import ROLES
from portal.base.approvals import actions
from portal.base.approvals.models import Approval, ApprovalState, Void
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown
from portal.base.ids import reference
from portal.base.registry import approval_kinds

CHIPS: dict[str, tuple[str, Promise]] = {
    ApprovalState.WAITING: ("due", gettext_lazy("Waits for approval")),
    ApprovalState.APPROVED: ("wait", gettext_lazy("Approved, not done yet")),
    ApprovalState.REFUSED: ("bad", gettext_lazy("Refused")),
    ApprovalState.USED: ("good", gettext_lazy("Done")),
    ApprovalState.EXPIRED: ("off", gettext_lazy("No longer valid")),
}


def rows(user: User, approvals: list[Approval]) -> list[dict[str, Any]]:
    people = users_of_plan(user.plan_id, {one.asked_by for one in approvals})
    return [row(one, people) for one in approvals]


def row(approval: Approval, people: dict[UUID, User]) -> dict[str, Any]:
    over = approval.is_open and actions.is_over(approval)
    tone, text = CHIPS[ApprovalState.EXPIRED if over else approval.state]
    return {
        "id": approval.pk,
        "kind": approval_kinds[approval.kind].label,
        "reference": reference(approval.pk),
        "who": _name(people.get(approval.asked_by)),
        "when": moment(approval.asked_at),
        "until": moment(approval.expires_at),
        "chip": {"tone": tone, "text": text},
    }


def _name(person: User | None) -> str:
    return f"{shown(person, 'display_name')}, {ROLES[person.role]}" if person else ""


def what(user: User, approval: Approval) -> list[Fact]:
    """Exactly what would be done, as it was when someone asked."""
    act = approval_kinds[approval.kind]
    return labelled(list(act.lines(user, approval.about_id, approval.facts)))


def way(user: User, approval: Approval) -> list[Fact]:
    """Who asked, who decided, and what came of it."""
    ids = {one for one in (approval.asked_by, approval.decided_by) if one}
    people = users_of_plan(user.plan_id, ids)
    second = people.get(approval.decided_by) if approval.decided_by else None
    used = approval.state == ApprovalState.USED
    return labelled(
        [
            (_("Reference"), reference(approval.pk)),
            (_("Asked by"), _name(people.get(approval.asked_by))),
            (_("Asked on"), moment(approval.asked_at)),
            (_("Valid until"), moment(approval.expires_at) if approval.is_open else ""),
            (_("Decided by"), _name(second)),
            (_("Decided on"), moment(approval.decided_at)),
            (_("Their reason"), shown(approval, "decided_reason")),
            (_("Done on") if used else _("Ended on"), moment(approval.ended_at)),
            (_("Why it ended"), VOID.get(approval.reason_code, "")),
        ]
    )


def ending(user: User, approval: Approval) -> str:
    """Why nobody decides it any more, for whoever still wanted to."""
    if approval.state == ApprovalState.EXPIRED:
        return f"{VOID[approval.reason_code]}. " + _("Nothing was changed.")
    if approval.decided_by is None:
        return ""
    who = users_of_plan(user.plan_id, {approval.decided_by}).get(approval.decided_by)
    told = {"who": _name(who), "when": moment(approval.decided_at)}
    if approval.state == ApprovalState.REFUSED:
        return _("Already refused on %(when)s by %(who)s. Nothing was changed.") % told
    return _("Already approved on %(when)s by %(who)s. Nothing was changed.") % told


def problems(approval: Approval) -> list[str]:
    """What stands against it now, as long as something can still come of it."""
    if not approval.is_open:
        return []
    act = approval_kinds[approval.kind]
    if why := actions.void_by_now(approval, act):
        return [str(VOID[Void(why)]) + ". " + _("Ask again, if it is still to be done.")]
    return act.hindrances(approval.about_id)
