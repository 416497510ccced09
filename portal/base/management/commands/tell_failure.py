from argparse import ArgumentParser
from smtplib import SMTPException
from socket import gethostname
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

SUBJECT = "Member portal: {unit} failed on {machine}"
BODY = """The unit {unit} ended with an error on {machine} at {when}.

See why:  journalctl -n 50 -u {unit}
And then: systemctl status {unit}

If it is a part of the site, systemd starts it again by itself.
"""


class Command(BaseCommand):
    help = "Mail the operator that a unit failed. Needs no database, worker or broker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("unit", metavar="UNIT", help="such as portal-backup")

    def handle(self, *args: Any, unit: str, **options: Any) -> None:
        if not settings.OPERATOR_EMAIL:
            raise CommandError("OPERATOR_EMAIL is not set: nobody was told.")
        when = timezone.now().strftime("%Y-%m-%d %H:%M UTC")
        known = {"unit": unit, "machine": gethostname(), "when": when}
        try:
            send_mail(
                # A line end would begin another header.
                " ".join(SUBJECT.format(**known).split()),
                BODY.format(**known),
                None,
                [settings.OPERATOR_EMAIL],
            )
        except (SMTPException, OSError) as error:
            raise CommandError(f"The mail server takes no mail: {error}") from error
