"""A clock that a test moves under a running process, as an operator or a bad time server does.

It is the clock of the portal's own processes, not of Postgres or Valkey: machines of their own.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass
class Clock:
    file: Path

    def move(self, by: timedelta) -> None:
        """From the real time; zero is back to it."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(round(by.total_seconds())))
        fresh.replace(self.file)

    @property
    def env(self) -> dict[str, str]:
        return {"MOVED_CLOCK": str(self.file), "PYTHONPATH": str(Path(__file__).parent / "moved")}
