from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, User
from messaging.models import Draft, Message, Thread
from portal.base.audit.models import Event
from tests.messaging.conftest import accept, acting, words

COMPOSE = reverse("messaging:compose")


def note(user: User, team: CareTeam, **changed: str) -> dict[str, str]:
    return words(user, team=str(team.pk), subject="New medicine", **changed)


def bodies(user: User) -> list[str]:
    with acting(user):
        return [message.body for message in Message.objects.order_by("sent_at")]


def test_the_safety_page_comes_first_and_once(
    member_user: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(member_user)
    response = client.get(COMPOSE)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("messaging:safety"))
    accept(client)
    assert client.get(COMPOSE).status_code == 200
    with acting(member_user):
        assert Event.objects.filter(action="safety.accepted").count() == 1


def test_that_the_safety_page_was_read_is_told_with_its_purpose(
    writer: Client, member_user: User
) -> None:
    page = writer.get(reverse("disclosures:who-has-seen"), {"own": "1"}).text
    assert "<dd>Read the safety page</dd><dt>Why</dt><dd>Messages with the care team</dd>" in page


def test_the_safety_page_leads_nowhere_else(writer: Client) -> None:
    response = writer.post(reverse("messaging:safety"), {"next": "https://evil.example/"})
    assert response["Location"] == COMPOSE


def test_a_message_is_sent_with_a_receipt(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    response = writer.post(COMPOSE, note(member_user, team), follow=True)
    assert "Your message is sent" in response.content.decode()
    assert bodies(member_user) == ["I feel dizzy."]
    with acting(member_user):
        assert Event.objects.filter(action="message.sent").count() == 1


def test_the_same_form_again_is_the_same_message(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = note(member_user, team)
    first, second = writer.post(COMPOSE, form), writer.post(COMPOSE, form)
    assert first["Location"] == second["Location"]
    assert len(bodies(member_user)) == 1
    with acting(member_user):
        assert Thread.objects.count() == 1


def test_other_words_under_a_used_key_are_kept_as_a_draft(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = note(member_user, team)
    writer.post(COMPOSE, form)
    response = writer.post(COMPOSE, {**form, "body": "And I fell."}, follow=True)
    assert "already sent" in response.content.decode()
    assert bodies(member_user) == ["I feel dizzy."]
    with acting(member_user):
        assert Draft.objects.get().body == "And I fell."
    assert "And I fell." in writer.get(COMPOSE).content.decode()


def test_a_key_of_someone_else_sends_nothing(
    writer: Client, member_user: User, stranger: User, team: CareTeam
) -> None:
    response = writer.post(COMPOSE, {**note(member_user, team), **words(stranger)})
    assert response.status_code == 422
    assert bodies(member_user) == []


def test_a_key_older_than_a_session_sends_nothing(
    writer: Client, member_user: User, team: CareTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = note(member_user, team)
    monkeypatch.setattr("portal.base.once.LIFETIME_SECONDS", -1)
    assert writer.post(COMPOSE, sent).status_code == 422
    assert bodies(member_user) == []
    monkeypatch.undo()
    assert writer.post(COMPOSE, sent).status_code == 302


def test_a_team_that_is_not_theirs_is_no_choice(
    writer: Client, member_user: User, other_team: CareTeam
) -> None:
    response = writer.post(COMPOSE, note(member_user, other_team))
    assert "Choose who to send this to." in response.content.decode()
    assert bodies(member_user) == []


@pytest.mark.parametrize("body", ["x" * 10_001, "🙂" * 10_001])
def test_too_long_words_are_refused_and_kept(
    writer: Client, member_user: User, team: CareTeam, body: str
) -> None:
    response = writer.post(COMPOSE, note(member_user, team, body=body))
    assert response.status_code == 422
    assert body in response.content.decode()
    assert bodies(member_user) == []


def test_the_longest_words_with_a_browsers_line_ends_are_sent(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    writer.post(COMPOSE, note(member_user, team, body="x\r\n" * 4_999 + "\0yz"))
    assert bodies(member_user) == ["x\n" * 4_999 + "yz"]


def test_words_of_an_ended_session_are_kept_and_not_sent(
    member_user: User, team: CareTeam, client_for: Callable[[User], Client]
) -> None:
    client = client_for(member_user)
    client.post(COMPOSE, note(member_user, team))
    assert bodies(member_user) == []
    with acting(member_user):
        assert Draft.objects.get().body == "I feel dizzy."


@pytest.mark.parametrize("button", [{}, {"save_draft": "1"}])
def test_too_long_words_stay_in_the_field_before_the_safety_page_too(
    member_user: User,
    team: CareTeam,
    client_for: Callable[[User], Client],
    button: dict[str, str],
) -> None:
    form = note(member_user, team, body="x" * 10_001, **button)
    response = client_for(member_user).post(COMPOSE, form)
    assert response.status_code == 422
    assert "x" * 10_001 in response.content.decode()


def test_a_reply_before_the_safety_page_is_kept_and_not_sent(
    member_user: User, thread: Thread, client_for: Callable[[User], Client]
) -> None:
    client, url = client_for(member_user), reverse("messaging:thread-reply", args=[thread.pk])
    response = client.post(url, words(member_user, body="Worse now."))
    assert response["Location"].startswith(reverse("messaging:safety"))
    too_long = client.post(url, words(member_user, body="x" * 10_001))
    assert too_long.status_code == 422
    assert bodies(member_user) == ["I feel dizzy."]
    with acting(member_user):
        assert Draft.objects.get().body == "Worse now."


def test_a_reply_is_added_and_opens_a_closed_conversation(
    writer: Client, member_user: User, thread: Thread
) -> None:
    with acting(member_user):
        Thread.objects.update(state="closed", answer_by=None)
    writer.post(reverse("messaging:thread-reply", args=[thread.pk]), words(member_user, body="Hi"))
    assert bodies(member_user) == ["I feel dizzy.", "Hi"]
    with acting(member_user):
        thread.refresh_from_db()
    assert (thread.state, thread.answer_by is None) == ("waiting", False)


def test_reading_is_on_record(writer: Client, member_user: User, thread: Thread) -> None:
    response = writer.get(reverse("messaging:thread-detail", args=[thread.pk]))
    assert "I feel dizzy." in response.content.decode()
    assert "New medicine" in writer.get(reverse("messaging:inbox")).content.decode()
    with acting(member_user):
        opened = Event.objects.get(action="thread.opened")
    assert (opened.object_id, opened.member_id) == (thread.pk, member_user.member_id)


@pytest.mark.parametrize(
    ("who", "told"), [("stranger", 404), ("other_plan_member", 404), ("care_worker", 403)]
)
def test_a_members_pages_are_closed_to_others(
    who: str,
    told: int,
    thread: Thread,
    client_for: Callable[[User], Client],
    request: pytest.FixtureRequest,
) -> None:
    other = request.getfixturevalue(who)
    client = client_for(other)
    assert client.get(reverse("messaging:thread-detail", args=[thread.pk])).status_code == told
    client = accept(client)
    reply = reverse("messaging:thread-reply", args=[thread.pk])
    assert client.post(reply, words(other)).status_code == told


def test_more_than_a_form_may_hold_is_told_as_that(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    page = writer.post(COMPOSE, note(member_user, team, body="x" * 2_700_000))
    assert page.status_code == 413
    assert "too long for us to take" in page.content.decode()
    assert bodies(member_user) == []
