from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from phi_records import actions
from phi_records.fhir.reader import Unit
from phi_records.fhir.sources import Source, walk
from portal.base.management.progress import Bar


def sizes(paths: Iterable[Path]) -> dict[str, int]:
    """How much each file says it holds once unpacked."""
    several = walk(list(paths))
    return {one.name: one.said_bytes for one in several if isinstance(one, Source)}


class Progress:
    """How far an import is, by the bytes of its files."""

    def __init__(self, sizes: dict[str, int], stderr: Any) -> None:
        self._stderr, self._bar = stderr, Bar(stderr)
        self._sizes = sizes
        self._all = sum(sizes.values()) or 1
        # Bytes of finished files, of finished parts of this file, and resources of both.
        self._done, self._parts, self._count = 0, 0, 0
        self._source, self._told_of_wait = "", False

    @property
    def seconds(self) -> float:
        return self._bar.seconds

    def again(self, names: set[str] | None = None) -> None:
        """Another way over all or some of the files, measured by itself."""
        if names is not None:
            self._sizes = {name: size for name, size in self._sizes.items() if name in names}
        self._all = sum(self._sizes.values()) or 1
        self._done, self._parts, self._source = 0, 0, ""
        self._bar.again()

    def begin(self, unit: Unit) -> None:
        if unit.source != self._source:
            self._done += self._sizes.get(self._source, 0)
            self._source, self._parts = unit.source, 0

    def look(self, unit: Unit) -> None:
        self._parts += unit.size
        if self._bar.is_due():
            words = _("[%(bar)s] %(percent)s  Looking whom the records are about, %(left)s")
            self._bar.show(self._part(self._parts), 0, words)

    def step(self, outcome: actions.Outcome) -> None:
        self.show(outcome)
        self._parts += outcome.read_bytes
        self._count += outcome.taken

    def show(self, outcome: actions.Outcome) -> None:
        if not self._bar.is_due():
            return
        part = self._part(self._parts + outcome.read_bytes)
        words = _("[%(bar)s] %(percent)s  %(count)s resources, %(rate)s per second, %(left)s")
        self._bar.show(part, self._count + outcome.taken, words)

    def _part(self, of_this_file: int) -> float:
        here = min(of_this_file, self._sizes.get(self._source, 0))
        return min((self._done + here) / self._all, 1.0)

    def wait(self) -> None:
        """Said once: two imports that take turns may wait at each file."""
        if not self._told_of_wait:
            self._told_of_wait = True
            self.end()
            self._stderr.write(
                _("Another import of this plan is running: this one waits for its turn.")
            )

    def end(self) -> None:
        self._bar.end()
