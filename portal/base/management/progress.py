import time
from typing import Any

from django.utils.translation import gettext as _


class Bar:
    """One line on stderr: how far, how fast, how long still. Without a terminal, one each 5 s."""

    def __init__(self, stderr: Any) -> None:
        self._stderr, self._shown_at = stderr, 0.0
        self._live = bool(getattr(stderr, "isatty", lambda: False)())
        self._started = self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._started, 0.001)

    def again(self) -> None:
        """From here on another way begins, whose length is told by itself."""
        self._begun = time.monotonic()

    def is_due(self) -> bool:
        return time.monotonic() - self._shown_at >= (0.2 if self._live else 5.0)

    def show(self, part: float, count: int, words: str) -> None:
        """`words` has places for bar, percent, count, rate and left."""
        self._shown_at = time.monotonic()
        filled = round(24 * part)
        line = words % {
            "bar": "#" * filled + "." * (24 - filled),
            "percent": f"{part:4.0%}",
            "count": count,
            "rate": round(count / self.seconds),
            "left": self._left(part),
        }
        self._stderr.write(
            f"\r{line}\x1b[K" if self._live else line, ending="" if self._live else "\n"
        )

    def end(self) -> None:
        if self._live:
            self._stderr.write("\r\x1b[K", ending="")

    def _left(self, part: float) -> str:
        """Unknown until a hundredth is done: a guess from less swings wildly."""
        if part < 0.01:
            return _("time left not known yet")
        minutes, rest = divmod(round((time.monotonic() - self._begun) * (1 - part) / part), 60)
        if minutes:
            return _("%(minutes)d min %(seconds)02d s left") % {"minutes": minutes, "seconds": rest}
        return _("%d s left") % rest
