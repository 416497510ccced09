from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import access, demo
from portal.base import context

CLIENT = "command:demo_code"


class Command(BaseCommand):
    help = "Print the one-time code that a demo person's app would show now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("--plan", default="cedar", help="cedar or harbor")

    def handle(self, *args: Any, user_id: str, plan: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Only a demo tells its codes: set DEMO=1."))
        with context.system(CLIENT):
            found = access.plan_by_slug(plan)
            person = access.user_of_plan(found, user_id) if found else None
            code = demo.code_for(person) if person else ""
        if not code:
            said = {"user": user_id, "plan": plan}
            raise CommandError(
                _(
                    "“%(user)s” in “%(plan)s” has no app that makes codes: nobody has that User ID "
                    "there, or it is set up at the first sign-in."
                )
                % said
            )
        self.stdout.write(code)
        self.stderr.write(_("It works once. The next one comes within 30 seconds."))
