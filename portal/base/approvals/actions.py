"""An act that needs a second person: asked for by one, decided by another, carried out once.

What is to be approved is looked at when it is asked for, when it is decided and when it is done.
Any difference makes the approval void, and so does time.
"""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base import context, registry
from portal.base.approvals.models import OPEN, Approval, ApprovalState, Void
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.outbox.announce import Kind, announce
from portal.base.registry import Facts, Grounds, SecondPerson, Step

CLIENT = "task:expire_approvals"
AT_ONCE = 500
# Time alone ends it.
NOBODY = Grounds(purpose="", basis="", decision="")


class NotNow(PermissionDenied):
    """Who has the right can't do it at this moment: it ended before, or something forbids it."""


@transaction.atomic
def ask(
    *, kind: str, about_id: UUID, by: Any, reason: str, member_id: UUID | None = None
) -> Approval:
    """Ask for it, and tell who may approve. The same again while it is open is the first one."""
    act = registry.approval_kinds[kind]
    grounds = act.require(by, Step.ASK)
    if (found := _open(by.plan_id, kind, about_id)) and not _made_void(found, act, grounds):
        return found
    _check_free(act, about_id)
    others = [one for one in act.deciders(by.plan_id) if not same_person(one.pk, by.pk)]
    if not others:
        raise PermissionDenied(
            _("Nobody else here may approve this. Ask for a second privacy officer first.")
        )
    approval = _unsaved(kind, act, about_id, by, reason, member_id)
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        # Someone asked at the same moment.
        found = _open(by.plan_id, kind, about_id)
        if found is None:
            raise
        return found
    _note("approval.asked", approval, grounds)
    for person in others:
        announce(
            plan_id=by.plan_id,
            recipient_id=person.pk,
            kind=Kind.APPROVAL_WAITS,
            event_id=approval.pk,
        )
    return approval


def _unsaved(
    kind: str, act: SecondPerson, about_id: UUID, by: Any, reason: str, member_id: UUID | None
) -> Approval:
    now = timezone.now()
    approval = Approval(
        plan_id=by.plan_id,
        kind=kind,
        about_id=about_id,
        member_id=member_id,
        holder_id=keyring.plan_holder(by.plan_id),
        facts=act.facts(about_id),
        asked_by=by.pk,
        asked_at=now,
        reason=reason,
        expires_at=now + act.lasts,
    )
    approval.digest = digest_of(approval, approval.facts)
    return approval


@transaction.atomic
def approve(*, approval_id: UUID, by: Any, reason: str, seen: str) -> Approval:
    """Allow it. `seen` is the digest of what the page showed. Void by now, it says so."""
    found, act, grounds = _to_decide(approval_id, by)
    if seen != found.digest:
        raise PermissionDenied(_("This page is too old. Open it again. Nothing was changed."))
    if _made_void(found, act, grounds):
        return found
    _check_free(act, found.about_id)
    _decide(found, ApprovalState.APPROVED, by, reason)
    _note("approval.approved", found, grounds)
    return found


@transaction.atomic
def refuse(*, approval_id: UUID, by: Any, reason: str) -> Approval:
    """Void by time, it says so."""
    found, _act, grounds = _to_decide(approval_id, by)
    if is_over(found):
        _void(found, Void.TIME, grounds)
        return found
    _decide(found, ApprovalState.REFUSED, by, reason)
    _note("approval.refused", found, grounds)
    return found


@transaction.atomic
def take_back(*, approval_id: UUID, by: Any) -> Approval:
    """Whoever asked no longer wants it done, decided or not."""
    found = _locked(approval_id, by)
    grounds = registry.approval_kinds[found.kind].require(by, Step.ASK)
    if found.asked_by != by.pk:
        raise PermissionDenied(_("Only the person who asked for this can take it back."))
    if not found.is_open:
        raise NotNow(_("This came to its end already. Nothing was changed."))
    _void(found, Void.TAKEN_BACK, grounds)
    return found


@transaction.atomic
def use(*, kind: str, about_id: UUID, by: Any) -> Approval:
    """Do what was approved. What is void by now is not done: the answer's state tells."""
    act = registry.approval_kinds[kind]
    grounds = act.require(by, Step.CARRY_OUT)
    found = _open(by.plan_id, kind, about_id)
    if found is None or found.state != ApprovalState.APPROVED:
        raise PermissionDenied(_("Another person must approve this first. Nothing was done."))
    if _made_void(found, act, grounds):
        return found
    _check_free(act, about_id)
    found.state, found.ended_at = ApprovalState.USED, timezone.now()
    found.save(update_fields=["state", "ended_at"])
    _note("approval.used", found, grounds)
    act.carry_out(by, about_id)
    return found


