from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from accounts import actions
from accounts.management import acting


class Command(BaseCommand):
    help = (
        "Take away the app and the printed codes that a person has lost. Their sessions end, they "
        "get a mail, and the next sign-in begins with a new second step. First check who they are, "
        "as strictly as when the account was made: whoever knows the password is in after this."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_arguments(parser)
        parser.add_argument("--user", required=True, help="the User ID of who lost it")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting.acting(options, "command:reset_second_step") as plan:
            person = acting.person(plan, options["user"])
            ended = actions.reset_second_step(user=person)
        said = {"user": person.user_id, "count": ended}
        self.stdout.write(
            _("%(user)s sets up a new second step at the next sign-in. Sessions ended: %(count)d.")
            % said
        )
