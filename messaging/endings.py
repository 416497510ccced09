"""What stops in conversations when a right ends: nothing waits with someone who can't see it."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.access import user_in_plan
from messaging import attachments
from messaging.models import Draft, Thread, ThreadState
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.registry import Ending, Right, stop_hooks


def register() -> None:
    stop_hooks.sign_up(
        "messaging.owners", release, "Account, seat: conversations they had go back to the team."
    )
    stop_hooks.sign_up(
        "messaging.drafts", drop_drafts, "Account, seat, assignment: staff's unsent words go."
    )
    stop_hooks.sign_up(
        "messaging.threads", close_threads, "Assignment: conversations with the team are closed."
    )


def release(ending: Ending) -> int:
    """Of staff: the next colleague takes them. In a team that someone left, or in all."""
    if ending.right is Right.ASSIGNMENT or ending.user_id is None:
        return 0
    rows = list(_of(ending).select_for_update(of=("self",)).filter(owner_id=ending.user_id))
    for thread in rows:
        thread.owner = None
        thread.save(update_fields=["owner"])
        _note("thread.released", thread)
    return len(rows)


def close_threads(ending: Ending) -> int:
    """Nobody of the team can open them any more, so no member may believe that someone does."""
    if ending.right is not Right.ASSIGNMENT:
        return 0
    open_ones = _of(ending).exclude(state=ThreadState.CLOSED)
    rows = list(open_ones.select_for_update(of=("self",)))
    for thread in rows:
        thread.state, thread.owner, thread.answer_by = ThreadState.CLOSED, None, None
        thread.save(update_fields=["state", "owner", "answer_by"])
        _note("thread.stopped", thread)
    return len(rows)


def drop_drafts(ending: Ending) -> int:
    """Words about a member that nobody can send. A member's own stay: they are in their file."""
    author = user_in_plan(ending.plan_id, ending.user_id) if ending.user_id else None
    if author is not None and not author.is_staff_role:
        return 0
    # Drafts are read in one member's file at a time.
    return sum(_drop(ending, member_id) for member_id in _drafted_about(ending))


def _drafted_about(ending: Ending) -> set[UUID]:
    if ending.member_id:
        return {ending.member_id}
    # Who has a draft is in sealed files; the trail says where one was ever begun.
    saved = Event.objects.filter(
        plan_id=ending.plan_id, actor_id=ending.user_id, action="draft.saved"
    )
    return {one for one in saved.values_list("member_id", flat=True) if one}


def _drop(ending: Ending, member_id: UUID) -> int:
    with context.about_member(member_id):
        drafts = Draft.objects.filter(member_id=member_id, thread__in=_of(ending))
        if ending.user_id:
            drafts = drafts.filter(author_id=ending.user_id)
        # Of a member's conversation: what the team began to write.
        begun = list(drafts.exclude(author__member_id=member_id))
        for draft in begun:
            trail.record(
                "draft.deleted", member_id=member_id, object_kind="draft", object_id=draft.pk
            )
            attachments.remove([draft])
            draft.delete()
    return len(begun)


def _note(action: str, thread: Thread) -> None:
    trail.record(action, member_id=thread.member_id, object_kind="thread", object_id=thread.pk)


def _of(ending: Ending) -> QuerySet[Thread]:
    """The conversations that the right was about."""
    threads = Thread.objects.filter(plan_id=ending.plan_id)
    if ending.team_id:
        threads = threads.filter(team_id=ending.team_id)
    if ending.right is Right.ASSIGNMENT:
        return threads.filter(member=ending.member_id)
    return threads
