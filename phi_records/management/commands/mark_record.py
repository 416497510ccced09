from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.management import acting
from accounts.models import User
from consents.question import Tag
from phi_records import mark_access
from phi_records.actions.marking import mark_record
from phi_records.fhir.kinds import KINDS
from phi_records.mark_access import Marked
from portal.base.audit import trail
from portal.base.audit.models import Outcome
from portal.base.management.asking import ask
from portal.base.standing import read_only


class Command(BaseCommand):
    help = (
        "Mark a record as sensitive, or take a mark off, as a privacy officer decided. It holds "
        "over what the record's codes say, also when the record comes again. Which record, and the "
        "reason, are asked for, so that they stand in no history of the shell."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acting.add_arguments(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "record",
            type=UUID,
            nargs="?",
            metavar="RECORD",
            help='"Thing asked for" of an entry of the trail, or the end of its page\'s address',
        )
        which.add_argument(
            "--member-number", help="lists the member's records of --kind and asks which one"
        )
        parser.add_argument("--kind", choices=[kind.slug for kind in KINDS])
        parser.add_argument("--tag", required=True, choices=[tag.value for tag in Tag])
        parser.add_argument("--lift", action="store_true", help="take it off")

    def handle(self, *args: Any, **options: Any) -> None:
        if read_only.state():
            raise CommandError(
                _("The portal is in read-only mode. Run it again when that is over.")
            )
        if options["member_number"] and not options["kind"]:
            raise CommandError(_("With --member-number, give --kind."))
        changed, refused = 0, None
        with acting.acting(options, "command:mark_record") as plan:
            by = acting.person(plan, options["by"])
            try:
                record_id = options["record"] or self._chosen(by, options)
                changed = mark_record(
                    by=by,
                    record_id=record_id,
                    tag=Tag(options["tag"]),
                    on=not options["lift"],
                    reason=ask(_("Why? ")),
                )
            except PermissionDenied as error:
                refused = error
                _note(options["record"], error)
            except LookupError as error:
                raise CommandError(_("%s has no such record.") % plan.name) from error
            except ValueError as error:
                raise CommandError(_("Say why.")) from error
        # Outside, so that the line of the trail stays.
        if refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(_("Done.") if changed else _("Nothing to change."))

    def _chosen(self, by: User, options: dict[str, Any]) -> UUID:
        member = mark_access.find_member(by, options["member_number"])
        if member is None:
            raise CommandError(_("%s has no member with this number.") % by.plan.name)
        wanted = {"member": member.pk, "kind": options["kind"], "every": "1"}
        found = list(_all(by, wanted))
        for number, one in enumerate(found, 1):
            day = date_format(one.row.happened_on) if one.row.happened_on else _("No date")
            self.stdout.write(f"{number:4}  {day}  {one.title or _('Not shown to officers')}")
        if not found:
            raise CommandError(_("This member has no record of this kind."))
        typed = ask(_("Which one? "))
        if not typed.isdecimal() or not 1 <= int(typed) <= len(found):
            raise CommandError(_("Type a number of the list."))
        return found[int(typed) - 1].row.pk


def _note(record_id: UUID | None, refused: PermissionDenied) -> None:
    """What a page refuses is noted by the middleware."""
    trail.record(
        "record.marked",
        outcome=Outcome.REFUSED,
        object_kind="record" if record_id else "",
        object_id=record_id,
        decision=getattr(refused, "told", ""),
    )


def _all(by: User, wanted: dict[str, Any]) -> Iterator[Marked]:
    number = 1
    while number:
        page = mark_access.records(by, wanted, number)
        yield from page.object_list
        number = page.next_page_number() if page.has_next() else 0
