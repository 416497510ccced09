"""What commands about people share: the plan, who stands for it, and whom it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access
from accounts.management.plans import plan_named
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
    plan = plan_named(options["plan"])
    with context.system(client, plan.pk):
        staff = person(plan, options["by"])
    if not staff.is_staff_role:
        raise CommandError(_("--by names someone who is not staff: %s.") % options["by"])
    bound = context.AccessContext(
        plan_id=plan.pk, user_id=staff.pk, role=context.SYSTEM_ROLE, client=client
    )
    # What holds until a day holds until its end there.
    zone = timezone.override(ZoneInfo(plan.time_zone))
    with transaction.atomic(), context.bind(bound), zone:
        yield plan


def person(plan: Plan, user_id: str) -> User:
    found = access.user_of_plan(plan, user_id)
    if found is None or not found.is_active:
        said = {"plan": plan.name, "user": user_id}
        raise CommandError(_("%(plan)s has no open account “%(user)s”.") % said)
    return found


def team(plan: Plan, name: str) -> CareTeam:
    teams = {team.name: team for team in access.teams_of_plan(plan)}
    if name not in teams:
        said = {"team": name, "known": ", ".join(sorted(teams)) or _("none yet")}
        raise CommandError(_("There is no team “%(team)s”. The teams are: %(known)s.") % said)
    return teams[name]


def member_or_staff(plan: Plan, options: dict[str, Any]) -> Member | User:
    if options["user"]:
        found = person(plan, options["user"])
        if not found.is_staff_role:
            raise CommandError(_("For a member, give --member-number."))
        return found
    member = access.member_of_number(plan, options["member_number"])
    if member is None:
        raise CommandError(_("%s has no member with this number.") % plan.name)
    return member


def told(stopped: dict[str, int]) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(stopped.items()))
    return _("Stopped with it: %s.") % (counts or _("nothing was going on"))
