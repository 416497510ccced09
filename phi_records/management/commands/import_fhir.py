import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from accounts import access
from accounts.models import Plan
from phi_records import actions
from phi_records.fhir.reader import Problem, Unit, read
from phi_records.fhir.sources import MAX_LINES_BYTES, Refused, Source, walk


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

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [Path(path) for path in options["paths"]]
        for path in paths:
            if not path.exists():
                raise CommandError(f"There is nothing at {path}.")
        plan = _plan(options["plan"])
        feed = _feed(options["feed"])
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        errors = Path(options["errors"] or f"import-errors-{moment}.ndjson")
        progress = _Progress(paths, self.stderr)
        with _ErrorsFile(errors) as set_aside:
            try:
                run = _import(plan, paths, feed, set_aside, progress)
            except KeyboardInterrupt:
                progress.end()
                self.stderr.write("Stopped. What was finished is in; run it again to go on.")
                sys.exit(130)
        progress.end()
        self._summarise(run, set_aside, progress)

    def _summarise(self, run: "_Run", set_aside: "_ErrorsFile", progress: "_Progress") -> None:
        types = sorted(run.added | run.changed | run.unchanged)
        if types:
            self.stdout.write(f"{'Resource type':<28}{'New':>9}{'Changed':>9}{'As before':>11}")
        for name in types:
            counts = f"{run.added[name]:>9}{run.changed[name]:>9}{run.unchanged[name]:>11}"
            self.stdout.write(f"{name:<28}{counts}")
        self.stdout.write(
            f"{run.taken} resources in {progress.seconds:.1f} s"
            f" ({run.taken / progress.seconds:.0f} per second)."
        )
        if run.passed_over:
            self.stdout.write(f"{run.passed_over} files or parts were in already: passed over.")
        if set_aside.count:
            self.stdout.write(f"{set_aside.count} set aside, with reasons, in {set_aside.path}.")


def _plan(slug: str) -> Plan:
    plans = {plan.slug: plan for plan in access.plans()}
    if slug not in plans:
        known = ", ".join(sorted(plans)) or "none yet"
        raise CommandError(f"There is no plan {slug!r}. The plans are: {known}.")
    return plans[slug]


def _feed(name: str) -> str:
    if not name or len(name) > 60 or not name.isprintable() or "|" in name:
        raise CommandError("--feed is a name of up to 60 characters, without '|'.")
    return name


class _Run:
    """The sums of a whole run."""

    def __init__(self) -> None:
        self.added: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()
        self.passed_over = 0
        self.waiting: set[str] = set()

    @property
    def taken(self) -> int:
        return self.added.total() + self.changed.total() + self.unchanged.total()

    def add(self, outcome: actions.Outcome) -> None:
        self.added += outcome.added
        self.changed += outcome.changed
        self.unchanged += outcome.unchanged
        self.passed_over += outcome.passed_over


def _import(
    plan: Plan, paths: list[Path], feed: str, set_aside: "_ErrorsFile", progress: "_Progress"
) -> _Run:
    run = _Run()
    for unit in read(paths):
        progress.begin(unit)
        outcome = actions.import_unit(plan=plan, unit=unit, feed=feed, report=progress.show)
        run.add(outcome)
        progress.step(outcome)
        if outcome.waiting:
            # Its people may be in a file further on: bulk exports put Patient late.
            run.waiting.add(_name(unit))
        else:
            set_aside.add(outcome.problems)
    if run.waiting:
        _import_waiting(plan, paths, feed, set_aside, run)
    return run


def _import_waiting(
    plan: Plan, paths: list[Path], feed: str, set_aside: "_ErrorsFile", run: _Run
) -> None:
    for unit in read(paths):
        if _name(unit) in run.waiting:
            outcome = actions.import_unit(plan=plan, unit=unit, feed=feed)
            # What the first pass took is there again as unchanged.
            run.added += outcome.added
            run.changed += outcome.changed
            set_aside.add(outcome.problems)


def _name(unit: Unit) -> str:
    return f"{unit.source}|{unit.sha256}"


class _ErrorsFile:
    """One line for each thing set aside: file, position and reason. No PHI. Made when needed."""

    def __init__(self, path: Path) -> None:
        self.path, self.count, self._file = path, 0, None

    _file: TextIO | None

    def __enter__(self) -> "_ErrorsFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def add(self, problems: list[Problem]) -> None:
        if problems and self._file is None:
            try:
                self._file = self.path.open("w", encoding="utf-8")
            except OSError as error:
                raise CommandError(
                    f"The errors file {self.path} can't be written: {error.strerror}."
                ) from None
        for one in problems:
            row = {"file": one.file, "position": one.position, "reason": one.reason}
            print(json.dumps(row, ensure_ascii=False), file=self._file)
            self.count += 1
        if problems and self._file:
            self._file.flush()


class _Progress:
    """One line on stderr: how far, how fast, how long still."""

    def __init__(self, paths: list[Path], stderr: Any) -> None:
        self._stderr, self._shown_at = stderr, 0.0
        self._live = bool(getattr(stderr, "isatty", lambda: False)())
        self._sizes = dict(_sizes(paths))
        self._all = sum(self._sizes.values()) or 1
        # Bytes of finished files, of finished parts of this file, and resources of both.
        self._done, self._parts, self._count = 0, 0, 0
        self._source, self._started = "", time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._started, 0.001)

    def begin(self, unit: Unit) -> None:
        if unit.source != self._source:
            self._done += self._sizes.get(self._source, 0)
            self._source, self._parts = unit.source, 0

    def step(self, outcome: actions.Outcome) -> None:
        self.show(outcome)
        self._parts += outcome.read_bytes
        self._count += outcome.taken

    def show(self, outcome: actions.Outcome) -> None:
        if time.monotonic() - self._shown_at < (0.2 if self._live else 5.0):
            return
        self._shown_at = time.monotonic()
        here = min(self._parts + outcome.read_bytes, self._sizes.get(self._source, 0))
        part = min((self._done + here) / self._all, 1.0)
        self._write(part, self._count + outcome.taken)

    def end(self) -> None:
        if self._live:
            self._stderr.write("\r\x1b[K", ending="")

    def _write(self, part: float, count: int) -> None:
        left = _time(self.seconds * (1 - part) / part) if part else "unknown time"
        filled = round(24 * part)
        line = (
            f"[{'#' * filled}{'.' * (24 - filled)}] {part:4.0%}  {count} resources, "
            f"{count / self.seconds:.0f} per second, {left} left"
        )
        self._stderr.write(
            f"\r{line}\x1b[K" if self._live else line, ending="" if self._live else "\n"
        )


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _sizes(paths: list[Path]) -> Iterator[tuple[str, int]]:
    """How much each file holds once unpacked. Reading it costs little beside taking it in."""
    for source in walk(paths):
        if isinstance(source, Source):
            yield source.name, _size(source)


def _size(source: Source) -> int:
    size = 0
    try:
        with source.open(MAX_LINES_BYTES) as stream:
            while chunk := stream.read(1 << 20):
                size += len(chunk)
    except (*actions.BROKEN, Refused):
        return 0
    return size
