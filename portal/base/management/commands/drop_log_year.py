from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import check, proof, seals, trail, years
from portal.base.audit.keys import NoSigningKey
from portal.base.audit.owner import OwnerNeeded


class Command(BaseCommand):
    help = "Drop a year of the trail whose time is over, as the owner, keeping what is on hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument(
            "--export", type=Path, required=True, help="a new file for what is on hold"
        )
        parser.add_argument(
            "--hold", type=UUID, action="append", default=[], help="id of a member to keep as well"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._drop(**{name: options[name] for name in ("year", "export", "hold", "yes")})
        except FileExistsError as error:
            raise CommandError(f"{options['export']} exists. Name a new file.") from error
        except (years.CannotDrop, OwnerNeeded, NoSigningKey, seals.NotSealed) as error:
            raise CommandError(str(error)) from error

    def _drop(self, *, year: int, export: Path, hold: list[UUID], yes: bool) -> None:
        with context.system("command:drop_log_year"):
            years.check_may_drop(year)
        while self._sealed():
            pass
        with context.system("command:drop_log_year"):
            report = check.verify()
            if report.fault:
                raise CommandError(f"The trail is NOT whole, so it stays. {report.fault.sentence}")
            members = years.held_members(year) | set(hold)
            kept, digest = proof.export_held(export, year, members)
        self.stdout.write(
            f"The trail is whole. {kept:,} rows about {len(members):,} members on hold are in "
            f"{export}, with their proofs."
        )
        if not yes and input(f"Drop all rows of {year} for good? Type {year}: ") != str(year):
            raise CommandError(f"Nothing was dropped. {export} stays.")
        note = years.drop(year, kept=kept, export_digest=digest)
        with context.system("command:drop_log_year"):
            trail.record("trail.year_dropped", facts={"year": year, "count": note.rows})
        self.stdout.write(f"{note.rows:,} rows of {year} were dropped. Their seals stay.")

    def _sealed(self) -> int:
        with context.system("command:drop_log_year"):
            return seals.seal_finished()
