from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from messaging import rules
from messaging.forms import storable
from messaging.models import ThreadState
from messaging.rules import Step

ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("now", "days", "due"),
    [
        ("2026-08-04T15:42-04:00", 2, date(2026, 8, 6)),
        ("2026-08-06T15:42-04:00", 2, date(2026, 8, 10)),
        ("2026-08-08T10:00-04:00", 1, date(2026, 8, 10)),
        # Still Tuesday where the plan is, though Wednesday in UTC.
        ("2026-08-05T03:30+00:00", 2, date(2026, 8, 6)),
        ("2026-08-04T15:42-04:00", 0, date(2026, 8, 4)),
    ],
)
def test_an_answer_is_due_in_business_days_of_the_plan(now: str, days: int, due: date) -> None:
    assert rules.answer_by(datetime.fromisoformat(now), ZONE, days) == due


def test_days_on_which_the_plan_is_closed_do_not_count() -> None:
    now = datetime(2026, 11, 25, 9, tzinfo=ZoneInfo(ZONE))
    assert rules.answer_by(now, ZONE, 1, closed=[date(2026, 11, 26)]) == date(2026, 11, 27)


@pytest.mark.parametrize("state", ThreadState.values)
def test_words_are_never_turned_away(state: str) -> None:
    assert rules.after(Step.REPLY, state) == ThreadState.WAITING
    assert rules.after(Step.ANSWER, state) == ThreadState.ANSWERED


def test_only_a_closed_conversation_opens_again() -> None:
    assert rules.after(Step.REOPEN, ThreadState.CLOSED) == ThreadState.WAITING
    assert rules.after(Step.REOPEN, ThreadState.WAITING) is None
    assert rules.after(Step.CLOSE, ThreadState.CLOSED) is None


def test_what_a_database_cannot_hold_is_left_out() -> None:
    assert storable("a\0b\ud800c\r\nd\re 🙂") == "abc\nd\ne 🙂"
