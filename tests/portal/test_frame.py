"""What stands round every page, also when nothing else does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Plan, User
from portal.help_lines import HELP_LINES
from tests import factories

ClientFor = Callable[[User], Client]


@pytest.fixture
def browser(plan: Plan) -> Client:
    return Client(headers={"host": plan.host})


def broken(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("no connection")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "We are closed for a short time"), ("es", "tel:988")]
)
def test_crisis_lines_show_without_a_database(
    browser: Client, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setattr("portal.middleware.transaction.atomic", broken)
    page = browser.get("/sign-in/", headers={"accept-language": language})
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert f'<html lang="{language}"' in page.text
    for line in ('href="tel:988"', 'href="sms:988"', 'href="tel:911"', said):
        assert line in page.text


def test_a_fault_still_shows_whose_portal_it_is(
    browser: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.raise_request_exception = False

    def fails(*args: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr("portal.views.TemplateResponse", fails)
    page = browser.get("/cookies/")
    assert page.status_code == 500
    assert plan.phone in page.text
    assert 'href="tel:988"' in page.text


def test_an_unknown_host_is_told_in_the_readers_language(db: None) -> None:
    for language in ("en", "es"):
        page = Client(headers={"host": "elsewhere.localhost"}).get(
            "/", headers={"accept-language": language}
        )
        assert page.status_code == 404
        assert f'<html lang="{language}"' in page.text
        assert 'href="tel:988"' in page.text


def test_colors_stay_with_the_device_and_with_the_person(
    client_for: ClientFor, member_user: User, browser: Client
) -> None:
    stays = browser.post("/look/", {"look": "dark", "next": "/cookies/"})
    assert stays.url == "/cookies/"
    assert 'data-theme="dark"' in browser.get("/cookies/").text
    client_for(member_user).post("/look/", {"look": "light"})
    assert 'data-theme="light"' in factories.signed_in(member_user).get("/").text
    client_for(member_user).post("/look/", {"look": ""})
    assert "data-theme" not in factories.signed_in(member_user).get("/").text


@pytest.mark.parametrize("path", ["/look/", "/language/"])
def test_a_switch_never_leads_elsewhere(browser: Client, path: str) -> None:
    sent = {"look": "dark", "language": "es", "next": "https://elsewhere.example/"}
    assert browser.post(path, sent).url == "/"


def test_what_is_no_look_is_refused(browser: Client) -> None:
    assert browser.post("/look/", {"look": "<b>"}).status_code == 400


def test_a_form_sent_with_faults_keeps_its_page_for_the_switches(browser: Client) -> None:
    page = browser.post(
        "/password/reset/",
        {"email": "no"},
        headers={"referer": f"http://{browser.defaults['HTTP_HOST']}/password/reset/"},
    )
    assert 'name="next" value="/password/reset/"' in page.text


def test_free_help_is_said_in_15_languages(browser: Client, plan: Plan) -> None:
    page = browser.get("/free-help/").text
    told = re.findall(r'<li id="(\w+)" lang="(\w+)"', page)
    assert len(set(told)) == len(told) == 15
    assert all(code == lang for code, lang in told)
    assert 'lang="ar" dir="rtl"' in page
    for line in HELP_LINES:
        assert line.before.strip() in page
    # Once in the head, once in each line, once in the footer.
    assert page.count(f'href="tel:{plan.phone}"') == 17


def test_global_privacy_control_is_declared(browser: Client) -> None:
    assert browser.get("/.well-known/gpc.json").json()["gpc"] is True


def test_the_page_after_a_session_leads_back_but_not_elsewhere(
    browser: Client, client_for: ClientFor, member_user: User
) -> None:
    back = browser.get("/signed-out/?timed_out=1&next=/records/").text
    assert 'href="/sign-in/?next=%2Frecords%2F"' in back
    elsewhere = browser.get("/signed-out/?next=https://elsewhere.example/").text
    assert 'href="/sign-in/"' in elsewhere
    assert client_for(member_user).get("/signed-out/").url == "/"


def test_a_page_knows_how_long_its_session_may_last(
    client_for: ClientFor, member_user: User
) -> None:
    member = client_for(member_user)
    session = member.session
    session["signed_in_at"] -= 12 * 60 * 60 - 100
    session.save()
    left = re.search(r'data-idle="900" data-total="(\d+)"', member.get("/").text)
    assert left
    assert 90 <= int(left[1]) <= 100


def test_a_form_for_an_unknown_host_gets_a_page(browser: Client) -> None:
    answer = browser.post("/sign-in/", {"login": "a"}, headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "elsewhere.example" not in answer.text


@pytest.mark.parametrize("where", ["-1", "no.such.route", "records:home", "accounts"])
def test_a_word_is_no_page_to_lead_on_to(browser: Client, where: str) -> None:
    """`redirect` would look for a route of that name."""
    assert browser.post("/look/", {"look": "dark", "next": where}).url == "/"
