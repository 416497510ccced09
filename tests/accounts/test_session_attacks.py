"""Sessions that someone else planted, watched or kept; and what guessing costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from portal.base import context
from tests import factories
from tests.accounts.test_sign_in import code_of, give_code, give_password

KEY = settings.SESSION_COOKIE_NAME


@pytest.fixture
def browser(plan: Any) -> Client:
    cache.clear()
    return Client(headers={"host": plan.host})


@pytest.fixture
def device(member_user: User) -> Any:
    factories.signed_in(member_user)
    with context.system("test"):
        device = member_user.totp_devices.get()
        device.last_t = -1
        device.save(update_fields=["last_t"])
        return device


def holder_of(key: str, plan: Any) -> Client:
    """Whoever knows this key, at another browser."""
    other = Client(headers={"host": plan.host})
    other.cookies[KEY] = key
    return other


def is_in(browser: Client) -> bool:
    return bool(browser.get(reverse("account")).status_code == 200)


@pytest.mark.promise("AM8")
def test_a_planted_key_opens_nothing(browser: Client, plan: Any, device: Any) -> None:
    planted = "a" * 32
    browser.cookies[KEY] = planted
    give_password(browser)
    give_code(browser, code_of(device))
    assert is_in(browser)
    assert browser.cookies[KEY].value != planted
    assert not is_in(holder_of(planted, plan))


@pytest.mark.promise("AM8")
def test_each_step_up_leaves_the_key_before_it(browser: Client, plan: Any, device: Any) -> None:
    """An attacker's own half-done sign-in, put into the browser of someone who goes on with it."""
    keys = []
    for step in (
        lambda: browser.post(reverse("account_login"), {"login": "no.one", "password": "x" * 12}),
        lambda: give_password(browser),
        lambda: give_code(browser, code_of(device)),
    ):
        step()
        cookie = browser.cookies.get(KEY)
        keys.append(cookie.value if cookie else "")
    assert is_in(browser)
    assert [is_in(holder_of(key, plan)) for key in keys if key] == [
        key == keys[-1] for key in keys if key
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.promise("AM8")
def test_confirming_again_leaves_the_key_before_it(browser: Client, plan: Any, device: Any) -> None:
    browser = factories.signed_in(device.user)
    before = browser.cookies[KEY].value
    assert browser.post(reverse("confirm"), {"code": code_of(device)}).status_code == 302
    assert is_in(browser)
    assert browser.cookies[KEY].value != before
    assert not is_in(holder_of(before, plan))


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(name, made))
    return made


def counted(name: str, made: list[str]) -> Callable[..., Any]:
    real = getattr(Argon2PasswordHasher, name)

    def count(*args: Any, **more: Any) -> Any:
        made.append(name)
        return real(*args, **more)

    return count


@pytest.mark.promise("AM8")
def test_whoever_is_named_a_wrong_password_costs_the_same(
    plan: Any,
    device: Any,
    stranger: User,
    care_worker: User,
    other_plan_member: User,
    hashes: list[str],
) -> None:
    """Counted, since time is not the same twice: hashes made, and statements sent."""
    with context.system("test"):
        User.objects.filter(pk=stranger.pk).update(is_active=False)
        User.objects.filter(pk=other_plan_member.pk).update(username="harbor:only.there")
    costs = {}
    for user_id in ("ana.diaz", "sam.reyes", "jin.cho", "only.there", "no.one", "cedar:ana.diaz"):
        cache.clear()
        hashes.clear()
        browser = Client(headers={"host": plan.host})
        with CaptureQueriesContext(connection) as seen:
            give_password(browser, user_id, "not the password")
        costs[user_id] = (len(hashes), len(seen))
    assert len(set(costs.values())) == 1, costs
