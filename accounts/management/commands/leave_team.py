from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.management import acting
from accounts.people_actions import leave_team


class Command(BaseCommand):
    help = (
        "End that a team cares for a member, or that a staff member works in a team. The next page "
        "that anyone asks for finds it ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_team_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with acting.acting(options, "command:leave_team") as plan:
            team = acting.team(plan, options["team"])
            stopped = leave_team(team=team, who=acting.member_or_staff(plan, options))
            if stopped is None:
                raise CommandError(_("They are not in this team."))
        self.stdout.write(_("Ended in “%s”.") % team.name + " " + acting.told(stopped))
