"""Pure rules of conversations: which step follows which, and when an answer is due."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from messaging.models import ThreadState

SUBJECT_LENGTH = 120
BODY_LENGTH = 10_000


class Step(StrEnum):
    REPLY = "reply"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


# Words are never turned away: no conversation closes to a member, nor to a colleague who was
# writing while it was closed.
TRANSITIONS: dict[Step, tuple[frozenset[str], ThreadState]] = {
    Step.REPLY: (frozenset(ThreadState.values), ThreadState.WAITING),
    Step.ANSWER: (frozenset(ThreadState.values), ThreadState.ANSWERED),
    Step.CLOSE: (
        frozenset({ThreadState.WAITING.value, ThreadState.ANSWERED.value}),
        ThreadState.CLOSED,
    ),
    Step.REOPEN: (frozenset({ThreadState.CLOSED.value}), ThreadState.WAITING),
}


def after(step: Step, state: str) -> ThreadState | None:
    """The state that follows, or None if the step can't be taken from here."""
    allowed, following = TRANSITIONS[step]
    return following if state in allowed else None


def answer_by(now: datetime, time_zone: str, days: int, closed: Iterable[date] = ()) -> date:
    """The last day for an answer: `days` business days ahead, counted where the plan is."""
    closed_on = frozenset(closed)
    day = now.astimezone(ZoneInfo(time_zone)).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in closed_on:
            left -= 1
    return day
