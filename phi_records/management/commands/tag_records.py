from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.access import plans
from accounts.management.plans import plan_named
from consents.sensitive import lists
from phi_records.actions.tagging import tag_again
from phi_records.management.unnamed import unnamed
from portal.base.management.progress import Bar
from portal.base.standing import read_only


class Command(BaseCommand):
    help = (
        "Look again which records are sensitive, after the lists of codes have changed. "
        "Safe to stop and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", metavar="SLUG", help="this plan alone")

    def handle(self, *args: Any, **options: Any) -> None:
        if read_only.state():
            raise CommandError(
                _("The portal is in read-only mode. Run it again when that is over.")
            )
        bar, changed, nameless = Bar(self.stderr), 0, 0
        words = _("[%(bar)s] %(percent)s  %(count)s members, %(rate)s per second, %(left)s")
        for plan in [plan_named(options["plan"])] if options["plan"] else plans():
            bar.again()
            for done, total, looked in tag_again(plan):
                changed += looked.changed
                nameless += looked.unnamed
                if bar.is_due():
                    bar.show(done / total, done, words)
        bar.end()
        said = {"count": changed, "version": max(lists().versions.values())}
        self.stdout.write(
            _("Records with other tags than before: %(count)d. Lists: %(version)s.") % said
        )
        if nameless:
            self.stdout.write(unnamed(nameless))
