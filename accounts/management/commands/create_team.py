from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import access
from accounts.management.plans import plan_named
from accounts.models import CareTeam
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
        plan, name = plan_named(options["plan"]), options["name"].strip()
        most = CareTeam._meta.get_field("name").max_length or 0
        if not 0 < len(name) <= most or not 0 < len(options["about"].strip()) <= most:
            raise CommandError(_("A team's name, and --about, have 1 to %d characters.") % most)
        with context.system(CLIENT, plan.pk):
            if name in {team.name for team in access.teams_of_plan(plan)}:
                raise CommandError(_("%s has this team already.") % plan.name)
        create_team(plan=plan, name=name, care_type=options["about"], client=CLIENT)
        said = {"plan": plan.name, "team": name}
        self.stdout.write(_("%(plan)s has a team “%(team)s”.") % said)
