import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts import access
from accounts.models import CareTeam, Member, Plan, Role
from accounts.people_actions import create_account
from portal.base import context

CLIENT = "command:create_account"
_USER_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,59}")


class Command(BaseCommand):
    help = (
        "Make an account for a member whose records are here, or for staff. First check who they "
        "are. They get a mail with a link to choose a password, and set up the second step at the "
        "first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help="such as ana.diaz")
        parser.add_argument("--plan", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", default=Role.MEMBER, choices=Role.values)
        parser.add_argument("--member-number", help="for a member: the number on their card")
        parser.add_argument("--name", help="for staff: what members see")
        parser.add_argument("--title", default="", help="for staff, such as Nurse")
        parser.add_argument("--team", action="append", default=[], help="may be given again")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id, email = options["user_id"].strip().casefold(), options["email"]
        role = Role(options["role"])
        with context.system(CLIENT):
            plan = access.plan_by_slug(options["plan"])
        if plan is None:
            raise CommandError(f"There is no plan {options['plan']!r}.")
        check_new(plan, user_id, email, CLIENT)
        member, name = _person(plan, role, options["member_number"], options["name"])
        user = create_account(
            plan=plan,
            user_id=user_id,
            email=email,
            role=role,
            name=name,
            client=CLIENT,
            member=member,
            title=options["title"],
            teams=[_team(plan, one) for one in options["team"]],
        )
        self.stdout.write(
            f"{user.user_id} can sign in at {plan.host} after choosing a password: "
            f"a link is on its way to {email}."
        )


def check_new(plan: Plan, user_id: str, email: str, client: str) -> None:
    if not _USER_ID.fullmatch(user_id):
        raise CommandError(
            "A User ID has 3 to 60 letters a to z, digits, '.', '_' and '-', and begins with a "
            "letter or digit."
        )
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError("This is not an e-mail address.") from None
    with context.system(client, plan.pk):
        if access.user_of_plan(plan, user_id):
            raise CommandError(f"{plan.name} has an account {user_id!r} already.")


def _person(
    plan: Plan, role: Role, number: str | None, name: str | None
) -> tuple[Member | None, str]:
    if role != Role.MEMBER:
        if number or not name:
            raise CommandError("Staff need --name, and have no --member-number.")
        return None, name
    if not number or name:
        raise CommandError("A member needs --member-number; the name is in their record.")
    with context.system(CLIENT, plan.pk):
        member = access.member_of_number(plan, number)
        if member is None:
            raise CommandError(f"{plan.name} has no member with this number.")
        if access.has_account(member):
            raise CommandError("This member has an account already.")
        return member, member.full_name


def _team(plan: Plan, name: str) -> CareTeam:
    with context.system(CLIENT, plan.pk):
        teams = {team.name: team for team in access.teams_of_plan(plan)}
    if name not in teams:
        known = ", ".join(sorted(teams)) or "none yet"
        raise CommandError(f"There is no team {name!r}. The teams are: {known}.")
    return teams[name]
