import base64
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_otp.oath import totp

from accounts.access import demo_accounts


class Command(BaseCommand):
    help = "Print the one-time code that a demo account's authenticator app would show now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("--plan", default="cedar")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only a demo gives codes away: set DEMO=1.")
        for user, secret in demo_accounts():
            if (user.user_id, user.plan.slug) == (options["user_id"], options["plan"]):
                self.stdout.write(f"{totp(base64.b32decode(secret)):06}")
                self.stderr.write("It works once. The next one comes within 30 seconds.")
                return
        raise CommandError(f"The demo's plan {options['plan']} has no {options['user_id']}.")
