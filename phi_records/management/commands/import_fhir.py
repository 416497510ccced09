import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.management.plans import plan_named
from accounts.models import Plan
from phi_records import actions
from phi_records.fhir import strict
from phi_records.fhir.reader import Unit, read
from phi_records.management.errors_file import ErrorsFile
from phi_records.management.progress import Progress, sizes
from phi_records.management.unnamed import unnamed
from portal.base.files.blobs import CannotStore
from portal.base.standing import read_only


class Units(Protocol):
    def __call__(self, *, people_only: bool = False) -> Iterator[Unit]: ...


class Command(BaseCommand):
    help = (
        "Take FHIR R4 records in: Bundle JSON and bulk NDJSON, from files, folders, .gz and .zip. "
        "Safe to stop and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--plan", required=True, metavar="SLUG", help="the plan's short name")
        parser.add_argument("--feed", default="Health plan", help="who sent the records")
        parser.add_argument("--errors", metavar="FILE", help="where to list what is set aside")
        parser.add_argument(
            "--move",
            action="store_true",
            help="a record that stands in another person's file goes to the one it is about now",
        )
        parser.add_argument(
            "--settle",
            action="store_true",
            help="an id that came for two people goes on for the first; give the other its own "
            "--feed before",
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help="take also what was in already, over what came since: the source went back to it",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="also hold each resource to all of FHIR's rules (slower)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [Path(path) for path in options["paths"]]
        for path in paths:
            if not path.exists():
                raise CommandError(_("There is nothing at %s.") % path)
        if read_only.state():
            raise CommandError(
                _("The portal is in read-only mode. Run it again when that is over.")
            )
        plan = plan_named(options["plan"])
        feed = _feed(options["feed"])
        units = _units(paths, strict_too=options["strict"])
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        errors = ErrorsFile(Path(options["errors"] or f"import-errors-{moment}.ndjson"))
        errors.check(paths)
        run = _Run(
            plan,
            feed,
            units,
            sizes(paths),
            self.stderr,
            move=options["move"],
            settle=options["settle"],
            again=options["again"],
        )
        with errors as set_aside:
            try:
                run.take_all(set_aside)
            except KeyboardInterrupt:
                run.progress.end()
                self.stderr.write(_("Stopped. What was finished is in; run it again to go on."))
                sys.exit(130)
            except CannotStore as full:
                run.progress.end()
                # Ours to mend, not the file's: what was finished is in, and the rest may come.
                raise CommandError(_("%s Run it again then.") % full) from full
        run.progress.end()
        self._summarise(run, set_aside)

    def _summarise(self, run: "_Run", set_aside: ErrorsFile) -> None:
        types = sorted(run.added | run.changed | run.unchanged)
        if types:
            heads = f"{_('New'):>9}{_('Changed'):>9}{_('As before'):>11}"
            self.stdout.write(f"{_('Resource type'):<28}{heads}")
        for name in types:
            counts = f"{run.added[name]:>9}{run.changed[name]:>9}{run.unchanged[name]:>11}"
            self.stdout.write(f"{name:<28}{counts}")
        seconds = run.progress.seconds
        self.stdout.write(
            _("%(count)d resources in %(seconds).1f s (%(rate).0f per second).")
            % {"count": run.taken, "seconds": seconds, "rate": run.taken / seconds}
        )
        if run.passed_over:
            self.stdout.write(
                ngettext(
                    "%d file or part was in already: passed over.",
                    "%d files or parts were in already: passed over.",
                    run.passed_over,
                )
                % run.passed_over
            )
            self.stdout.write(
                _("If the source went back to what they say, run again with --again.")
            )
        if run.unnamed:
            self.stdout.write(unnamed(run.unnamed))
        if set_aside.count:
            self.stdout.write(
                _("%(count)d set aside, with reasons, in %(path)s.")
                % {"count": set_aside.count, "path": set_aside.path}
            )
        if set_aside.notes:
            self.stdout.write(
                _("%(count)d taken in that ask something of you: see “note” in %(path)s.")
                % {"count": set_aside.notes, "path": set_aside.path}
            )


def _feed(name: str) -> str:
    if not name or len(name) > 60 or not name.isprintable() or "|" in name:
        raise CommandError(_("--feed is a name of up to 60 characters, without “|”."))
    return name


def _units(paths: list[Path], *, strict_too: bool) -> Units:
    units: Units = partial(read, paths)
    if not strict_too:
        return units
    try:
        check = strict.make_check()
    except strict.NotInstalled:
        raise CommandError(
            _("--strict needs the package fhir.resources, which is not installed here.")
        ) from None

    def valid(*, people_only: bool = False) -> Iterator[Unit]:
        return (strict.only_valid(one, check) for one in units(people_only=people_only))

    return valid


class _Run:
    """A whole run and its sums."""

    def __init__(
        self,
        plan: Plan,
        feed: str,
        units: Units,
        sizes: dict[str, int],
        stderr: Any,
        *,
        move: bool,
        settle: bool,
        again: bool,
    ) -> None:
        self.plan, self.feed, self.units = plan, feed, units
        self.move, self.settle, self.again = move, settle, again
        self.progress = Progress(sizes, stderr)
        self.added: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()
        self.passed_over = 0
        self.unnamed = 0
        self._ahead = actions.Ahead()
        # Units, and the files they are of, whose people may be in a file further on.
        self._waiting, self._waiting_files = set[str](), set[str]()

    @property
    def taken(self) -> int:
        return self.added.total() + self.changed.total() + self.unchanged.total()

    def take_all(self, set_aside: ErrorsFile) -> None:
        if actions.knows_anyone(self.plan):
            self._look_ahead()
        for unit in self.units():
            outcome = self._take(unit, again=self.again)
            self.unchanged += outcome.unchanged
            self.passed_over += outcome.passed_over
            if outcome.waiting:
                self._waiting.add(_name(unit))
                self._waiting_files.add(unit.source)
            else:
                set_aside.add(outcome.problems, outcome.notes)
        if self._waiting:
            self._take_waiting(set_aside)

    def _look_ahead(self) -> None:
        for unit in self.units(people_only=True):
            self.progress.begin(unit)
            actions.look_ahead(
                plan=self.plan, unit=unit, feed=self.feed, ahead=self._ahead, again=self.again
            )
            self.progress.look(unit)
        self.progress.again()

    def _take_waiting(self, set_aside: ErrorsFile) -> None:
        self.progress.again(self._waiting_files)
        for unit in self.units():
            if _name(unit) in self._waiting:
                # What the first pass took is there again as unchanged: not counted twice.
                # Nor taken over what came behind it in the same run.
                outcome = self._take(unit, again=False)
                set_aside.add(outcome.problems, outcome.notes)

    def _take(self, unit: Unit, *, again: bool) -> actions.Outcome:
        self.progress.begin(unit)
        outcome = actions.import_unit(
            plan=self.plan,
            unit=unit,
            feed=self.feed,
            move=self.move,
            settle=self.settle,
            again=again,
            ahead=self._ahead,
            report=self.progress.show,
            on_wait=self.progress.wait,
        )
        self.added += outcome.added
        self.changed += outcome.changed
        self.unnamed += outcome.unnamed
        self.progress.step(outcome)
        return outcome


def _name(unit: Unit) -> str:
    return f"{unit.source}|{unit.sha256}"
