from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from accounts.management import plan_options
from accounts.models import Plan
from accounts.plan_actions import create_plan
from accounts.plan_form import PlanForm

NEEDED = frozenset({"host", "name", "phone", "hours", "address"})


class Command(BaseCommand):
    help = "Make a plan: its address, name, contacts and look. Nobody is in it yet."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )
        parser.epilog = plan_options.EXAMPLE
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "slug", help="its short code in commands, such as cedar; stays for good"
        )
        plan_options.add_to(parser, NEEDED)

    def handle(self, *args: Any, **options: Any) -> None:
        fresh = Plan()
        start = {
            "slug": options["slug"], "short_name": options["name"].strip().partition(" ")[0],
            "tty": fresh.tty, "time_zone": fresh.time_zone, "color": fresh.color,
            "reply_days": fresh.reply_days, "languages": '["en", "es"]',
        }  # fmt: skip
        values = plan_options.checked(PlanForm(start | plan_options.given(options)))
        logo = plan_options.logo_of(options["logo"])
        plan = create_plan(client="command:create_plan", logo=logo, **values)
        said = {"plan": plan.name, "host": plan.host}
        self.stdout.write(_("%(plan)s is made. Its pages are at %(host)s.") % said)
