"""When the database is away: whose portal this is, and when it last worked, from memory."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Plan


class Seen(NamedTuple):
    plan: Plan
    at: datetime


# That it takes no more: a full disk or none (classes 53 and 58), or a server that only reads.
NO_WRITES = ("53", "58", "25006")
KEPT = timedelta(minutes=1)

# What any visitor sees of a plan, by its host. There are no more of them than plans.
_seen: dict[str, Seen] = {}
_refused: list[datetime] = []


def remember(plan: Plan) -> None:
    _seen[plan.host] = Seen(plan, timezone.now())


def recall(host: str) -> Seen | None:
    return _seen.get(host.partition(":")[0].casefold())


def note(error: BaseException | None) -> None:
    """Keep when a page met a database that takes no more. Nobody writes to it to find out."""
    while error is not None:
        if (getattr(error, "sqlstate", None) or "").startswith(NO_WRITES):
            _refused[:] = [timezone.now()]
        error = error.__cause__


def takes_writes() -> bool:
    """As far as the pages of this process met it in the last minute."""
    return not _refused or timezone.now() - _refused[0] > KEPT
