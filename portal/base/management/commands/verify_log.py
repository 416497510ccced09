import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base import context, registry
from portal.base.audit import anchor, check, findings, keys, seals
from portal.base.registry import Alarm


class Command(BaseCommand):
    help = "Prove the audit trail whole, or name the first row that is not (exit code 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--roots", type=Path, help="a copy of the second place to check with")

    def handle(self, *args: Any, roots: Path | None, **options: Any) -> None:
        if roots and not roots.is_file():
            raise CommandError(_("There is no file %s.") % roots)
        self.started = self.told = time.monotonic()
        stuck = self._seal() if keys.can_sign() else None
        try:
            with context.system("command:verify_log"):
                report = check.verify(self._progress, roots)
                late = report.fault is None and seals.is_late()
        except OSError as error:
            said = {"file": roots or anchor.path(), "reason": error.strerror or "?"}
            raise CommandError(
                _("The second place, %(file)s, can't be read: %(reason)s.") % said
            ) from error
        if report.fault:
            self._alarm()
            raise CommandError(_("The trail is NOT whole. %s") % report.fault.sentence)
        if stuck:
            raise CommandError(str(stuck)) from stuck
        self._tell(report, late)
        if report.misdated:
            raise CommandError(self._misdated(report), returncode=2)

    def _misdated(self, report: findings.Report) -> str:
        words = ngettext(
            "%(count)s row carries a date a day or more away from its place in the order: %(id)s. "
            "It was dated by a wrong clock, or put in by the database's owner.",
            "%(count)s rows carry a date a day or more away from their place in the order, the "
            "first is %(id)s. They were dated by a wrong clock, or put in by the database's owner.",
            report.misdated,
        )
        return words % {"count": f"{report.misdated:,}", "id": report.first_misdated}

    def _seal(self) -> Exception | None:
        """Why what waits could not be sealed. The check that follows may name the row for it."""
        try:
            while True:
                with context.system("command:verify_log"):
                    if not seals.seal_finished():
                        return None
        except (seals.NotSealed, DatabaseError, OSError) as error:
            return error

    def _alarm(self) -> None:
        """A report to the privacy officers. A trail that takes no line must not hide its fault."""
        try:
            registry.raise_alarm(Alarm("trail"))
        except DatabaseError:  # TrailUnavailable is one
            self.stderr.write(_("The privacy officers could not be told: the trail takes no line."))

    def _progress(self, count: int) -> None:
        now = time.monotonic()
        # On a screen one line that moves; in a log a line every half minute.
        pause, before, end = (0.2, "\r", "") if sys.stderr.isatty() else (30, "", "\n")
        if now - self.told < pause:
            return
        self.told = now
        rate = count / max(now - self.started, 0.001)
        said = {"count": f"{count:,}", "rate": f"{rate:,.0f}"}
        words = _("%(count)s rows, %(rate)s per second") % said
        self.stderr.write(f"{before}{words} ", ending=end)

    def _tell(self, report: findings.Report, late: bool) -> None:
        say = self.stdout.write
        whole = {"rows": f"{report.rows:,}", "seals": f"{report.seals:,}"}
        say(_("The trail is whole: %(rows)s rows under %(seals)s seals.") % whole)
        if report.unsealed:
            unsealed = ngettext(
                "%s row is not sealed yet: its own hash and mark were checked.",
                "%s rows are not sealed yet: their own hashes and marks were checked.",
                report.unsealed,
            )
            say(unsealed % f"{report.unsealed:,}")
        if late:
            minutes = seals.LATE.seconds // 60
            say(_("Sealing is late: a row waits longer than %d minutes.") % minutes)
        if report.dropped:
            dropped = ngettext(
                "%s row was in a year dropped by the owner, with a signed note.",
                "%s rows were in years dropped by the owner, with a signed note.",
                report.dropped,
            )
            say(dropped % f"{report.dropped:,}")
        if report.lost:
            first, last = report.lost
            lost = {"first": f"{first:,}", "last": f"{last:,}"}
            say(_("Seals %(first)s to %(last)s of the second place were lost in a restore.") % lost)
