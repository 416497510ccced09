"""What ends with a right, at once: the next request of anyone finds it ended."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import access, people_actions
from accounts.management.acting import acting as as_staff
from accounts.models import CareTeam, Member, Plan, SignIn, TeamAssignment, TeamSeat, User
from accounts.people_actions import end_terms, join_team
from messaging import actions, draft_actions
from messaging.models import Draft, Thread
from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from portal.base.outbox.announce import Kind, announce
from portal.base.outbox.models import Mail
from tests import factories
from tests.messaging.conftest import acting, words

Browser = Callable[[User], Client]


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, "--plan", "cedar", stdout=out)
    return out.getvalue()


@pytest.fixture
def operator(member_user: User) -> User:
    return factories.staff_user(member_user.plan, "ola.berg", "Ola Berg", "operator")


@pytest.fixture
def thread(member_user: User, team: CareTeam) -> Thread:
    with acting(member_user):
        sent = actions.start_thread(
            by=member_user,
            member=member_user.member,
            team=team,
            subject="New medicine",
            body="I feel dizzy.",
            key=uuid7(),
        )
    assert sent.message
    return sent.message.thread


def begin(worker: User, thread: Thread) -> None:
    """The worker has it, and has begun to answer."""
    with acting(worker):
        actions.take(by=worker, thread=thread)
        member = Member.objects.get(pk=thread.member_id)
        draft_actions.save_draft(by=worker, member=member, thread=thread, subject="", body="Take")


def drafts(thread: Thread) -> int:
    with context.system("test", thread.plan_id), context.about_member(thread.member_id):
        return Draft.objects.count()


def head(thread: Thread) -> Thread:
    with context.system("test"):
        return Thread.objects.get(pk=thread.pk)


def test_an_ended_assignment_counts_from_the_next_request(
    thread: Thread, member: Member, care_worker: User, operator: User, client_for: Browser
) -> None:
    browser = client_for(care_worker)
    url = reverse("messaging:team-thread", args=[thread.pk])
    assert browser.get(url).status_code == 200
    begin(care_worker, thread)
    said = run(
        "leave_team", "Primary care", "--member-number", member.member_number, "--by", "ola.berg"
    )
    assert "messaging.threads 1" in said
    assert "messaging.drafts 1" in said
    assert browser.get(url).status_code == 403
    with acting(care_worker):
        assert access.on_team_of(care_worker, [member.pk]) == set()
    assert (head(thread).state, head(thread).owner_id, drafts(thread)) == ("closed", None, 0)
    with context.system("test"):
        line = Event.objects.get(action="team.left")
        assert Event.objects.filter(action="thread.stopped", member_id=member.pk).exists()
    assert (line.actor_id, line.member_id) == (operator.pk, member.pk)


def test_a_member_writes_to_no_team_that_left(
    thread: Thread, member_user: User, operator: User, client_for: Browser
) -> None:
    member = member_user.member
    assert member
    browser = client_for(member_user)
    browser.post(reverse("messaging:safety"))
    url = reverse("messaging:thread-detail", args=[thread.pk])
    assert "Send reply" in browser.get(url).text
    run("leave_team", "Primary care", "--member-number", member.member_number, "--by", "ola.berg")
    page = browser.get(url).text
    assert "This team no longer cares for you" in page
    assert "Send reply" not in page
    reply = reverse("messaging:thread-reply", args=[thread.pk])
    said = browser.post(reply, words(member_user), follow=True).text
    assert "Your words were not sent. You find them below." in said
    assert words(member_user)["body"] in said
    assert head(thread).state == "closed"


def test_an_ended_seat_gives_back_what_was_taken(
    thread: Thread, team: CareTeam, care_worker: User, operator: User, client_for: Browser
) -> None:
    browser = client_for(care_worker)
    begin(care_worker, thread)
    said = run("leave_team", "Primary care", "--user", "sam.reyes", "--by", "ola.berg")
    assert "messaging.owners 1" in said
    url = reverse("messaging:team-thread", args=[thread.pk])
    assert browser.get(url).status_code == 403
    assert (head(thread).state, head(thread).owner_id, drafts(thread)) == ("waiting", None, 0)
    with context.system("test"):
        for action in ("thread.released", "draft.deleted"):
            assert Event.objects.get(action=action).member_id == thread.member_id
    answer = reverse("messaging:thread-answer", args=[thread.pk])
    refused = browser.post(answer, words(care_worker, body="Rest, and drink."))
    assert refused.status_code == 403
    assert "Rest, and drink." in refused.text, "what they typed is lost"
    assert browser.get(reverse("account")).status_code == 200
    colleague = factories.staff_user(
        care_worker.plan, "new.one", "New One", "care_worker", team=team
    )
    with acting(colleague):
        assert actions.take(by=colleague, thread=thread).by_me


def test_a_closed_account_stops_all_that_went_on(
    thread: Thread, care_worker: User, operator: User, client_for: Browser
) -> None:
    browser = client_for(care_worker)
    begin(care_worker, thread)
    with context.system("test"):
        announce(
            plan_id=care_worker.plan_id,
            recipient_id=care_worker.pk,
            kind=Kind.PASSWORD_CHANGED,
            event_id=uuid7(),
        )
    said = run("close_account", "sam.reyes", "--by", "ola.berg")
    assert "accounts.mail 1, accounts.sessions 1, messaging.drafts 1, messaging.owners 1" in said
    assert browser.get(reverse("account")).status_code == 302
    assert not SignIn.objects.filter(user=care_worker, ended_at=None).exists()
    assert (head(thread).owner_id, drafts(thread)) == (None, 0)
    with context.system("test"):
        assert Mail.objects.get(recipient_id=care_worker.pk).state == "unsendable"
        line = Event.objects.get(action="account.closed")
    assert (line.actor_id, line.object_id) == (operator.pk, care_worker.pk)


def test_a_members_own_words_outlive_their_account(
    thread: Thread, member_user: User, care_worker: User, operator: User
) -> None:
    begin(care_worker, thread)
    with acting(member_user):
        draft_actions.save_draft(
            by=member_user, member=member_user.member, thread=None, subject="", body="Later"
        )
    run("close_account", "ana.diaz", "--by", "ola.berg")
    assert drafts(thread) == 2
    assert head(thread).owner_id == care_worker.pk


def test_a_team_comes_and_goes_and_its_past_stays(
    member: Member, other_team: CareTeam, off_team_worker: User, operator: User
) -> None:
    number = member.member_number
    behavioral = ("Behavioral health", "--member-number", number, "--by", "ola.berg")
    run("join_team", *behavioral)
    with acting(off_team_worker):
        assert access.on_team_of(off_team_worker, [member.pk]) == {member.pk}
    with pytest.raises(CommandError, match="already"):
        run("join_team", *behavioral)
    run("leave_team", *behavioral)
    with pytest.raises(CommandError, match="not in this team"):
        run("leave_team", *behavioral)
    run("join_team", *behavioral)
    with context.system("test"):
        kept = TeamAssignment.objects.filter(member=member, team=other_team)
        assert kept.count() == 2
        assert kept.current().count() == 1


def test_a_place_ends_of_itself_on_its_day(
    member: Member, other_team: CareTeam, off_team_worker: User
) -> None:
    soon = timezone.now() + timedelta(hours=1)
    with context.system("test", member.plan_id):
        people_actions.join_team(team=other_team, who=member, until=soon)
    with acting(off_team_worker):
        assert access.on_team_of(off_team_worker, [member.pk]) == {member.pk}
    with context.system("test"):
        past = timezone.now() - timedelta(seconds=1)
        TeamAssignment.objects.filter(until=soon).update(until=past)
    with acting(off_team_worker):
        assert access.on_team_of(off_team_worker, [member.pk]) == set()
    with context.system("test"):
        assert other_team not in access.teams_of_member(member)


def test_a_seat_that_has_not_begun_does_not_count(team: CareTeam, care_worker: User) -> None:
    with context.system("test"):
        TeamSeat.objects.update(since=timezone.now() + timedelta(days=1))
    with acting(care_worker):
        assert access.teams_of_user(care_worker) == []


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("close_account", "nobody", "--by", "ola.berg"), "no open account"),
        (("close_account", "sam.reyes", "--by", "ana.diaz"), "is not staff"),
        (("close_account", "ola.berg", "--by", "ola.berg"), "their own account"),
        (("leave_team", "No team", "--user", "sam.reyes", "--by", "ola.berg"), "There is no team"),
        (("leave_team", "Primary care", "--user", "ana.diaz", "--by", "ola.berg"), "--member-n"),
        (("join_team", "Primary care", "--member-number", "M0", "--by", "ola.berg"), "no member"),
        (
            ("join_team", "Primary care", "--user", "sam.reyes", "--by", "ola.berg",
             "--until", "2020-01-01"),
            "a day to come",
        ),
    ],
)  # fmt: skip
def test_a_command_that_names_no_one_changes_nothing(
    care_worker: User, operator: User, command: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(*command)
    assert User.objects.filter(is_active=False).count() == 0


def test_what_ends_of_itself_stops_what_went_on(
    thread: Thread, member: Member, care_worker: User, operator: User
) -> None:
    """A place whose last day is over stops the same as one that was ended, and only once."""
    begin(care_worker, thread)
    with context.system("test"):
        past = timezone.now() - timedelta(minutes=1)
        TeamAssignment.objects.filter(member=member).update(until=past)
    assert end_terms("test") == 1
    assert (head(thread).state, head(thread).owner_id) == ("closed", None)
    assert end_terms("test") == 0
    with context.system("test"):
        assert Event.objects.filter(action="team.left", member_id=member.pk).count() == 1


def test_whoever_joined_again_keeps_what_goes_on(
    thread: Thread, member: Member, team: CareTeam
) -> None:
    with context.system("test", member.plan_id):
        past = timezone.now() - timedelta(minutes=1)
        TeamAssignment.objects.filter(member=member).update(until=past)
        assert join_team(team=team, who=member)
    assert end_terms("test") == 1
    assert head(thread).state == "waiting"


def test_the_last_who_can_help_is_not_closed(plan: Plan, operator: User) -> None:
    factories.staff_user(plan, "only.admin", "Only Admin", "plan_admin")
    with pytest.raises(CommandError, match="the only one with this role"):
        run("close_account", "only.admin", "--by", "ola.berg")
    factories.staff_user(plan, "next.admin", "Next Admin", "plan_admin")
    run("close_account", "only.admin", "--by", "ola.berg")
    with pytest.raises(CommandError, match="the only one with this role"):
        run("close_account", "next.admin", "--by", "ola.berg")


def test_a_command_knows_the_day_where_the_plan_is(care_worker: User) -> None:
    plan = care_worker.plan
    with as_staff({"plan": plan.slug, "by": care_worker.user_id}, "test"):
        assert timezone.get_current_timezone_name() == plan.time_zone
    assert plan.time_zone != timezone.get_current_timezone_name()
