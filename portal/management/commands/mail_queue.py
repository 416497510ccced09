from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import access
from accounts.management.plans import plan_named
from accounts.models import Plan
from messaging import mail_shown
from portal.base import context
from portal.base.outbox import queue

CLIENT = "command:mail_queue"


class Command(BaseCommand):
    help = "List email that has not gone out: counts by plan, kind and state, nobody's address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", metavar="SLUG", help="of this plan alone")
        parser.add_argument(
            "--retry",
            action="store_true",
            help="first let what was turned away or given up wait for another try",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plans = [plan_named(options["plan"])] if options["plan"] else list(access.plans())
        if options["retry"]:
            count = sum(_retry(plan) for plan in plans)
            self.stdout.write(
                ngettext("%d email waits again.", "%d emails wait again.", count) % count
            )
        rows = [row for plan in plans for row in _rows(plan)]
        if not rows:
            self.stdout.write(_("All email has gone out."))
            return
        table = [[_("Plan"), *mail_shown.heads()], *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for row in table:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(padded).rstrip())


def _retry(plan: Plan) -> int:
    with context.system(CLIENT, plan.pk):
        return queue.retry(plan.pk)


def _rows(plan: Plan) -> list[list[str]]:
    with context.system(CLIENT, plan.pk):
        groups = queue.undelivered(plan.pk)
    return [[plan.slug, *mail_shown.cells(group, _minute)] for group in groups]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
