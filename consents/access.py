"""The same decision for every app: gathers the facts, asks the rules, records a refusal."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts.access import on_team_of
from accounts.models import User
from consents import rules
from portal.base import context


def decide(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_id: UUID | None = None,
    plan_id: UUID | None = None,
) -> rules.Decision:
    """Ask the rules with the facts on file. `plan_id` is the plan of what is asked for."""
    on_team = member_id is not None and member_id in _on_team(by, [member_id])
    facts = _facts(by, member_id, plan_id, on_team=on_team)
    return rules.decide(rules.Question(act, _recipient(by), purpose, tuple(items), facts))


def decide_each(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_ids: Collection[UUID],
) -> dict[UUID, rules.Decision]:
    """One decision for each member of a list, in as many queries as for one."""
    on_team, who, asked = _on_team(by, member_ids), _recipient(by), tuple(items)
    decisions = {}
    for member_id in member_ids:
        facts = _facts(by, member_id, None, on_team=member_id in on_team)
        decisions[member_id] = rules.decide(rules.Question(act, who, purpose, asked, facts))
    return decisions


def require(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_id: UUID | None = None,
    plan_id: UUID | None = None,
) -> rules.Decision:
    """As `decide` for all of the items. Raises PermissionDenied with the sentence for people."""
    decision = decide(
        by=by, act=act, purpose=purpose, items=items, member_id=member_id, plan_id=plan_id
    )
    if not decision.permitted or decision.cut:
        raise PermissionDenied(str(decision.sentence or rules.NO))
    return decision


def _recipient(user: User) -> rules.Recipient | None:
    try:
        return rules.Recipient(user.role)
    except ValueError:
        return None


def _on_team(user: User, member_ids: Collection[UUID]) -> set[UUID]:
    return on_team_of(user, member_ids) if user.is_staff_role and member_ids else set()


def _facts(
    user: User, member_id: UUID | None, plan_id: UUID | None, *, on_team: bool
) -> frozenset[rules.Fact]:
    now = context.current()
    facts: set[rules.Fact] = set()
    if now.user_id == user.pk:
        # A request binds its user once the second step is passed; a command stands for one.
        facts.add(rules.Fact.SECOND_FACTOR)
    if (plan_id or now.plan_id) == user.plan_id == now.plan_id:
        facts.add(rules.Fact.SAME_PLAN)
    if member_id is not None and member_id == user.member_id:
        facts.add(rules.Fact.IS_THE_MEMBER)
    if on_team:
        facts.add(rules.Fact.ON_THE_MEMBERS_TEAM)
    return frozenset(facts)
