"""Traps that were walked into once, each shut by a test."""

import inspect
from typing import Any

import allauth
import pytest
from allauth.account.internal.decorators import login_stage_required
from allauth.account.stages import LoginStage
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import devices
from accounts.devices import PrintedCodes, TotpDevice
from accounts.models import User
from portal.base import context
from portal.base.audit.models import Event
from portal.base.outbox.models import Mail
from tests import factories
from tests.accounts.test_account import letters
from tests.accounts.test_sign_in import (
    ask_for_reset,
    code_of,
    give_code,
    give_password,
    wrong_code,
)
from tests.factories import PASSWORD
from tests.pages import still


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    cache.clear()


@pytest.fixture
def browser(plan: Any) -> Client:
    return Client(headers={"host": plan.host})


@pytest.fixture
def device(member_user: User) -> TotpDevice:
    with context.system("test"):
        return TotpDevice.objects.create(user=member_user, name="app", confirmed=True)


def test_allauths_private_parts_are_the_ones_we_know() -> None:
    """Read its changes, run these tests, then move the number."""
    assert allauth.__version__.startswith("65.21.")
    assert list(inspect.signature(login_stage_required).parameters) == ["stage", "redirect_urlname"]
    assert {"handle", "exit", "abort"} <= set(vars(LoginStage))


def test_a_user_id_is_unique_within_its_plan_alone(member_user: User, other_plan: Any) -> None:
    factories.member_user(other_plan, "ana.diaz", "Ana", "Diaz")
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.member_user(member_user.plan, "Ana.Diaz", "Other", "Person")


def test_wrong_codes_from_paper_do_not_slow_the_app(
    browser: Client, member_user: User, device: TotpDevice
) -> None:
    devices.print_codes(member_user)
    give_password(browser)
    for _try in range(3):
        give_code(browser, "wrong-paper")
    assert PrintedCodes.objects.get().throttling_failure_count > 0
    assert give_code(browser, code_of(device)).status_code == 302


@pytest.mark.parametrize("password", ["not the password", ""])
def test_the_page_is_the_same_for_known_and_unknown(
    browser: Client, device: TotpDevice, password: str, settings: Any
) -> None:
    settings.DEMO = False  # a demo lists its people
    known, unknown = (
        still(give_password(browser, name, password)).replace(name, "")
        for name in ("ana.diaz", "nobody.xx")
    )
    assert known == unknown


def test_a_reset_writes_as_much_for_nobody_as_for_somebody(member_user: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    written, bodies = [], []
    for email in (member_user.email, "nobody@mail.example"):
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            bodies.append(still(ask_for_reset(Client(headers={"host": "cedar.localhost"}), email)))
        written.append([q["sql"].split('"')[1] for q in seen if q["sql"].startswith("INSERT")])
    assert written[0] == written[1]
    assert bodies[0] == bodies[1]
    with context.system("test"):
        assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_to_no_other_site(browser: Client, device: TotpDevice, where: str) -> None:
    url = reverse("account_login")
    browser.post(f"{url}?next={where}", {"login": "ana.diaz", "password": PASSWORD, "next": where})
    assert give_code(browser, code_of(device)).url == reverse("home")


def test_sign_in_leads_on_to_a_page_of_ours(browser: Client, device: TotpDevice) -> None:
    asked = browser.get(reverse("account")).url
    browser.post(asked, {"login": "ana.diaz", "password": PASSWORD, "next": reverse("account")})
    assert give_code(browser, code_of(device)).url == reverse("account")


def test_setting_up_is_taken_up_again_where_it_was_left(
    browser: Client, plan: Any, member_user: User
) -> None:
    give_password(browser)
    first = browser.get(reverse("enrol")).text
    secret = member_user.totp_devices.get().typed_secret()
    assert secret in first
    assert secret in browser.get(reverse("enrol")).text
    # Someone else's eyes may have seen it: a new sign-in begins with a new secret.
    again = Client(headers={"host": plan.host})
    give_password(again)
    assert secret not in again.get(reverse("enrol")).text
    assert again.get(reverse("account")).url == reverse("enrol")


def test_going_back_to_printed_codes_shows_none(browser: Client, member_user: User) -> None:
    give_password(browser)
    browser.get(reverse("enrol"))
    shown = browser.post(reverse("enrol"), {"code": code_of(member_user.totp_devices.get())})
    assert "no-store" in shown["Cache-Control"]
    assert shown.text.count("<li>") >= 10
    # Another language or color would be another page, without them.
    assert reverse("set_language") not in shown.text
    assert reverse("look") not in shown.text
    assert reverse("set_language") in browser.get(reverse("home"), follow=True).text
    again = browser.post(reverse("enrol"), {"code": "123456"})
    assert again.url == reverse("home")


def reset_second_step(**more: str) -> None:
    call_command("reset_second_step", **{"plan": "cedar", "user": "ana.diaz", "by": "olga", **more})


@pytest.fixture
def operator(plan: Any) -> User:
    return factories.staff_user(plan, "olga", "Olga Reyes", "operator")


def test_a_lost_second_step_is_taken_away_and_set_up_anew(
    browser: Client, plan: Any, operator: User, member_user: User, device: TotpDevice
) -> None:
    code = devices.print_codes(member_user)[0]
    give_password(browser)
    give_code(browser, code_of(device))
    reset_second_step()
    assert browser.get(reverse("account")).url.startswith(reverse("account_login"))
    assert devices.verify(member_user, code) is None
    assert letters() == [
        ("ana.diaz@mail.example", "Your second step was changed at Cedar Health Plan")
    ]
    fresh = Client(headers={"host": plan.host})
    give_password(fresh)
    assert fresh.get(reverse("home")).url == reverse("enrol")
    with context.system("test", plan.pk):
        line = Event.objects.get(action="signin.second_step_reset")
    assert (line.object_id, line.actor_id) == (member_user.pk, operator.pk)
    assert line.client == "command:reset_second_step"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"plan": "none"}, "no plan"),
        ({"user": "nobody"}, "no open account"),
        ({"by": "ana.diaz"}, "not staff"),
        ({"by": "nobody"}, "no open account"),
    ],
)
def test_only_staff_of_the_plan_take_a_second_step_away(
    operator: User, device: TotpDevice, more: dict[str, str], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        reset_second_step(**more)
    assert TotpDevice.objects.filter(confirmed=True).exists()


def test_a_wrong_code_ends_nothing(browser: Client, device: TotpDevice) -> None:
    give_password(browser)
    give_code(browser, wrong_code(device))
    TotpDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert give_code(browser, code_of(device)).url == reverse("home")


@pytest.mark.parametrize("header", [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "x/json"}])
def test_no_header_makes_an_answer_repeat_a_password(plan: Any, header: dict[str, str]) -> None:
    typed = {"login": "ana.diaz", "password": "typed in here 1"}
    browser = Client(headers={"host": plan.host, **header})
    answer = browser.post(reverse("account_login"), typed)
    assert answer["Content-Type"].startswith("text/html")
    assert typed["password"] not in answer.text
