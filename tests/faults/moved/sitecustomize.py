"""Read by Python itself at the start of a process that has this folder on its path.

The time of day is then as much ahead of the real one as a file says, or behind it, and follows the
file while the process runs. The monotonic clock goes on evenly, as on a machine whose clock is set.
"""

import os
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

_file = Path(os.environ["MOVED_CLOCK"])
_time, _time_ns, _now = time.time, time.time_ns, timezone.now


def _seconds() -> int:
    return int(_file.read_text())


time.time = lambda: _time() + _seconds()
time.time_ns = lambda: _time_ns() + _seconds() * 10**9
timezone.now = lambda: _now() + timedelta(seconds=_seconds())