def expire() -> int:
    """What nobody decided or used in time. Until then each look finds it void by itself."""
    with context.system(CLIENT):
        late = Approval.objects.filter(state__in=OPEN, expires_at__lte=timezone.now())
        ids = list(late.values_list("pk", "plan_id")[:AT_ONCE])
    for approval_id, plan_id in ids:
        with context.system(CLIENT, plan_id):
            found = Approval.objects.select_for_update().get(pk=approval_id)
            if found.is_open:
                _void(found, Void.TIME, NOBODY)
    return len(ids)


def open_one(plan_id: UUID, kind: str, about_id: UUID) -> Approval | None:
    """What waits or is approved, and whose time is not over."""
    with context.seeing_all():
        found = Approval.objects.filter(plan_id=plan_id, kind=kind, about_id=about_id)
        return found.filter(state__in=OPEN, expires_at__gt=timezone.now()).first()


def is_over(approval: Approval) -> bool:
    return approval.expires_at <= timezone.now()


def void_by_now(approval: Approval, act: SecondPerson) -> Void | None:
    """Whether it is no longer what was asked for, or its time is over."""
    if is_over(approval):
        return Void.TIME
    same = digest_of(approval, act.facts(approval.about_id)) == approval.digest
    return None if same else Void.CHANGED


def digest_of(approval: Approval, facts: Facts) -> str:
    """Keyed, so that the table gives no way to try guesses at what is sealed."""
    seen = [approval.kind, str(approval.about_id), str(approval.asked_by), facts, approval.reason]
    text = json.dumps(seen, sort_keys=True, separators=(",", ":"))
    return blind_index("approval.digest", approval.plan_id, text, normalise=str).hex()


def same_person(first: UUID, second: UUID) -> bool:
    """As far as the portal knows: by the account, or by what apps know of two accounts."""
    return first == second or any(ask(first, second) for ask in registry.same_person.values())


def _open(plan_id: UUID, kind: str, about_id: UUID) -> Approval | None:
    """Locked. Also where row-level security hides it from who asks."""
    with context.seeing_all():
        found = Approval.objects.select_for_update().filter(
            plan_id=plan_id, kind=kind, about_id=about_id
        )
        return found.filter(state__in=OPEN).first()


def _locked(approval_id: UUID, by: Any) -> Approval:
    rows = Approval.objects.select_for_update().filter(plan_id=by.plan_id, pk=approval_id)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _to_decide(approval_id: UUID, by: Any) -> tuple[Approval, SecondPerson, Grounds]:
    found = _locked(approval_id, by)
    act = registry.approval_kinds[found.kind]
    grounds = act.require(by, Step.DECIDE)
    if same_person(found.asked_by, by.pk):
        raise PermissionDenied(_("You asked for this, so another person must decide it."))
    if found.state != ApprovalState.WAITING:
        raise NotNow(_("This was decided already. Nothing was changed."))
    return found, act, grounds


def _decide(approval: Approval, state: ApprovalState, by: Any, reason: str) -> None:
    if not reason.strip():
        raise ValueError("A decision needs its reason.")
    approval.state, approval.decided_by, approval.decided_at = state, by.pk, timezone.now()
    approval.decided_reason = reason
    approval.save(update_fields=["state", "decided_by", "decided_at", "decided_reason"])
    announce(
        plan_id=approval.plan_id,
        recipient_id=approval.asked_by,
        kind=Kind.APPROVAL_DECIDED,
        event_id=approval.pk,
    )


def _check_free(act: SecondPerson, about_id: UUID) -> None:
    if hindrances := act.hindrances(about_id):
        raise NotNow(" ".join([_("This may not be done now."), *hindrances]))


def _made_void(approval: Approval, act: SecondPerson, grounds: Grounds) -> bool:
    why = void_by_now(approval, act)
    if why:
        _void(approval, why, grounds)
    return why is not None


def _void(approval: Approval, why: Void, grounds: Grounds) -> None:
    approval.state, approval.ended_at = ApprovalState.EXPIRED, timezone.now()
    approval.reason_code = why
    with context.seeing_all():
        approval.save(update_fields=["state", "ended_at", "reason_code"])
    _note("approval.expired", approval, grounds)


def _note(action: str, approval: Approval, grounds: Grounds) -> None:
    facts: dict[str, str | int] = {"kind": approval.kind}
    if approval.reason_code:
        facts["reason_code"] = approval.reason_code
    trail.record(
        action,
        member_id=approval.member_id,
        object_kind="approval",
        object_id=approval.pk,
        facts=facts,
        **grounds,
    )
