import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import check, keys, seals


class Command(BaseCommand):
    help = "Prove the audit trail whole, or name the first row that is not (exit code 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--roots", type=Path, help="a copy of the second place to check with")

    def handle(self, *args: Any, roots: Path | None, **options: Any) -> None:
        if roots and not roots.exists():
            raise CommandError(f"There is no file {roots}.")
        self.started = self.told = time.monotonic()
        if keys.can_sign():
            self._seal()
        with context.system("command:verify_log"):
            late = seals.is_late()
            report = check.verify(self._progress, roots)
        if report.fault:
            raise CommandError(f"The trail is NOT whole. {report.fault.sentence}")
        self._tell(report, late)
        if report.misdated:
            raise CommandError(
                f"{report.misdated:,} rows carry a date a day or more away from their place in the "
                f"order, the first is {report.first_misdated}. They were dated by a wrong clock, "
                "or put in by the database's owner.",
                returncode=2,
            )

    def _seal(self) -> None:
        try:
            while True:
                with context.system("command:verify_log"):
                    if not seals.seal_finished():
                        return
        except seals.RowsGone:
            return  # The check that follows names what is gone.
        except seals.NotSealed as error:
            raise CommandError(str(error)) from error

    def _progress(self, count: int) -> None:
        now = time.monotonic()
        # On a screen one line that moves; in a log a line every half minute.
        pause, before, end = (0.2, "\r", "") if sys.stderr.isatty() else (30, "", "\n")
        if now - self.told < pause:
            return
        self.told = now
        rate = count / max(now - self.started, 0.001)
        self.stderr.write(f"{before}{count:,} rows, {rate:,.0f} a second ", ending=end)

    def _tell(self, report: check.Report, late: bool) -> None:
        say = self.stdout.write
        say(f"The trail is whole: {report.rows:,} rows under {report.seals:,} seals.")
        if report.unsealed:
            say(f"{report.unsealed:,} rows are not sealed yet: only their own hash was checked.")
        if late:
            say(f"Sealing is late: a row waits longer than {seals.LATE.seconds // 60} minutes.")
        if report.dropped:
            say(f"{report.dropped:,} rows were in years dropped by the owner, with a signed note.")
        if report.lost:
            first, last = report.lost
            say(f"Seals {first:,} to {last:,} of the second place were lost in a restore.")
