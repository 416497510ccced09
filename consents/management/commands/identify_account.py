from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404
from django.utils.translation import gettext as _

from accounts import access
from accounts.management import acting
from consents.access import Refused
from consents.identifying import Why, identify, note_refused


class Command(BaseCommand):
    help = (
        "Print what the owner of a staff account told to say who they are: legal name, site and "
        "the last digits of the tax ID. For plan administrators and operators, to know who someone "
        "is and for nothing else. Each look is a line in the trail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_arguments(parser)
        parser.add_argument("user_id", metavar="USER_ID", help="whose account it is")
        parser.add_argument("--why", required=True, choices=[why.value for why in Why])
        parser.add_argument("--whole-tax-id", action="store_true", help="all of its digits")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting.acting(options, "command:identify_account") as plan:
            by = acting.person(plan, options["by"])
            # Closed ones too: who somebody was is asked when they are gone.
            user = access.user_of_plan(plan, options["user_id"])
            if user is None:
                said = {"plan": plan.name, "user": options["user_id"]}
                raise CommandError(_("%(plan)s has no account “%(user)s”.") % said)
            why, found, refused = Why(options["why"]), None, None
            try:
                found = identify(by=by, user=user, why=why, whole=options["whole_tax_id"])
            except Refused as error:
                note_refused(user=user, why=why, refused=error)
                refused = error
            except Http404 as error:
                raise CommandError(_("Nothing is kept of who “%s” is.") % user.user_id) from error
        # Outside, so that the line of the trail stays.
        if found is None:
            raise CommandError(str(refused)) from refused
        for name, value in (
            (_("Legal name"), found.legal_name),
            (_("Site"), found.site),
            (_("Tax ID"), found.tax_id),
        ):
            self.stdout.write(f"{name}: {value}")
