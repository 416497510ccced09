"""When the database is away: whose portal this is, and when it last worked, from memory."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Plan


class Seen(NamedTuple):
    plan: Plan
    at: datetime


# What any visitor sees of a plan, by its host. There are no more of them than plans.
_seen: dict[str, Seen] = {}


def remember(plan: Plan) -> None:
    _seen[plan.host] = Seen(plan, timezone.now())


def recall(host: str) -> Seen | None:
    return _seen.get(host.partition(":")[0].casefold())
