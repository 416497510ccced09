from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.management import acting
from accounts.people_actions import join_team


class Command(BaseCommand):
    help = "Let a care team care for a member, or a staff member work in a team."

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_team_arguments(parser)
        parser.add_argument("--until", type=_day, help="ends of itself on this day, as 2027-01-31")

    def handle(self, *args: Any, **options: Any) -> None:
        until = options["until"]
        if until and until <= timezone.now():
            raise CommandError("--until must be a day to come.")
        with acting.acting(options, "command:join_team") as plan:
            team = acting.team(plan, options["team"])
            who = acting.member_or_staff(plan, options)
            if not join_team(team=team, who=who, until=until):
                raise CommandError("They are in this team already, without an end.")
        self.stdout.write(
            f"In “{team.name}” from now{f' until {until:%Y-%m-%d}' if until else ''}."
        )


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
