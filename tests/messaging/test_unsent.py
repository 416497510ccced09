"""Forms that are too old: nothing is sent, the person is told so, and their words stay theirs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from messaging.models import Draft, Message, Thread
from tests import factories
from tests.messaging.conftest import acting, words

NOT_SENT, KEPT = "Nothing was sent", "Your words are kept as a draft."


def strict(client: Client) -> Client:
    """The same browser, with a form whose token is worth nothing any more."""
    client.handler.enforce_csrf_checks = True
    return client


def written(user: User) -> tuple[list[str], int]:
    with acting(user):
        drafts = Draft.objects.filter(author=user)
        return [draft.body for draft in drafts], Message.objects.filter(author=user).count()


def test_a_stale_new_message_is_kept_as_a_draft(member_user: User, writer: Client) -> None:
    url = reverse("messaging:compose")
    answer = strict(writer).post(url, words(member_user, subject="Dizzy", body="Since Monday."))
    assert answer.status_code == 403
    for said in (NOT_SENT, KEPT, f'href="{url}"', "Call 988"):
        assert said in answer.text
    assert written(member_user) == (["Since Monday."], 0)
    assert "Since Monday." in writer.get(url).text


def test_a_stale_reply_is_kept_with_its_conversation(
    thread: Thread, member_user: User, writer: Client
) -> None:
    url = reverse("messaging:thread-reply", args=[thread.pk])
    answer = strict(writer).post(url, words(member_user, body="Still dizzy."))
    assert KEPT in answer.text
    assert written(member_user) == (["Still dizzy."], 1)
    assert "Still dizzy." in writer.get(reverse("messaging:thread-detail", args=[thread.pk])).text


def test_a_stale_answer_is_kept_for_its_writer(
    thread: Thread, care_worker: User, client_for: Callable[[User], Client]
) -> None:
    url = reverse("messaging:thread-answer", args=[thread.pk])
    answer = strict(client_for(care_worker)).post(url, words(care_worker, body="Please rest."))
    assert KEPT in answer.text
    assert reverse("messaging:team-thread", args=[thread.pk]) in answer.text
    with acting(care_worker):
        assert Message.objects.filter(author=care_worker).count() == 0


@pytest.mark.parametrize("changed", [{"send_key": ""}, {"send_key": "forged"}, {"body": " "}])
def test_only_words_of_a_form_of_ours_are_kept(
    member_user: User, writer: Client, changed: dict[str, str]
) -> None:
    form = words(member_user, subject="", **changed)
    answer = strict(writer).post(reverse("messaging:compose"), form)
    assert NOT_SENT in answer.text
    assert KEPT not in answer.text
    assert written(member_user) == ([], 0)


def test_words_of_who_sat_here_before_are_not_put_among_mine(
    plan: Any, care_worker: User, member_user: User, writer: Client
) -> None:
    other = factories.member_user(plan, "jin.cho", "Jin", "Cho")
    answer = strict(writer).post(reverse("messaging:compose"), words(other, subject="Mine"))
    assert KEPT not in answer.text
    assert written(member_user) == ([], 0)


@pytest.mark.parametrize("name", ["account_login", "account_logout", "set_language"])
def test_any_other_form_says_that_nothing_happened(plan: Any, name: str) -> None:
    browser = Client(headers={"host": plan.host}, enforce_csrf_checks=True)
    answer = browser.post(reverse(name), {})
    assert answer.status_code == 403
    assert NOT_SENT in answer.text
    assert "Call 988" in answer.text
    assert "Forbidden" not in answer.text
