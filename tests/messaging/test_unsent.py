"""Forms that are too old: nothing is sent, the person is told so, and their words stay theirs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import SignIn, User
from messaging.models import Draft, Message, Thread
from portal.base import context
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


def test_a_file_that_is_lost_with_a_stale_form_is_told_of(
    member_user: User, writer: Client
) -> None:
    url, lost = reverse("messaging:compose"), "The file that you chose was not kept."
    form = words(member_user, subject="Dizzy", body="Since Monday.")
    file = SimpleUploadedFile("note.txt", b"One line of words.")
    assert lost not in strict(writer).post(url, form).text
    assert lost in strict(writer).post(url, form | {"upload": file}).text


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


FORMS = {
    "messaging:thread-reply": "messaging:thread-detail",
    "messaging:thread-answer": "messaging:team-thread",
    "messaging:thread-take": "messaging:team-thread",
    "messaging:thread-close": "messaging:team-thread",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_after_the_session_leads_back_to_the_conversation(
    plan: Any, thread: Thread, member_user: User, name: str
) -> None:
    browser = Client(headers={"host": plan.host})
    url = reverse(name, args=[thread.pk])
    answer = browser.post(url, words(member_user, body="Still dizzy."), follow=True)
    address, _status = answer.redirect_chain[0]
    assert parse_qs(urlsplit(address).query) == {"not_sent": ["1"], "next": [url]}
    assert "Drafts that were saved before that are still there." in answer.text
    assert "Words that were not saved are not kept." in answer.text
    assert written(member_user) == ([], 1)


def test_a_form_of_a_session_ended_elsewhere_is_told_apart(
    thread: Thread, member_user: User, writer: Client
) -> None:
    with context.system("test"):
        SignIn.objects.filter(user=member_user).delete()
    url = reverse("messaging:thread-reply", args=[thread.pk])
    asked = parse_qs(urlsplit(writer.post(url, words(member_user)).url).query)
    assert asked == {"timed_out": ["1"], "not_sent": ["1"], "next": [url]}


@pytest.mark.parametrize("name", FORMS)
def test_the_address_of_a_form_opened_as_a_page_shows_the_conversation(
    thread: Thread,
    member_user: User,
    care_worker: User,
    client_for: Callable[[User], Client],
    name: str,
) -> None:
    client = client_for(member_user if name == "messaging:thread-reply" else care_worker)
    answer = client.get(reverse(name, args=[thread.pk]))
    assert answer.url == reverse(FORMS[name], args=[thread.pk])


def test_an_address_without_a_page_says_so_in_the_frame(writer: Client) -> None:
    answer = writer.get(reverse("look"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "There is no page here" in answer.text
    assert "Call 988" in answer.text
