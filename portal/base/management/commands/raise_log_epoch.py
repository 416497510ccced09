from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.audit.epoch import raise_epoch
from portal.base.audit.keys import NoSigningKey
from portal.base.audit.owner import OwnerNeeded


class Command(BaseCommand):
    help = "Begin a new epoch of the trail: once, after a restore or a promotion, as the owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        if not yes and input("Was this database restored or promoted? Type yes: ") != "yes":
            raise CommandError("Nothing was changed.")
        try:
            epoch, after = raise_epoch()
        except (OwnerNeeded, NoSigningKey) as error:
            raise CommandError(str(error)) from error
        with context.system("command:raise_log_epoch"):
            trail.record("trail.epoch_raised", facts={"epoch": epoch})
        rows = self._seal_what_was_left()
        self.stdout.write(
            f"Epoch {epoch} begins after seal {after:,}. {rows:,} rows were sealed: what the "
            "earlier epoch left, and what was written since."
        )

    def _seal_what_was_left(self) -> int:
        total = 0
        while True:
            with context.system("command:raise_log_epoch"):
                count = seals.seal_finished()
            if not count:
                return total
            total += count
