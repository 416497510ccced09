from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import CareTeam, User
from consents import replay
from consents.question import Fact
from consents.rules import decide
from messaging import access, actions
from messaging.access import View
from messaging.models import Draft, Message, Thread
from portal.base import context
from portal.base.audit.models import Event
from portal.base.crypto import keyring
from portal.base.ids import uuid7
from portal.base.outbox.models import Mail
from tests import factories
from tests.messaging.conftest import acting, words


@pytest.fixture
def colleague(care_worker: User, team: CareTeam) -> User:
    return factories.staff_user(care_worker.plan, "lee.moss", "Lee Moss", "care_worker", team=team)


def answer_url(thread: Thread) -> str:
    return reverse("messaging:thread-answer", args=[thread.pk])


def test_the_team_reads_and_the_member_sees_that(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(care_worker)
    inbox = client.get(reverse("messaging:team-inbox")).content.decode()
    assert "Ana Diaz" in inbox
    assert "New medicine" in inbox
    page = client.get(reverse("messaging:team-thread", args=[thread.pk])).content.decode()
    assert "I feel dizzy." in page
    with acting(thread.member.user):
        opened = Event.objects.get(action="thread.opened")
        listed = Event.objects.filter(action="inbox.opened").latest("at")
        thread.refresh_from_db()
    for line in (opened, listed):
        assert (line.actor_id, line.member_id) == (care_worker.pk, thread.member_id)
        assert (line.purpose, line.basis) == ("care_message", "staff_use")
    assert thread.opened_by_team_at is not None


def test_an_answer_reaches_the_member_and_is_announced_once(
    thread: Thread,
    care_worker: User,
    member_user: User,
    client_for: Callable[[User], Client],
) -> None:
    client, form = client_for(care_worker), words(care_worker, body="Please rest.")
    for _ in range(2):
        assert client.post(answer_url(thread), form).status_code == 302
    with acting(member_user):
        thread.refresh_from_db()
        assert Message.objects.filter(from_team=True).count() == 1
        mail = Mail.objects.get()
    assert (mail.recipient_id, mail.state) == (member_user.pk, "waiting")
    assert (thread.state, thread.unread_by_member, thread.owner_id) == (
        "answered",
        True,
        care_worker.pk,
    )
    reader = client_for(member_user)
    assert "Please rest." in (
        reader.get(reverse("messaging:thread-detail", args=[thread.pk])).content.decode()
    )
    with acting(member_user):
        assert access.unread_count(member_user) == 0


@pytest.mark.promise("AM22")
@pytest.mark.parametrize(
    ("state", "member_reads", "team_reads"),
    [
        ("waiting", "on its way", "on its way"),
        ("sent", "Email sent", "Email sent"),
        ("bounced", "did not reach you", "did not reach the member"),
        ("failed", "did not reach you", "did not reach the member"),
    ],
)
def test_both_sides_see_what_became_of_the_mail(
    thread: Thread,
    care_worker: User,
    member_user: User,
    client_for: Callable[[User], Client],
    state: str,
    member_reads: str,
    team_reads: str,
) -> None:
    client_for(care_worker).post(answer_url(thread), words(care_worker, body="Please rest."))
    with context.system("test"):
        sent_at = timezone.now() if state == "sent" else None
        assert Mail.objects.update(state=state, sent_at=sent_at) == 1
    for reader, page, told in (
        (member_user, "messaging:thread-detail", member_reads),
        (care_worker, "messaging:team-thread", team_reads),
    ):
        assert told in client_for(reader).get(reverse(page, args=[thread.pk])).text


def test_only_the_first_takes_a_thread(
    thread: Thread,
    care_worker: User,
    colleague: User,
    client_for: Callable[[User], Client],
) -> None:
    url = reverse("messaging:thread-take", args=[thread.pk])
    client_for(care_worker).post(url)
    late = client_for(colleague).post(url, follow=True)
    assert "Someone else took this" in late.content.decode()
    with acting(care_worker):
        assert Thread.objects.get().owner_id == care_worker.pk
        assert Event.objects.filter(action="thread.taken").count() == 1


def test_a_second_answer_is_kept_and_not_sent(
    thread: Thread, care_worker: User, colleague: User, client_for: Callable[[User], Client]
) -> None:
    client_for(care_worker).post(reverse("messaging:thread-take", args=[thread.pk]))
    response = client_for(colleague).post(
        answer_url(thread), words(colleague, body="Mine."), follow=True
    )
    assert "A colleague took this" in response.content.decode()
    with acting(thread.member.user):
        assert not Message.objects.filter(from_team=True).exists()
        assert Draft.objects.get(author=colleague).body == "Mine."


def test_closing_and_opening_again(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client, url = client_for(care_worker), reverse("messaging:thread-close", args=[thread.pk])
    states = []
    for form in ({}, {}, {"reopen": "1"}):
        client.post(url, form)
        with acting(care_worker):
            states.append(Thread.objects.get().state)
    assert states == ["closed", "closed", "waiting"]


@pytest.mark.parametrize("who", ["off_team_worker", "privacy_officer", "member_user"])
@pytest.mark.parametrize("name", ["team-thread", "thread-take", "thread-answer", "thread-close"])
def test_a_teams_pages_are_closed_to_others(
    who: str,
    name: str,
    thread: Thread,
    client_for: Callable[[User], Client],
    request: pytest.FixtureRequest,
) -> None:
    other = request.getfixturevalue(who)
    url, client = reverse(f"messaging:{name}", args=[thread.pk]), client_for(other)
    response = client.get(url) if name == "team-thread" else client.post(url, words(other))
    # A colleague of another team may say why they must read it; acting is the team's alone.
    assert response.status_code == 403
    assert ("Your role does not allow this." in response.text) == (who != "off_team_worker")
    may_say_why = (who, name) == ("off_team_worker", "team-thread")
    assert (reverse("messaging:thread-why", args=[thread.pk]) in response.text) == may_say_why
    with acting(thread.member.user):
        assert Thread.objects.get().owner_id is None
        assert Message.objects.count() == 1


def test_a_team_that_no_longer_cares_for_the_member_reads_nothing(
    thread: Thread, care_worker: User
) -> None:
    with context.system("test"):
        thread.member.assignments.all().delete()
    with acting(care_worker), pytest.raises(PermissionDenied):
        access.get_thread(care_worker, thread.pk)
    with acting(care_worker), pytest.raises(PermissionDenied):
        access.find(care_worker, thread.pk)
    with acting(care_worker), pytest.raises(PermissionDenied):
        actions.take(by=care_worker, thread=thread)


def test_bodies_need_the_members_file(thread: Thread, care_worker: User) -> None:
    with acting(care_worker):
        assert Message.objects.count() == 0
        assert len(access.get_thread(care_worker, thread.pk).messages) == 1


def test_an_answer_that_is_sent_five_times_is_told_once(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client, url = client_for(care_worker), reverse("messaging:thread-answer", args=[thread.pk])
    page = reverse("messaging:team-thread", args=[thread.pk])
    client.get(page)
    sent = words(care_worker, body="Please rest.")
    for _again in range(5):
        client.post(url, sent)
    assert client.get(page).text.count("Your answer is sent.") == 1
    client.post(url, words(care_worker, body="And drink."))
    assert "Your answer is sent." in client.get(page).text


def queries_of_inbox(user: User) -> int:
    keyring._cache.ciphers.clear()
    with (
        acting(user),
        CaptureQueriesContext(
            connection,
        ) as captured,
    ):
        page = access.team_threads(user, View.ALL)
        assert all(row.member.full_name and row.subject for row in page.object_list)
    return len(captured)


def test_the_inbox_asks_as_much_for_many_as_for_one(
    thread: Thread, care_worker: User, team: CareTeam
) -> None:
    first = queries_of_inbox(care_worker)
    for number in range(20):
        person = factories.member_user(care_worker.plan, f"m{number}", "Jo", "Kim", team=team)
        with acting(person):
            actions.start_thread(
                by=person, member=person.member, team=team, subject="Hi", body="Hi", key=uuid7()
            )
    assert queries_of_inbox(care_worker) == first


@pytest.mark.promise("LW4")
def test_the_member_sees_which_message_was_answered_and_why(
    thread: Thread, member_user: User, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client, url = client_for(care_worker), reverse("messaging:thread-answer", args=[thread.pk])
    client.get(reverse("messaging:team-thread", args=[thread.pk]))
    client.post(url, words(care_worker, body="Please rest."))
    page = client_for(member_user).get(reverse("disclosures:who-has-seen")).text
    link = f'<a href="{reverse("messaging:thread-detail", args=[thread.pk])}">New medicine</a>'
    for did in ("Answered a message", "Opened a message"):
        assert f"<dt>What</dt><dd>{did}</dd><dt>About</dt><dd>{link}</dd>" in page
    assert "Messages with the care team" in page
    # The trail itself names the thing by its id alone.
    with acting(member_user):
        assert "New medicine" not in str(list(Event.objects.values()))


@pytest.mark.promise("AL2")
def test_the_decision_on_each_member_of_the_inbox_is_kept(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client_for(care_worker).get(reverse("messaging:team-inbox"))
    with context.system("test"):
        event = Event.objects.get(action="inbox.opened")
    question = replay.read(event.facts["decision"], event.at)
    assert question is not None
    assert Fact.ON_THE_MEMBERS_TEAM in question.facts
    assert decide(question).permitted


def test_an_answer_stands_after_its_question_on_a_clock_that_was_set_back(
    thread: Thread, care_worker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = timezone.now() - timedelta(days=1)
    monkeypatch.setattr("messaging.actions.timezone", SimpleNamespace(now=lambda: past))
    with acting(care_worker):
        actions.answer(by=care_worker, thread=thread, body="Please rest.", key=uuid7())
        opened = access.get_thread(care_worker, thread.pk)
    assert [message.body for message in opened.messages] == ["I feel dizzy.", "Please rest."]
    assert opened.thread.last_message_at == opened.messages[-1].sent_at
