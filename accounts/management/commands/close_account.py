from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.management import acting
from accounts.people_actions import LastOne, close_account


class Command(BaseCommand):
    help = "Close an account: nobody signs in with it any more, and its open sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help="such as ana.diaz")
        acting.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with acting.acting(options, "command:close_account") as plan:
            user = acting.person(plan, options["user_id"])
            if user.user_id == options["by"].strip().casefold():
                raise CommandError(_("Nobody closes their own account: let a colleague do it."))
            try:
                stopped = close_account(user=user)
            except LastOne as error:
                raise CommandError(
                    _(
                        "%s is the only one with this role here. First make an account for who "
                        "follows them, with create_account."
                    )
                    % user.user_id
                ) from error
        self.stdout.write(_("%s is closed.") % user.user_id + " " + acting.told(stopped))
