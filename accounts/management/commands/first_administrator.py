from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import access
from accounts.mails import password_link
from accounts.management.commands.create_account import check_new
from accounts.management.plans import plan_named
from accounts.models import Plan, Role
from accounts.people_actions import create_first_administrator
from portal.base import context

CLIENT = "command:first_administrator"


class Command(BaseCommand):
    help = (
        "Make the first administrator of a plan on a server where nobody can sign in yet, and "
        "print a link with which they choose a password: once, within the hour. It needs no mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help="such as lee.wong")
        parser.add_argument("--plan", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)

    def handle(self, *args: Any, user_id: str, email: str, name: str, **options: Any) -> None:
        plan = plan_named(options["plan"])
        user_id = user_id.strip().casefold()
        if not self._waits(plan, user_id):
            check_new(plan, user_id, email, CLIENT)
        user = create_first_administrator(
            plan=plan, user_id=user_id, email=email, name=name, client=CLIENT
        )
        if user is None:
            raise CommandError(
                _(
                    "%s has an administrator already. For another one use create_account; "
                    "who lost the way in uses “Trouble signing in” on the sign-in page."
                )
                % plan.name
            )
        minutes = settings.PASSWORD_RESET_TIMEOUT // 60
        said = {"user": user.user_id, "minutes": minutes}
        self.stdout.write(
            _(
                "%(user)s opens this within %(minutes)s minutes to choose a password. It works "
                "once, for whoever has it: hand it over in person, and do not mail it."
            )
            % said
        )
        self.stdout.write(password_link(user))
        self.stdout.write(_("Then they sign in and set up a second step."))

    def _waits(self, plan: Plan, user_id: str) -> bool:
        """Whether they are here already and have not chosen a password."""
        with context.system(CLIENT, plan.pk):
            known = access.user_of_plan(plan, user_id)
        return known is not None and known.role == Role.PLAN_ADMIN
