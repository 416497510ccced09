from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import trail
from portal.base.backup import dump
from portal.base.backup.problems import BackupProblem
from portal.base.standing import done


class Command(BaseCommand):
    help = (
        "Copy the database, the sealed files and the second place of the trail to a new folder "
        "below FOLDER, as the owner, while the portal runs. The keys are NOT in it: see "
        "escrow_keys."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--keep", type=int, default=0, metavar="N", help="remove all but the newest N"
        )

    def handle(self, *args: Any, folder: Path, keep: int, **options: Any) -> None:
        if keep < 0:
            raise CommandError("--keep is a number of backups, 1 or more.")
        try:
            made = dump.make(folder, keep=keep)
        except BackupProblem as problem:
            raise CommandError(f"{problem} No backup was made.") from problem
        self._note(sum(made.manifest.rows.values()), made.tried)
        self._tell(made)

    def _note(self, rows: int, tried: datetime | None) -> None:
        with context.system("command:backup"):
            trail.record("backup.made", facts={"count": rows})
            known = done.times().get(done.RESTORE)
            if tried and (known is None or tried > known):
                done.note(done.RESTORE, tried)
            done.note(done.BACKUP)

    def _tell(self, made: dump.Made) -> None:
        known, say = made.manifest, self.stdout.write
        size = sum(part.size for part in known.parts.values())
        say(
            f"{made.folder}: plans {known.plans:,}, rows {sum(known.rows.values()):,}, "
            f"files {known.files:,}, {size / 1e6:,.1f} MB."
        )
        if known.files_missing:
            say(
                f"{known.files_missing:,} files that rows hold were NOT in FILES_ROOT. One or two "
                "may have been removed meanwhile; more are lost."
            )
        if made.dropped:
            say(f"Removed {made.dropped} older.")
        say(f"It opens with the key ring alone ({', '.join(known.ring_keys) or 'no key yet'}).")
