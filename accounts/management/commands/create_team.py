from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import access
from accounts.people_actions import create_team
from portal.base import context

CLIENT = "command:create_team"


class Command(BaseCommand):
    help = "Make a care team that members can write to. Nobody is on it yet: see create_account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="such as 'Primary care team'")
        parser.add_argument("--plan", required=True, metavar="SLUG")
        parser.add_argument("--about", required=True, help="what it helps with, for members")

    def handle(self, *args: Any, **options: Any) -> None:
        with context.system(CLIENT):
            plan = access.plan_by_slug(options["plan"])
        if plan is None:
            raise CommandError(f"There is no plan {options['plan']!r}.")
        with context.system(CLIENT, plan.pk):
            if options["name"] in {team.name for team in access.teams_of_plan(plan)}:
                raise CommandError(f"{plan.name} has this team already.")
        create_team(plan=plan, name=options["name"], care_type=options["about"], client=CLIENT)
        self.stdout.write(f"{plan.name} has a team “{options['name']}”.")
