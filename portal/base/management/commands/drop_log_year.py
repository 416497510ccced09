from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base import context
from portal.base.audit import check, proof, seals, trail, years
from portal.base.audit.keys import NoSigningKey
from portal.base.audit.owner import OwnerNeeded
from portal.base.management.asking import ask


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
            raise CommandError(_("%s exists. Name a new file.") % options["export"]) from error
        except OSError as error:
            said = {"path": options["export"], "reason": error.strerror or "?"}
            raise CommandError(_("%(path)s can't be written: %(reason)s.") % said) from error
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
                raise CommandError(
                    _("The trail is NOT whole, so it stays. %s") % report.fault.sentence
                )
            members = years.held_members(year) | set(hold)
            kept, digest = proof.export_held(export, year, members)
        self.stdout.write(
            _(
                "The trail is whole. Rows of members on hold, with their proofs, are in %(path)s. "
                "Rows: %(rows)s. Members: %(members)s."
            )
            % {"path": export, "rows": f"{kept:,}", "members": f"{len(members):,}"}
        )
        question = _("Drop all rows of %(year)d for good? Type %(year)d: ") % {"year": year}
        if not yes and ask(question) != str(year):
            raise CommandError(_("Nothing was dropped. %s stays.") % export)
        note = years.drop(year, kept=kept, export_digest=digest)
        with context.system("command:drop_log_year"):
            trail.record("trail.year_dropped", facts={"year": year, "count": note.rows})
        words = ngettext(
            "%(rows)s row of %(year)d was dropped. Its seal stays.",
            "%(rows)s rows of %(year)d were dropped. Their seals stay.",
            note.rows,
        )
        self.stdout.write(words % {"rows": f"{note.rows:,}", "year": year})

    def _sealed(self) -> int:
        with context.system("command:drop_log_year"):
            return seals.seal_finished()
