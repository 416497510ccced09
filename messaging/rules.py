"""Pure rules of conversations: which step follows which."""

from datetime import timedelta
from enum import StrEnum

from messaging.models import FileNews, ThreadState

SUBJECT_LENGTH = 120
BODY_LENGTH = 10_000
TOLD_LENGTH = 4_000
WHY_LENGTH = 500
MOST_FILES = 5
"""Of one message."""
QUOTA = 500 * 1024 * 1024
"""Bytes of all files of a member, records' too."""
# Whoever looks for so many members of other teams in this time may be trying out numbers.
MOST_LOOKS, LOOKED_IN = 20, timedelta(hours=1)


# Whoever sees "that takes a minute" looks again by themselves for about so long.
SOON = timedelta(minutes=10)


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


def file_news(stopped: bool, waited: timedelta) -> FileNews:
    """What is news of a file that the virus scanner is done with."""
    if stopped:
        return FileNews.STOPPED
    return FileNews.READY if waited > SOON else FileNews.NONE


def after(step: Step, state: str) -> ThreadState | None:
    """The state that follows, or None if the step can't be taken from here."""
    allowed, following = TRANSITIONS[step]
    return following if state in allowed else None
