import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from phi_records import actions
from phi_records.fhir.reader import Unit
from phi_records.fhir.sources import Source, walk


def sizes(paths: Iterable[Path]) -> dict[str, int]:
    """How much each file says it holds once unpacked."""
    several = walk(list(paths))
    return {one.name: one.said_bytes for one in several if isinstance(one, Source)}


class Progress:
    """One line on stderr: how far, how fast, how long still. Without a terminal, one each 5 s."""

    def __init__(self, sizes: dict[str, int], stderr: Any) -> None:
        self._stderr, self._shown_at = stderr, 0.0
        self._live = bool(getattr(stderr, "isatty", lambda: False)())
        self._sizes = sizes
        self._all = sum(sizes.values()) or 1
        # Bytes of finished files, of finished parts of this file, and resources of both.
        self._done, self._parts, self._count = 0, 0, 0
        self._source, self._told_of_wait = "", False
        self._started = self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._started, 0.001)

    def again(self, names: set[str]) -> None:
        """A second way over some of the files, measured by itself."""
        self._sizes = {name: size for name, size in self._sizes.items() if name in names}
        self._all = sum(self._sizes.values()) or 1
        self._done, self._source, self._begun = 0, "", time.monotonic()

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

    def wait(self) -> None:
        """Said once: two imports that take turns may wait at each file."""
        if not self._told_of_wait:
            self._told_of_wait = True
            self.end()
            self._stderr.write(
                _("Another import of this plan is running: this one waits for its turn.")
            )

    def end(self) -> None:
        if self._live:
            self._stderr.write("\r\x1b[K", ending="")

    def _write(self, part: float, count: int) -> None:
        filled = round(24 * part)
        line = _("[%(bar)s] %(percent)s  %(count)s resources, %(rate)s per second, %(left)s") % {
            "bar": "#" * filled + "." * (24 - filled),
            "percent": f"{part:4.0%}",
            "count": count,
            "rate": round(count / self.seconds),
            "left": self._left(part),
        }
        self._stderr.write(
            f"\r{line}\x1b[K" if self._live else line, ending="" if self._live else "\n"
        )

    def _left(self, part: float) -> str:
        """Unknown until a hundredth is done: a guess from less swings wildly."""
        if part < 0.01:
            return _("time left not known yet")
        minutes, rest = divmod(round((time.monotonic() - self._begun) * (1 - part) / part), 60)
        if minutes:
            return _("%(minutes)d min %(seconds)02d s left") % {"minutes": minutes, "seconds": rest}
        return _("%d s left") % rest
