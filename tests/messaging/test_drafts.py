"""Words that are not sent yet: saved by hand and by themselves, shown, sent or thrown away."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, Plan, TeamAssignment, User
from messaging import shown
from messaging.models import Draft, Message, Thread
from portal.base import context
from portal.base.audit.models import Event
from tests import factories
from tests.messaging.conftest import acting, words

COMPOSE, INBOX = reverse("messaging:compose"), reverse("messaging:inbox")
QUIET = {"Accept": "text/plain"}


def saving(user: User, **changed: str) -> dict[str, str]:
    return words(user, save_draft="1", **changed)


def drafts(user: User) -> list[Draft]:
    with acting(user):
        return list(Draft.objects.filter(author=user).select_related("team"))


def lines(user: User, action: str) -> int:
    with acting(user):
        return Event.objects.filter(action=action).count()


def delete_page(user: User) -> str:
    return reverse("messaging:draft-delete", args=[drafts(user)[0].pk])


@pytest.fixture
def reply_url(thread: Thread) -> str:
    return reverse("messaging:thread-reply", args=[thread.pk])


@pytest.mark.promise("AH3")
def test_the_quiet_saving_keeps_one_draft_and_says_where_it_is(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = saving(member_user, subject="Dizzy", team=str(team.pk))
    for body in ("I f", "I feel"):
        answer = writer.post(COMPOSE, {**form, "body": body}, headers=QUIET)
        assert answer["Content-Type"].startswith("text/plain")
        assert answer.text.startswith("Saved to Drafts at ")
    [draft] = drafts(member_user)
    assert (draft.body, draft.subject, draft.team) == ("I feel", "Dizzy", team)
    page = writer.get(COMPOSE)
    assert page.context["form"]["team"].value() == str(team.pk)
    for said in ("I feel", "Dizzy", "Saved to Drafts at "):
        assert said in page.text


def test_the_trail_tells_of_quiet_savings_once_and_of_each_by_hand(
    writer: Client, member_user: User
) -> None:
    for body in ("I f", "I feel", "I feel dizzy"):
        writer.post(COMPOSE, saving(member_user, body=body), headers=QUIET)
    assert lines(member_user, "draft.saved") == 1
    for _press in range(2):
        writer.post(COMPOSE, saving(member_user))
    assert lines(member_user, "draft.saved") == 3


def test_a_saving_keeps_the_session_going_as_typing_does(writer: Client, member_user: User) -> None:
    before = writer.session.get_expiry_date()
    writer.post(COMPOSE, saving(member_user), headers=QUIET)
    assert writer.session.get_expiry_date() > before


@pytest.mark.promise("AH3")
def test_a_reply_has_the_button_too(writer: Client, member_user: User, reply_url: str) -> None:
    page = reverse("messaging:thread-detail", kwargs={"id": reply_url.split("/")[2]})
    assert 'name="save_draft"' in writer.get(page).text
    answer = writer.post(reply_url, saving(member_user, body="Still dizzy."))
    assert answer.url == f"{page}#reply"
    shown_again = writer.get(page).text
    for said in ("Your draft is saved", "Still dizzy.", "Saved to Drafts at "):
        assert said in shown_again
    assert [draft.body for draft in drafts(member_user)] == ["Still dizzy."]
    with acting(member_user):
        assert Message.objects.count() == 1


def test_a_care_worker_saves_an_answer(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    client, url = client_for(care_worker), reverse("messaging:thread-answer", args=[thread.pk])
    page = reverse("messaging:team-thread", args=[thread.pk])
    assert 'name="save_draft"' in client.get(page).text
    said = client.post(url, saving(care_worker, body="Please rest."), headers=QUIET)
    assert said.text.startswith("Saved to Drafts at ")
    assert client.post(url, saving(care_worker, body="Rest.")).url == f"{page}#reply"
    again = client.get(page).text
    assert "Rest." in again
    assert "Saved to Drafts at " in again
    client.post(url, words(care_worker, body="Rest."))
    assert "Saved to Drafts at " not in client.get(page).text


@pytest.mark.parametrize(
    ("who", "replies", "answers"), [("stranger", 404, 403), ("off_team_worker", 403, 403)]
)
def test_nobody_saves_into_a_conversation_of_others(
    who: str,
    replies: int,
    answers: int,
    thread: Thread,
    client_for: Callable[[User], Client],
    request: pytest.FixtureRequest,
) -> None:
    other = request.getfixturevalue(who)
    for name, told in (("messaging:thread-reply", replies), ("messaging:thread-answer", answers)):
        url = reverse(name, args=[thread.pk])
        assert client_for(other).post(url, saving(other), headers=QUIET).status_code == told


def test_too_long_words_are_told_and_not_cut(
    writer: Client, member_user: User, reply_url: str
) -> None:
    for url in (COMPOSE, reply_url):
        form = saving(member_user, body="x" * 10_001)
        quiet = writer.post(url, form, headers=QUIET)
        assert (quiet.status_code, quiet.text[:9]) == (422, "Make your")
        loud = writer.post(url, form)
        assert loud.status_code == 422
        assert "x" * 10_001 in loud.text
        assert "data-unsaved" in loud.text
    assert drafts(member_user) == []


def test_empty_words_end_a_draft(writer: Client, member_user: User) -> None:
    writer.post(COMPOSE, saving(member_user))
    answer = writer.post(COMPOSE, saving(member_user, body=" "), headers=QUIET)
    assert (answer.status_code, answer.text) == (200, "")
    assert drafts(member_user) == []
    assert lines(member_user, "draft.deleted") == 1
    assert (
        "Your draft is empty."
        in writer.post(COMPOSE, saving(member_user, body=""), follow=True).text
    )


def test_sending_ends_the_draft_and_a_late_saving_begins_none(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = words(member_user, subject="Dizzy", team=str(team.pk))
    writer.post(COMPOSE, {**form, "save_draft": "1"}, headers=QUIET)
    writer.post(COMPOSE, form)
    assert drafts(member_user) == []
    late = writer.post(COMPOSE, {**form, "save_draft": "1"}, headers=QUIET)
    assert (late.status_code, late.text) == (200, "")
    assert drafts(member_user) == []
    writer.post(COMPOSE, {**form, "save_draft": "1", "body": "And more."}, headers=QUIET)
    assert [draft.body for draft in drafts(member_user)] == ["And more."]


def test_the_line_says_the_time_of_the_plan(
    writer: Client, member_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.post(COMPOSE, saving(member_user))
    [draft] = drafts(member_user)
    draft.plan.time_zone = "Pacific/Honolulu"  # the same hours in summer and in winter
    draft.saved_at = datetime(2026, 8, 5, 1, 42, tzinfo=UTC)
    monkeypatch.setattr(shown, "today_at", lambda plan: date(2026, 8, 4))
    assert shown.saved(draft) == "Saved to Drafts at 3:42 PM HST"
    monkeypatch.setattr(shown, "today_at", lambda plan: date(2026, 8, 5))
    assert shown.saved(draft) == "Saved to Drafts on Aug 4, 2026, 3:42 PM HST"


# The inbox


@pytest.mark.promise("AH3")
def test_the_inbox_shows_each_draft_with_its_way_on(
    writer: Client, member_user: User, thread: Thread, reply_url: str
) -> None:
    empty = writer.get(INBOX).text
    assert "You have no drafts." in empty
    assert lines(member_user, "drafts.listed") == 0
    writer.post(COMPOSE, saving(member_user))
    writer.post(reply_url, saving(member_user, body="Still dizzy."))
    page = writer.get(INBOX).text
    detail = reverse("messaging:thread-detail", args=[thread.pk])
    for said in ("No subject", "Reply: New medicine", f'href="{COMPOSE}"', f'"{detail}#reply"'):
        assert said in page
    assert "You have no drafts." not in page
    assert page.count("Saved to Drafts at ") == 2
    assert lines(member_user, "drafts.listed") == 1


def test_a_draft_is_deleted_once_that_is_confirmed(writer: Client, member_user: User) -> None:
    writer.post(COMPOSE, saving(member_user))
    url = delete_page(member_user)
    page = writer.get(url).text
    assert "Delete this draft?" in page
    assert "I feel dizzy." in page
    assert len(drafts(member_user)) == 1
    assert "Your draft is deleted." in writer.post(url, follow=True).text
    assert drafts(member_user) == []
    assert lines(member_user, "draft.deleted") == 1
    assert writer.post(url).status_code == 404


@pytest.mark.parametrize(
    ("who", "told"), [("stranger", 404), ("care_worker", 403), ("other_plan_member", 404)]
)
def test_nobody_sees_or_deletes_the_drafts_of_others(
    who: str,
    told: int,
    writer: Client,
    member_user: User,
    client_for: Callable[[User], Client],
    request: pytest.FixtureRequest,
) -> None:
    writer.post(COMPOSE, saving(member_user))
    other, url = client_for(request.getfixturevalue(who)), delete_page(member_user)
    assert other.get(url).status_code == told
    assert other.post(url).status_code == told
    assert len(drafts(member_user)) == 1


def test_a_draft_of_the_team_is_not_the_members(
    thread: Thread, writer: Client, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    url = reverse("messaging:thread-answer", args=[thread.pk])
    client_for(care_worker).post(url, saving(care_worker, body="Please rest."))
    for page in (INBOX, reverse("messaging:thread-detail", args=[thread.pk])):
        assert "Please rest." not in writer.get(page).text
        assert "Saved to Drafts" not in writer.get(page).text


# A team that is theirs no more


@pytest.fixture
def teamless(writer: Client, member_user: User, team: CareTeam) -> Client:
    form = saving(member_user, subject="Dizzy", team=str(team.pk))
    writer.post(COMPOSE, form)
    with context.system("test"):
        TeamAssignment.objects.filter(member=member_user.member).delete()
    return writer


@pytest.mark.promise("AH3")
def test_a_draft_outlives_its_team_and_asks_for_a_new_one(
    teamless: Client, plan: Plan, member_user: User, team: CareTeam
) -> None:
    other = factories.team(plan, "Behavioral health")
    with context.system("test"):
        TeamAssignment.objects.create(plan=plan, team=other, member=member_user.member)
    assert "Choose who to send this to" in teamless.get(INBOX).text
    page = teamless.get(COMPOSE)
    assert "Your draft was for Primary care." in page.text
    assert "I feel dizzy." in page.text
    # The one team that is left is not chosen for them.
    assert " checked" not in page.text
    form: dict[str, Any] = words(member_user, subject="Dizzy")
    assert "Choose who to send this to." in teamless.post(COMPOSE, form).text
    teamless.post(COMPOSE, saving(member_user, subject="Dizzier", team=str(team.pk)))
    [draft] = drafts(member_user)
    assert (draft.subject, draft.team) == ("Dizzier", team)
    assert teamless.post(COMPOSE, {**form, "team": str(other.pk)}).status_code == 302
    assert drafts(member_user) == []


@pytest.mark.promise("AH3")
def test_without_a_team_the_page_says_whom_to_call(
    teamless: Client, plan: Plan, member_user: User
) -> None:
    page = teamless.get(COMPOSE).text
    assert "You have no care team now" in page
    assert f"Call us at {plan.phone}" in page
    assert "you get an answer by" not in page
    assert '<button class="btn btn-big' not in page
    for path in ("home", "messaging:inbox", "messaging:safety"):
        told = teamless.get(reverse(path)).text
        assert f"You have no care team now. Call us at {plan.phone}" in told
        assert "answers within" not in told
        assert "answers by" not in told
    sent = teamless.post(COMPOSE, words(member_user, subject="Dizzy"))
    assert sent.status_code == 422
    teamless.post(COMPOSE, saving(member_user, subject="Dizzier"))
    assert [draft.subject for draft in drafts(member_user)] == ["Dizzier"]


def test_a_team_that_was_never_theirs_is_not_kept(
    writer: Client, member_user: User, other_team: CareTeam
) -> None:
    writer.post(COMPOSE, saving(member_user, team=str(other_team.pk)))
    assert [draft.team for draft in drafts(member_user)] == [None]


# After signing in again


def test_the_conversation_leads_back_to_the_draft_after_the_safety_note(
    writer: Client, member_user: User, thread: Thread, reply_url: str
) -> None:
    writer.post(reply_url, saving(member_user, body="Still dizzy."))
    again = factories.signed_in(member_user)
    detail = reverse("messaging:thread-detail", args=[thread.pk])
    page = again.get(detail)
    assert "Go on with your draft" in page.text
    note = again.post(page.context["safety_url"], {"next": f"{detail}#reply"})
    assert note.url == f"{detail}#reply"
    assert "Still dizzy." in again.get(detail).text
