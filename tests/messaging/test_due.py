"""By when an answer is due, and where that is said."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Plan, User
from messaging import due
from messaging.models import Thread
from portal.base import context
from portal.base.audit.models import Event
from tests.messaging.conftest import changed


def written(plan: Plan, at: str) -> date:
    return due.reply_due(plan, datetime.fromisoformat(at))


def test_a_federal_holiday_is_no_work_day(plan: Plan) -> None:
    """Thanksgiving counted as one before."""
    assert written(plan, "2026-11-25T09:00-05:00") == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("at", "last"),
    [
        # Still Tuesday where the plan is, though Wednesday in UTC.
        ("2026-08-05T03:30+00:00", date(2026, 8, 6)),
        ("2026-08-05T04:00+00:00", date(2026, 8, 7)),
        ("2026-03-06T23:59-05:00", date(2026, 3, 10)),  # clocks go forward on the 8th
        ("2026-10-30T23:59-04:00", date(2026, 11, 3)),  # and back on 1 November
        ("2028-02-28T12:00-05:00", date(2028, 3, 1)),
        ("2026-12-31T23:59-05:00", date(2027, 1, 5)),
    ],
)
def test_an_answer_is_due_in_work_days_of_the_plan(plan: Plan, at: str, last: date) -> None:
    assert written(plan, at) == last


def test_a_holiday_of_the_plans_own_moves_the_day_until_it_is_removed(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = "2099-03-30T12:00-04:00"
    call_command("plan_holidays", "cedar", "--add", "2099-03-31", "César Chávez Day")
    plan.refresh_from_db()
    assert written(plan, moment) == date(2099, 4, 2)
    call_command("plan_holidays", "cedar", "--remove", "2099-03-31")
    plan.refresh_from_db()
    assert written(plan, moment) == date(2099, 4, 1)
    with context.system("test"):
        assert Event.objects.filter(action="plan.changed").count() == 2


def test_the_command_lists_what_comes(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("plan_holidays", "cedar", "--add", "2099-03-31", "César Chávez Day")
    lines = capsys.readouterr().out.splitlines()
    assert "2099-03-31  César Chávez Day" in lines
    assert any("Thanksgiving Day (federal)" in line for line in lines)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["elm"], "There is no plan “elm”"),
        (["cedar", "--add", "31.3.2026", "Day"], "is no date"),
        (["cedar", "--add", "2026-03-31", " "], "name"),
        (["cedar", "--add", "2026-03-31", "Day"], "2026-03-31 is over"),
        (["cedar", "--add", "2099-12-25", "Day"], "federal holiday already: Christmas Day"),
        (["cedar", "--remove", "2026-03-31"], "is no holiday"),
    ],
)
def test_the_command_refuses_what_it_cannot_use(plan: Plan, options: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("plan_holidays", *options)
    plan.refresh_from_db()
    assert plan.own_holidays == {}


@pytest.mark.promise("AH3")
@pytest.mark.parametrize(
    ("days", "says"),
    [(0, "Answer due today"), (1, "Answer due tomorrow"), (-2, "Answer is 2 days late")],
)
def test_member_and_team_read_the_same(
    thread: Thread,
    care_worker: User,
    client_for: Callable[[User], Client],
    days: int,
    says: str,
) -> None:
    today = thread.plan.calendar.day(datetime.now(UTC))
    changed(thread, answer_by=today + timedelta(days=days))
    pages = (
        (thread.member.user, "messaging:inbox", []),
        (thread.member.user, "messaging:thread-detail", [thread.pk]),
        (care_worker, "messaging:team-inbox", []),
        (care_worker, "messaging:team-thread", [thread.pk]),
    )
    for reader, name, args in pages:
        assert says in client_for(reader).get(reverse(name, args=args)).text
