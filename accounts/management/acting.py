"""What commands about people share: the plan, who stands for it, and whom it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts import access
from accounts.models import CareTeam, Member, Plan, User
from portal.base import context


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--plan", required=True, metavar="SLUG")
    parser.add_argument("--by", required=True, help="the User ID of the staff who decided it")


def add_team_arguments(parser: CommandParser) -> None:
    parser.add_argument("team", help="such as 'Primary care team'")
    add_arguments(parser)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", help="for staff: their User ID")
    who.add_argument("--member-number", help="for a member: the number on their card")


@contextmanager
def acting(options: dict[str, Any], client: str) -> Iterator[Plan]:
    """One transaction of a command that one person stands for: the trail names them."""
    with context.system(client):
        plan = access.plan_by_slug(options["plan"])
    if plan is None:
        raise CommandError(f"There is no plan {options['plan']!r}.")
    with context.system(client, plan.pk):
        staff = person(plan, options["by"])
    if not staff.is_staff_role:
        raise CommandError(f"{options['by']!r} is not staff.")
    bound = context.AccessContext(
        plan_id=plan.pk, user_id=staff.pk, role=context.SYSTEM_ROLE, client=client
    )
    with transaction.atomic(), context.bind(bound):
        yield plan


def person(plan: Plan, user_id: str) -> User:
    found = access.user_of_plan(plan, user_id)
    if found is None or not found.is_active:
        raise CommandError(f"{plan.name} has no open account {user_id!r}.")
    return found


def team(plan: Plan, name: str) -> CareTeam:
    teams = {team.name: team for team in access.teams_of_plan(plan)}
    if name not in teams:
        known = ", ".join(sorted(teams)) or "none yet"
        raise CommandError(f"There is no team {name!r}. The teams are: {known}.")
    return teams[name]


def member_or_staff(plan: Plan, options: dict[str, Any]) -> Member | User:
    if options["user"]:
        found = person(plan, options["user"])
        if not found.is_staff_role:
            raise CommandError("For a member, give --member-number.")
        return found
    member = access.member_of_number(plan, options["member_number"])
    if member is None:
        raise CommandError(f"{plan.name} has no member with this number.")
    return member


def told(stopped: dict[str, int]) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(stopped.items()))
    return f"Stopped with it: {counts or 'nothing was going on'}."
