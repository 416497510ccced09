"""What stands against destroying a key, of what this app knows, and what goes with one."""

from uuid import UUID

from accounts.models import Member, Plan, User
from portal.base.crypto.models import KeyHolder
from portal.base.registry import shred_erasers, shred_guards


def register() -> None:
    shred_guards.sign_up(
        "accounts.open_account", open_account, "The person, or the member, has an open account."
    )
    shred_guards.sign_up(
        "accounts.record_first", record_first, "A privacy file whose record is still there."
    )
    shred_guards.sign_up("accounts.plan_here", plan_here, "A plan's key, while the plan is here.")
    shred_erasers.sign_up(
        "accounts.member_number", erase_member_number, "The keyed mark of the member number."
    )


def member_of(holder_id: UUID) -> Member | None:
    """Whose record or privacy file this key seals."""
    record = Member.objects.filter(record_holder_id=holder_id)
    return record.first() or Member.objects.filter(privacy_holder_id=holder_id).first()


def open_account(holder_id: UUID) -> str | None:
    member = member_of(holder_id)
    accounts = User.objects.filter(is_active=True)
    if accounts.filter(holder_id=holder_id).exists():
        return "The account is open."
    if member and accounts.filter(member=member).exists():
        return "The member has an open account."
    return None


def record_first(holder_id: UUID) -> str | None:
    """The privacy file says whose the record is: it must outlive it."""
    member = Member.objects.filter(privacy_holder_id=holder_id).first()
    if member is None:
        return None
    record = KeyHolder.objects.get(pk=member.record_holder_id)
    return None if record.shredded_at else "The record of this member is still there."


def plan_here(holder_id: UUID) -> str | None:
    holder = KeyHolder.objects.get(pk=holder_id)
    if holder.kind != KeyHolder.Kind.PLAN or holder.plan_id is None:
        return None
    here = Plan.objects.filter(pk=holder.plan_id).exists()
    return "The plan still has its portal here." if here else None


def erase_member_number(holder_id: UUID) -> None:
    """Who has the key of blind indexes could try every number against it."""
    Member.objects.filter(privacy_holder_id=holder_id).update(member_number_index=None)
