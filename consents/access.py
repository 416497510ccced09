"""The same decision for every app: gathers the facts, asks the rules."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from consents import gathering, replay, rules, states
from portal.base.registry import Grounds

NOTHING: frozenset[rules.Obligation] = frozenset()


class Refused(PermissionDenied):
    """With the sentence for people, and what the trail keeps of the decision."""

    # The page where they can say what is missing, where there is one.
    way_on = ""

    def __init__(self, decision: rules.Decision) -> None:
        # Only a part was cut away: whoever asked for all of it is told no more than that.
        super().__init__(str(decision.sentence or rules.NO))
        self.told = decision.told


class NotShown(Http404):
    """Of something that isn't in a file as far as it is open: to whoever asks, like what does not
    exist. The trail keeps the decision that the file was opened by."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told


def decide(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_id: UUID | None = None,
    plan_id: UUID | None = None,
    carries_out: frozenset[rules.Obligation] = NOTHING,
    without: frozenset[rules.Fact] = frozenset(),
) -> rules.Decision:
    """Ask the rules with the facts on file. `plan_id` is the plan of what is asked for.

    `carries_out` is what the caller does of what a decision may oblige to: where it owes anything
    else, the answer is no. `without` are facts of the member that don't hold for this one thing.
    """
    members = [] if member_id is None else [member_id]
    files = gathering.files(by, members, plan_id)
    file = files[member_id]
    decision = _asked(by, act, purpose, tuple(items), replace(file, facts=file.facts - without))
    return rules.held_to(decision, carries_out)


def decide_each(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_ids: Collection[UUID],
) -> dict[UUID, rules.Decision]:
    """One decision for each member of a list, in as many queries as for one. Lists owe nothing."""
    asked, files = tuple(items), gathering.files(by, member_ids)
    return {
        one: rules.held_to(_asked(by, act, purpose, asked, files[one]), NOTHING)
        for one in member_ids
    }


def require(
    *,
    by: User,
    act: rules.Act,
    purpose: rules.Purpose,
    items: Iterable[rules.Item],
    member_id: UUID | None = None,
    plan_id: UUID | None = None,
    carries_out: frozenset[rules.Obligation] = NOTHING,
    without: frozenset[rules.Fact] = frozenset(),
) -> rules.Decision:
    """As `decide` for all of the items. Raises Refused, which is a PermissionDenied."""
    decision = decide(
        by=by,
        act=act,
        purpose=purpose,
        items=items,
        member_id=member_id,
        plan_id=plan_id,
        carries_out=carries_out,
        without=without,
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
