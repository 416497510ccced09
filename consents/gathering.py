"""The facts on file that a decision needs, for all members of a page at once.

The one place that looks them up: its number of queries doesn't grow with the members.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from accounts.access import on_team_of
from accounts.models import User
from consents.opening_access import with_reason
from consents.question import Consent, Fact, Recipient, Restriction
from portal.base import context


@dataclass(frozen=True)
class File:
    """What is on file between one person and one member."""

    facts: frozenset[Fact]
    consents: tuple[Consent, ...]
    restrictions: tuple[Restriction, ...]


def recipient(user: User) -> Recipient | None:
    """As whom this person acts: by their one role. A role that the rules don't know is nobody."""
    try:
        return Recipient(user.role)
    except ValueError:
        return None


def files(
    user: User, member_ids: Collection[UUID], plan_id: UUID | None = None
) -> Mapping[UUID | None, File]:
    """By member; under None what holds where the question is about no member.

    The house keeps no permissions and no restrictions yet, so that there are none is known.
    """
    asks = user.is_staff_role and bool(member_ids)
    on_team = on_team_of(user, member_ids) if asks else set()
    opened = with_reason(user, member_ids) if asks else set()
    general = _general(user, plan_id)
    found: dict[UUID | None, File] = {None: File(general, (), ())}
    for member_id in member_ids:
        facts = set(general)
        if member_id == user.member_id:
            facts.add(Fact.IS_THE_MEMBER)
        if member_id in on_team:
            facts.add(Fact.ON_THE_MEMBERS_TEAM)
        if member_id in opened:
            facts.add(Fact.REASON_GIVEN)
        found[member_id] = File(frozenset(facts), (), ())
    return found


def _general(user: User, plan_id: UUID | None) -> frozenset[Fact]:
    now = context.current()
    facts: set[Fact] = set()
    if now.user_id == user.pk:
        # A request binds its user once the second step is passed; a command stands for one.
        facts.add(Fact.SECOND_FACTOR)
    if (plan_id or now.plan_id) == user.plan_id == now.plan_id:
        facts.add(Fact.SAME_PLAN)
    return frozenset(facts)
