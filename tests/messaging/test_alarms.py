"""Who is told of messages whose time for an answer is up."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from django.core import mail as sent_mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CareTeam, Plan, User
from messaging.models import Thread
from portal.base import context, registry
from portal.base.clock import alarms
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from portal.base.tasks import tell_what_is_due
from tests import factories
from tests.messaging.conftest import changed

LAST = date(2026, 8, 6)
THAT_DAY = datetime(2026, 8, 6, 15, tzinfo=UTC)
NEXT_DAY = THAT_DAY + timedelta(days=1)


@pytest.fixture
def supervisor(plan: Plan, team: CareTeam) -> User:
    return factories.staff_user(plan, "helen.moss", "Helen Moss", "supervisor", team=team)


@pytest.fixture
def colleague(plan: Plan, team: CareTeam) -> User:
    return factories.staff_user(plan, "lee.moss", "Lee Moss", "care_worker", team=team)


@pytest.fixture
def waits(thread: Thread) -> Thread:
    return changed(thread, answer_by=LAST)


def told(kind: str) -> set[str]:
    with context.system("test"):
        people = Mail.objects.filter(kind=kind).values_list("recipient_id", flat=True)
        return {user.user_id for user in User.objects.filter(pk__in=list(people))}


@pytest.fixture
def cast(care_worker: User, colleague: User, supervisor: User, off_team_worker: User) -> None:
    """Two who answer, one who leads, and one of another team."""


def test_the_apps_that_have_something_due_are_known() -> None:
    assert set(registry.due_lists) == {"disclosures.openings", "messaging.waiting"}


@pytest.mark.promise("AH3")
def test_the_team_is_told_on_the_last_day_and_supervisors_once_it_is_late(
    waits: Thread, cast: None
) -> None:
    assert alarms.sweep(THAT_DAY - timedelta(days=1)) == 0
    assert alarms.sweep(THAT_DAY) == 2
    assert told("message_due") == {"sam.reyes", "lee.moss"}
    assert alarms.sweep(NEXT_DAY) == 3
    assert told("message_late") == {"sam.reyes", "lee.moss", "helen.moss"}


def test_the_same_sweep_again_tells_nobody_anew(waits: Thread, cast: None) -> None:
    for _ in range(2):
        alarms.sweep(THAT_DAY)
        alarms.sweep(NEXT_DAY)
        alarms.sweep(NEXT_DAY + timedelta(days=5))
    with context.system("test"):
        assert Mail.objects.count() == 5


def test_the_task_run_twice_sends_once(waits: Thread, care_worker: User) -> None:
    changed(waits, answer_by=date(2020, 1, 2))
    with patch.object(alarms, "FROM_HOUR", 0):
        tell_what_is_due()
        tell_what_is_due()
    assert sender.sweep() == 1
    assert sender.sweep() == 0


def test_after_a_standstill_only_the_highest_level_is_told(waits: Thread, cast: None) -> None:
    alarms.sweep(NEXT_DAY)
    assert told("message_due") == set()


def test_a_message_that_someone_took_is_theirs_until_it_is_late(
    waits: Thread, cast: None, colleague: User
) -> None:
    changed(waits, owner=colleague)
    alarms.sweep(THAT_DAY)
    alarms.sweep(NEXT_DAY)
    assert told("message_due") == {"lee.moss"}
    assert told("message_late") == {"lee.moss", "helen.moss"}


def test_an_owner_who_left_the_team_leaves_it_to_the_team(
    waits: Thread, cast: None, off_team_worker: User
) -> None:
    changed(waits, owner=off_team_worker)
    alarms.sweep(THAT_DAY)
    assert told("message_due") == {"sam.reyes", "lee.moss"}


def test_who_can_no_longer_sign_in_is_not_told(waits: Thread, cast: None, colleague: User) -> None:
    with context.system("test"):
        User.objects.filter(pk=colleague.pk).update(is_active=False)
    alarms.sweep(THAT_DAY)
    assert told("message_due") == {"sam.reyes"}


def test_an_answered_message_alarms_nobody(waits: Thread, cast: None) -> None:
    changed(waits, state="answered")
    assert alarms.sweep(NEXT_DAY) == 0


def test_a_team_that_no_longer_cares_for_the_member_is_not_told(waits: Thread, cast: None) -> None:
    with context.system("test"):
        waits.member.assignments.all().delete()
    assert alarms.sweep(NEXT_DAY) == 0


def test_a_new_last_day_is_told_of_again(waits: Thread, cast: None) -> None:
    alarms.sweep(THAT_DAY)
    changed(waits, answer_by=LAST + timedelta(days=1))
    assert alarms.sweep(NEXT_DAY) == 2


def test_the_last_day_is_the_plans_own(waits: Thread, care_worker: User) -> None:
    """4 AM of the seventh in UTC is midnight in New York; in Honolulu the sixth goes on."""
    with patch.object(alarms, "FROM_HOUR", 0):
        assert alarms.sweep(datetime(2026, 8, 6, 3, 59, tzinfo=UTC)) == 0
        assert alarms.sweep(datetime(2026, 8, 7, 3, 59, tzinfo=UTC)) == 1
        assert told("message_late") == set()
        with context.system("test"):
            Plan.objects.update(time_zone="Pacific/Honolulu")
        assert alarms.sweep(datetime(2026, 8, 7, 4, tzinfo=UTC)) == 0
        with context.system("test"):
            Plan.objects.update(time_zone="America/New_York")
        assert alarms.sweep(datetime(2026, 8, 7, 4, tzinfo=UTC)) == 1
    assert told("message_late") == {"sam.reyes"}


def test_nobody_is_told_at_night(waits: Thread, care_worker: User) -> None:
    assert alarms.sweep(datetime(2026, 8, 6, 11, 59, tzinfo=UTC)) == 0
    assert alarms.sweep(datetime(2026, 8, 6, 12, tzinfo=UTC)) == 1


def test_each_plan_hears_of_its_own(waits: Thread, care_worker: User, other_plan: Plan) -> None:
    team = factories.team(other_plan, "Primary care")
    factories.staff_user(other_plan, "far.away", "Far Away", "care_worker", team=team)
    alarms.sweep(THAT_DAY)
    with context.system("test", other_plan.pk):
        assert not Mail.objects.exists()
    assert told("message_due") == {"sam.reyes"}


def queries(now: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert alarms.sweep(now) == 0
    return len(captured)


def test_it_asks_as_much_for_many_as_for_one(waits: Thread, cast: None, member_user: User) -> None:
    alarms.sweep(THAT_DAY)
    before = queries(THAT_DAY)
    with context.system("test"), context.about_member(waits.member_id):
        for number in range(20):
            Thread.objects.create(
                plan=waits.plan, member=waits.member, team=waits.team, subject=f"Note {number}",
                record_holder_id=waits.record_holder_id, answer_by=LAST, started_at=THAT_DAY,
                last_message_at=THAT_DAY,
            )  # fmt: skip
    assert alarms.sweep(THAT_DAY) == 40
    assert queries(THAT_DAY) == before


@pytest.mark.promise("AM22")
@pytest.mark.parametrize(
    ("now", "subject", "says"),
    [
        (THAT_DAY, "A message needs an answer at Cedar Health Plan", "by the end of"),
        (NEXT_DAY, "A message is late at Cedar Health Plan", "longer than your plan's reply time"),
    ],
)
def test_the_mail_names_neither_member_nor_message(
    waits: Thread, care_worker: User, now: datetime, subject: str, says: str
) -> None:
    alarms.sweep(now)
    sender.sweep()
    (letter,) = sent_mail.outbox
    assert letter.subject == subject
    assert says in letter.body
    for word in ("Ana", "Diaz", "medicine", "dizzy", str(waits.pk)):
        assert word not in letter.subject + letter.body
