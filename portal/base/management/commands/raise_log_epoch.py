from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.audit.epoch import raise_epoch
from portal.base.audit.keys import NoSigningKey
from portal.base.audit.owner import OwnerNeeded
from portal.base.management.asking import ask


class Command(BaseCommand):
    help = "Begin a new epoch of the trail: once, after a restore or a promotion, as the owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        question = _("Was this database restored or promoted? Type “yes”: ")
        if not yes and ask(question) != "yes":
            raise CommandError(_("Nothing was changed."))
        try:
            epoch, after = raise_epoch()
        except (OwnerNeeded, NoSigningKey) as error:
            raise CommandError(str(error)) from error
        with context.system("command:raise_log_epoch"):
            trail.record("trail.epoch_raised", facts={"epoch": epoch})
        try:
            rows = self._seal_what_was_left()
        except seals.NotSealed as error:
            raise CommandError(str(error)) from error
        said = {"epoch": epoch, "seal": f"{after:,}", "rows": f"{rows:,}"}
        words = ngettext(
            "Epoch %(epoch)d begins after seal %(seal)s. %(rows)s row was sealed: what the earlier "
            "epoch left, and what was written since.",
            "Epoch %(epoch)d begins after seal %(seal)s. %(rows)s rows were sealed: what the "
            "earlier epoch left, and what was written since.",
            rows,
        )
        self.stdout.write(words % said)

    def _seal_what_was_left(self) -> int:
        total = 0
        while True:
            with context.system("command:raise_log_epoch"):
                count = seals.seal_finished()
            if not count:
                return total
            total += count
