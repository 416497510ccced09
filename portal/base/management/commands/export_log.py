import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.base import context
from portal.base.audit import anchor, check, findings, proof, trail


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
                fault = None if event else self._fault()
                count = self._lines(file, event) if event else self._whole(file)
                trail.record("trail.exported", object_kind="trail", facts={"count": count})
        except FileExistsError as error:
            raise CommandError(_("%s exists. Name a new file.") % file) from error
        except OSError as error:
            said = {"path": file, "reason": error.strerror or "?"}
            raise CommandError(_("%(path)s can't be written: %(reason)s.") % said) from error
        if fault:
            # What is there is evidence too, but nobody shall take it for the whole.
            raise CommandError(_("The trail is NOT whole. %s") % fault.sentence)

    def _fault(self) -> findings.Fault | None:
        try:
            return check.verify(self._progress).fault
        except OSError as error:
            said = {"file": anchor.path(), "reason": error.strerror or "?"}
            raise CommandError(
                _("The second place, %(file)s, can't be read: %(reason)s.") % said
            ) from error

    def _whole(self, file: Path) -> int:
        seals, rows = proof.export_trail(file, self._progress)
        said = {"rows": f"{rows:,}", "seals": f"{seals:,}", "path": file}
        self.stdout.write(_("%(path)s holds the trail: %(rows)s rows, %(seals)s seals.") % said)
        return rows

    def _lines(self, file: Path, ids: list[UUID]) -> int:
        found = [(row_id, proof.of_event(row_id)) for row_id in ids]
        if missing := [str(row_id) for row_id, one in found if one is None]:
            raise CommandError(_("Not there, or not sealed yet: %s.") % ", ".join(missing))
        if altered := [str(row_id) for row_id in ids if not proof.is_as_sealed(row_id)]:
            raise CommandError(_("Altered since they were sealed: %s.") % ", ".join(altered))
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(proof.document(one for _, one in found if one))
        said = {"rows": f"{len(found):,}", "path": file}
        self.stdout.write(_("%(path)s holds rows with their proofs: %(rows)s.") % said)
        return len(found)

    def _progress(self, count: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write("\r" + _("%s rows") % f"{count:,}" + " ", ending="")
