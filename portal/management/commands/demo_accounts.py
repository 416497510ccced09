import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.access import demo_accounts


class Command(BaseCommand):
    help = "List the demo's accounts: how each signs in, and the Member ID of members."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Only a demo has accounts that may be listed: set DEMO=1."))
        rows = [
            {
                "role": user.role,
                "plan": user.plan.slug,
                "url": f"{settings.PUBLIC_SCHEME}://{user.plan.host}:{settings.PORT}/",
                "user_id": user.user_id,
                "password": settings.DEMO_PASSWORD,
                # Null: this person sets an app up at the first sign-in.
                "totp_secret": secret or None,
                # Null for staff.
                "member_id": user.member.member_number if user.member else None,
            }
            for user, secret in demo_accounts()
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            told = row | {"totp_secret": row["totp_secret"] or _("set up at first sign-in")}
            self.stdout.write("  ".join(filter(None, told.values())))
