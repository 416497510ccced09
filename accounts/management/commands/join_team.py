from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.management import acting
from accounts.people_actions import join_team


class Command(BaseCommand):
    help = "Let a care team care for a member, or a staff member work in a team."

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_team_arguments(parser)
        parser.add_argument("--until", help="the last day of it where the plan is, as 2027-01-31")

    def handle(self, *args: Any, **options: Any) -> None:
        last = _day(options["until"]) if options["until"] else None
        with acting.acting(options, "command:join_team") as plan:
            until = plan.calendar.ends(last) if last else None
            if until and until <= timezone.now():
                raise CommandError(_("--until must be today or a day to come."))
            team = acting.team(plan, options["team"])
            who = acting.member_or_staff(plan, options)
            if not join_team(team=team, who=who, until=until):
                raise CommandError(_("They are in this team already, without an end."))
        said = {"team": team.name, "day": date_format(last, "DATE_FORMAT") if last else ""}
        self.stdout.write(
            _("In “%(team)s” from now until the end of %(day)s.") % said
            if last
            else _("In “%(team)s” from now.") % said
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(_("%s is no day such as 2027-01-31.") % text) from error
