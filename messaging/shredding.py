from uuid import UUID

from accounts.models import Member
from messaging.models import Thread, ThreadState
from portal.base.registry import shred_guards


def register() -> None:
    shred_guards.sign_up(
        "messaging.open_thread", open_thread, "A record with a conversation that is not closed."
    )


def open_thread(holder_id: UUID) -> str | None:
    """A member who waits for an answer, or could still write one, keeps their words."""
    member = Member.objects.filter(record_holder_id=holder_id).first()
    if member is None:
        return None
    threads = Thread.objects.filter(plan_id=member.plan_id, member=member)
    count = threads.exclude(state=ThreadState.CLOSED).count()
    return f"Conversations that are not closed: {count}." if count else None
