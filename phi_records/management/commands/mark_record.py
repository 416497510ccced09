from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.management import acting
from consents.question import Tag
from phi_records.actions.marking import mark_record
from portal.base.management.asking import ask
from portal.base.standing import read_only


class Command(BaseCommand):
    help = (
        "Mark a record as sensitive, or take a mark off, as a privacy officer decided. It holds "
        "over what the record's codes say, also when the record comes again. The reason is asked "
        "for, so that it stands in no history of the shell."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_arguments(parser)
        parser.add_argument(
            "record", type=UUID, metavar="RECORD", help='"Thing asked for" of an entry of the trail'
        )
        parser.add_argument("--tag", required=True, choices=[tag.value for tag in Tag])
        parser.add_argument("--lift", action="store_true", help="take it off")

    def handle(self, *args: Any, **options: Any) -> None:
        if read_only.state():
            raise CommandError(
                _("The portal is in read-only mode. Run it again when that is over.")
            )
        reason = ask(_("Why? "))
        with acting.acting(options, "command:mark_record") as plan:
            try:
                changed = mark_record(
                    by=acting.person(plan, options["by"]),
                    record_id=options["record"],
                    tag=Tag(options["tag"]),
                    on=not options["lift"],
                    reason=reason,
                )
            except PermissionDenied as error:
                raise CommandError(str(error)) from error
            except LookupError as error:
                raise CommandError(_("%s has no such record.") % plan.name) from error
            except ValueError as error:
                raise CommandError(_("Say why.")) from error
        self.stdout.write(_("Done.") if changed else _("Nothing to change."))
