"""Strangers who guess use up their own tries, not those of the person."""

import time
from typing import Any

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import access, signin
from accounts.devices import TotpDevice
from accounts.models import KnownBrowser, User
from disclosures import tasks
from disclosures.models import Incident
from disclosures.rules import MOST_GUESSES
from portal.base import context
from tests.accounts.test_sign_in import code_of, give_code, give_password

WINDOWS = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    cache.clear()


@pytest.fixture
def device(member_user: User) -> TotpDevice:
    with context.system("test"):
        return TotpDevice.objects.create(user=member_user, name="app", confirmed=True)


def at_home(plan: Any, device: TotpDevice, *, steps: int = 0) -> Client:
    """A browser in which Ana has signed in once and left."""
    browser = Client(headers={"host": plan.host, "user-agent": WINDOWS})
    give_password(browser)
    assert give_code(browser, code_of(device, steps=steps)).status_code == 302
    browser.post(reverse("account_logout"))
    return browser


def guess(plan: Any, times: int) -> Client:
    stranger = Client(headers={"host": plan.host})
    for _try in range(times):
        give_password(stranger, password="not the password")
    return stranger


def test_a_stranger_runs_out_of_tries_and_is_told_how_long(plan: Any, device: TotpDevice) -> None:
    for user_id, place in (("ana.diaz", "203.0.113.1"), ("nobody.here", "203.0.113.2")):
        stranger = Client(headers={"host": plan.host}, REMOTE_ADDR=place)
        for _try in range(5):
            assert give_password(stranger, user_id, "not the password").status_code == 200
        stopped = give_password(stranger, user_id)
        assert stopped.status_code == 429
        assert 240 < int(stopped["Retry-After"]) <= 300
        assert (
            "Too many tries. Wait 5 minutes, then try again. Or call us: 1-800-555-0142."
            in stopped.text
        )


def test_a_known_browser_still_gets_in(plan: Any, device: TotpDevice) -> None:
    home = at_home(plan, device)
    stranger = guess(plan, 5)
    assert "Too many tries" in give_password(stranger).content.decode()
    assert give_password(home).url == reverse("second_step")


def test_a_known_browser_has_no_endless_tries(plan: Any, device: TotpDevice) -> None:
    home = at_home(plan, device)
    for _try in range(5):
        give_password(home, password="not the password")
    assert "Too many tries" in give_password(home).content.decode()


@pytest.mark.parametrize("cookie", ["", "made-up", "x" * 5000])
def test_a_forged_cookie_is_no_known_browser(plan: Any, device: TotpDevice, cookie: str) -> None:
    at_home(plan, device)
    stranger = guess(plan, 5)
    stranger.cookies[signin.BROWSER_COOKIE] = cookie
    assert "Too many tries" in give_password(stranger).content.decode()


def test_a_cookie_that_was_planted_is_not_taken_over(plan: Any, device: TotpDevice) -> None:
    """Whoever planted it would be known at Ana's browser from her next sign-in on."""
    browser = Client(headers={"host": plan.host})
    browser.cookies[signin.BROWSER_COOKIE] = "planted"
    give_password(browser)
    assert give_code(browser, code_of(device)).status_code == 302
    assert browser.cookies[signin.BROWSER_COOKIE].value != "planted"
    assert not access.knows_browser(device.user, "planted")


def test_another_persons_known_browser_is_a_strangers(
    plan: Any, device: TotpDevice, stranger: User
) -> None:
    home = at_home(plan, device)
    for _try in range(5):
        give_password(guess(plan, 0), user_id="jin.cho", password="not the password")
    assert "Too many tries" in give_password(home, "jin.cho").content.decode()


def test_right_passwords_between_do_not_reset_the_count(plan: Any, device: TotpDevice) -> None:
    stranger = guess(plan, 4)
    give_password(Client(headers={"host": plan.host}))
    give_password(stranger, password="not the password")
    assert "Too many tries" in give_password(stranger, password="again wrong").content.decode()


@pytest.mark.promise("AM19")
def test_a_replay_of_stolen_passwords_takes_no_account_and_is_told(
    plan: Any, device: TotpDevice
) -> None:
    """A list from elsewhere, in which Ana's own password stands, tried from many machines."""
    for number in range(MOST_GUESSES):
        thief = Client(headers={"host": plan.host}, REMOTE_ADDR=f"203.0.113.{number}")
        give_password(thief, user_id=f"someone.{number}", password="Stolen elsewhere 7")
    assert give_password(thief).url == reverse("second_step")
    assert thief.get(reverse("records:home")).status_code == 302
    tasks.watch_refusals()
    with context.system("test"):
        assert [one.kind for one in Incident.objects.all()] == ["guessing"]


def test_tries_are_counted_in_postgres(plan: Any, device: TotpDevice) -> None:
    guess(plan, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM base_cache")
        assert cursor.fetchone()[0] > 0


def test_the_cookie_is_kept_safe_and_not_in_the_clear(plan: Any, device: TotpDevice) -> None:
    home = at_home(plan, device)
    cookie = home.cookies[signin.BROWSER_COOKIE]
    assert cookie.key.startswith("__Host-")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    (known,) = KnownBrowser.objects.all()
    assert known.name == "Chrome, Windows"
    assert cookie.value.partition(":")[0].encode() not in bytes(known.mark)


def test_too_many_asks_for_a_reset_get_a_whole_page(plan: Any) -> None:
    browser = Client(headers={"host": plan.host})
    for _ask in range(5):
        browser.post(reverse("account_reset_password"), {"email": "a@mail.example"})
    stopped = browser.post(reverse("account_reset_password"), {"email": "a@mail.example"})
    assert stopped.status_code == 429
    assert stopped["Retry-After"] == "60"
    assert "Wait 1 minute, then try again." in stopped.text
    assert "988" in stopped.text


@pytest.mark.parametrize("action", ["login", "reset_password", "reset_password_from_key"])
def test_the_page_says_the_time_of_every_limit_that_ends_there(action: str) -> None:
    rates = ratelimit.get_rates(app="allauth.account", action=action)
    assert {rate.duration for rate in rates} == {60}


def test_an_address_that_ran_out_of_tries_is_told_its_own_wait(
    plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Client(headers={"host": plan.host})
    for number in range(10):
        give_password(stranger, f"nobody.{number}", "not the password")
    stopped = give_password(stranger, "nobody.else", "not the password")
    assert stopped.status_code == 429
    assert 50 <= int(stopped["Retry-After"]) <= 60
    assert "Too many tries. Wait 1 minute, then try again." in stopped.text
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    again = give_password(stranger, "nobody.else", "not the password")
    assert 15 <= int(again["Retry-After"]) <= 30
