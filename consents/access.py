"""The same decision for every app: gathers the facts, asks the rules."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from consents import gathering, replay, rules, states
from portal.base.registry import Grounds


class Refused(PermissionDenied):
    """With the sentence for people, and what the trail keeps of the decision."""

    def __init__(self, decision: rules.Decision) -> None:
        # Only a part was cut away: whoever asked for all of it is told no more than that.
        super().__init__(str(decision.sentence or rules.NO))
        self.told = decision.told


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
    members = [] if member_id is None else [member_id]
    files = gathering.files(by, members, plan_id)
    return _asked(by, act, purpose, tuple(items), files[member_id])


def decide_each(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_ids: Collection[UUID],
) -> dict[UUID, rules.Decision]:
    """One decision for each member of a list, in as many queries as for one."""
    asked, files = tuple(items), gathering.files(by, member_ids)
    return {one: _asked(by, act, purpose, asked, files[one]) for one in member_ids}


def require(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_id: UUID | None = None,
    plan_id: UUID | None = None,
) -> rules.Decision:
    """As `decide` for all of the items. Raises Refused, which is a PermissionDenied."""
    decision = decide(
        by=by, act=act, purpose=purpose, items=items, member_id=member_id, plan_id=plan_id
    )
    if not decision.permitted or decision.cut:
        raise Refused(decision)
    return decision


def _asked(
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: tuple[rules.Item, ...],
    file: gathering.File,
) -> rules.Decision:
    question = rules.Question(
        act,
        gathering.recipient(by),
        purpose,
        items,
        file.facts,
        timezone.localtime(),
        state=states.state_of(by.plan.state),
        consents=file.consents,
        restrictions=file.restrictions,
    )
    decision = rules.decide(question)
    return replace(decision, told=replay.written(question, decision))


def grounds(purpose: rules.Purpose, decision: rules.Decision) -> Grounds:
    """What a line of the trail says of why: with it the decision can be made again."""
    return Grounds(purpose=purpose, basis=decision.basis, decision=decision.told)
