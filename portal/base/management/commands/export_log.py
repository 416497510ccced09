import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import proof, trail


class Command(BaseCommand):
    help = "Write the sealed trail, or single lines with proofs, for docs/proof/verify_trail.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file")
        parser.add_argument(
            "--event",
            type=UUID,
            action="append",
            default=[],
            help="id of one line; may be repeated",
        )

    def handle(self, *args: Any, file: Path, event: list[UUID], **options: Any) -> None:
        try:
            with context.system("command:export_log"):
                count = self._lines(file, event) if event else self._whole(file)
                trail.record("trail.exported", object_kind="trail", facts={"count": count})
        except FileExistsError as error:
            raise CommandError(f"{file} exists. Name a new file.") from error

    def _whole(self, file: Path) -> int:
        seals, rows = proof.export_trail(file, self._progress)
        self.stdout.write(f"{rows:,} rows under {seals:,} seals are in {file}.")
        return rows

    def _lines(self, file: Path, ids: list[UUID]) -> int:
        found = [(row_id, proof.of_event(row_id)) for row_id in ids]
        if missing := [str(row_id) for row_id, one in found if one is None]:
            raise CommandError(f"Not there, or not sealed yet: {', '.join(missing)}.")
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(proof.document(one for _, one in found if one))
        self.stdout.write(f"{len(found):,} rows with their proofs are in {file}.")
        return len(found)

    def _progress(self, count: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{count:,} rows ", ending="")
