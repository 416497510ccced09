import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum

from portal.base import context
from portal.base.audit import seals
from portal.base.audit.models import Seal


class Command(BaseCommand):
    help = "Prove the audit trail whole, or name the first row that is not."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def progress(count: int) -> None:
            if sys.stderr.isatty():
                rate = count / max(time.monotonic() - started, 0.001)
                self.stderr.write(f"\r{count:,} rows, {rate:,.0f} a second", ending="")

        with context.system("command:verify_log"):
            seals.seal_finished()
        with context.system("command:verify_log"):
            fault = seals.verify(progress)
            number = Seal.objects.count()
            count = Seal.objects.aggregate(rows=Sum("count"))["rows"] or 0
        if fault:
            raise CommandError(f"The trail is NOT whole. {fault.sentence}")
        self.stdout.write(f"The trail is whole: {count:,} rows under {number:,} seals.")
