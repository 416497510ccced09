"""A person's own account: each change asks for a fresh code, ends what it should, and is told."""

import re
import time
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import access, actions, devices
from accounts.devices import TotpDevice
from accounts.models import EmailChange, SignIn, User
from portal.base import context
from portal.base.outbox import sender
from tests import factories
from tests.accounts.test_sign_in import code_of, give_code, give_password, lines, wrong_code
from tests.factories import PASSWORD

NEW = "a longer pass phrase 9"
DELICATE = ("account-password", "account-email", "account-app", "printed_codes")


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    cache.clear()


@pytest.fixture
def device(member_user: User) -> TotpDevice:
    with context.system("test"):
        return TotpDevice.objects.create(user=member_user, name="app", confirmed=True)


@pytest.fixture
def browser(plan: Any, device: TotpDevice) -> Client:
    return sign_in(plan, device)


def sign_in(plan: Any, device: TotpDevice, *, steps: int = 0) -> Client:
    browser = Client(headers={"host": plan.host})
    give_password(browser)
    assert give_code(browser, code_of(device, steps=steps)).status_code == 302
    return browser


def grow_old(browser: Client) -> None:
    """As if the last code had been typed eleven minutes ago."""
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 11 * 60
    session.modified = True
    session.save()


def letters() -> list[tuple[str, str]]:
    """To whom and what about, of all that is due."""
    mail.outbox.clear()
    sender.sweep()
    return sorted((letter.to[0], str(letter.subject)) for letter in mail.outbox)


@pytest.mark.parametrize("name", DELICATE)
def test_a_code_of_ten_minutes_ago_is_asked_for_again(browser: Client, name: str) -> None:
    assert browser.get(reverse(name)).status_code == 200
    grow_old(browser)
    for answer in (browser.get(reverse(name)), browser.post(reverse(name))):
        assert answer.url == f"{reverse('confirm')}?next={reverse(name).replace('/', '%2F')}"


def test_a_password_alone_is_no_fresh_code(member_user: User) -> None:
    client = factories.signed_in(member_user)
    assert client.get(reverse("account-app")).url.startswith(reverse("confirm"))


def test_confirming_leads_back_to_where_one_was_going(
    browser: Client, device: TotpDevice, plan: Any
) -> None:
    grow_old(browser)
    asked = browser.get(reverse("account-email")).url
    before = browser.session.session_key
    assert browser.get(asked).status_code == 200
    wrong = browser.post(asked, {"code": wrong_code(device)})
    assert "That code is not right" in wrong.text
    TotpDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert browser.post(asked, {"code": code_of(device, steps=1)}).url == reverse("account-email")
    assert browser.get(reverse("account-email")).status_code == 200
    assert browser.session.session_key != before
    old = Client(headers={"host": plan.host})
    old.cookies["__Host-session"] = before
    assert old.get(reverse("account")).url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "javascript:1", "/\\e"]
)
def test_confirming_leads_to_no_other_site(browser: Client, device: TotpDevice, where: str) -> None:
    code = code_of(device, steps=1)
    answer = browser.post(reverse("confirm"), {"code": code, "next": where})
    assert answer.url == reverse("account")


def test_a_new_password_ends_other_sessions_and_is_told(
    browser: Client, plan: Any, device: TotpDevice
) -> None:
    other = sign_in(plan, device, steps=1)
    assert len(access.open_sign_ins(device.user)) == 2
    form = {"current": PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.post(reverse("account-password"), form).url == reverse("account")
    assert browser.get(reverse("account")).status_code == 200
    assert other.get(reverse("account")).url.startswith(reverse("account_login"))
    assert len(access.open_sign_ins(device.user)) == 1
    assert ("ana.diaz@mail.example", "Your password was changed at Cedar Health Plan") in letters()
    assert ("signin.password_changed", "permitted") in lines(plan)


@pytest.mark.parametrize(
    ("current", "first", "again", "told"),
    [
        ("wrong", NEW, NEW, "That is not your password of today."),
        (PASSWORD, "short", "short", "Use 12 letters or more."),
        (PASSWORD, "x" * 10_000, "x" * 10_000, "Use 256 letters or fewer."),
        (PASSWORD, NEW, "another pass phrase", "You must type the same password each time."),
        ("", "", "", "Type the new password."),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    browser: Client, current: str, first: str, again: str, told: str
) -> None:
    form = {"current": current, "password1": first, "password2": again}
    assert told in browser.post(reverse("account-password"), form).text
    assert User.objects.get().check_password(PASSWORD)


def ask_for_email(browser: Client, address: str = "new@mail.example") -> str:
    assert browser.post(reverse("account-email"), {"email": address}).url
    mail.outbox.clear()
    sender.sweep()
    (letter,) = [one for one in mail.outbox if one.to == [address]]
    found = re.search(r"^\d{8}$", str(letter.body), re.M)
    assert found
    return found.group()


def test_an_email_counts_once_its_code_comes_back(browser: Client, plan: Any) -> None:
    code = ask_for_email(browser)
    assert User.objects.get().email == "ana.diaz@mail.example"
    where = reverse("account-email-code")
    assert "new@mail.example" in browser.get(where).text
    assert browser.post(where, {"code": f"{code[:4]} {code[4:]}"}).url == reverse("account")
    assert User.objects.get().email == "new@mail.example"
    subject = "Your email was changed at Cedar Health Plan"
    assert letters() == [("ana.diaz@mail.example", subject), ("new@mail.example", subject)]
    assert browser.post(where, {"code": code}).url == reverse("account-email")


def test_five_wrong_codes_end_the_change(browser: Client, plan: Any) -> None:
    code = ask_for_email(browser)
    where = reverse("account-email-code")
    wrong = "00000000" if code != "00000000" else "11111111"
    for _try in range(5):
        assert "not the code in our email" in browser.post(where, {"code": wrong}).text
    assert browser.post(where, {"code": code}).url == reverse("account-email")
    assert User.objects.get().email == "ana.diaz@mail.example"
    assert ("signin.email_changed", "refused") in lines(plan)


def test_a_code_for_an_email_is_too_old_after_half_an_hour(browser: Client) -> None:
    code = ask_for_email(browser)
    EmailChange.objects.update(asked_at=EmailChange.objects.get().asked_at - access.CODE_WAITS)
    assert browser.post(reverse("account-email-code"), {"code": code}).status_code == 302
    assert User.objects.get().email == "ana.diaz@mail.example"


def test_addresses_that_were_asked_for_are_sealed(browser: Client) -> None:
    from django.db import connection

    code = ask_for_email(browser)
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM accounts_emailchange c")
        stored = cursor.fetchone()[0]
    assert "mail.example" not in stored
    assert code not in stored


def test_the_old_app_works_until_the_new_one_does(
    browser: Client, member_user: User, device: TotpDevice
) -> None:
    assert "<svg" in browser.get(reverse("account-app")).text
    pending = member_user.totp_devices.get(confirmed=False)
    assert devices.verify(member_user, code_of(device, steps=1))
    wrong = browser.post(reverse("account-app"), {"code": wrong_code(pending)})
    assert "That code is not right" in wrong.text
    # No waiting after it, as there is at sign-in: the secret is on the page.
    answer = browser.post(reverse("account-app"), {"code": code_of(pending)})
    assert answer.url == reverse("account")
    assert list(member_user.totp_devices.all()) == [pending]
    assert browser.get(reverse("account")).status_code == 200
    assert (
        "ana.diaz@mail.example",
        "Your second step was changed at Cedar Health Plan",
    ) in letters()


def test_one_session_can_end_another(browser: Client, plan: Any, device: TotpDevice) -> None:
    other = sign_in(plan, device, steps=1)
    line = SignIn.objects.get(pk=other.session[actions.SIGN_IN_KEY])
    assert str(line.pk) in browser.get(reverse("account")).text
    browser.post(reverse("account-sessions-end"), {"sign_in": str(line.pk)})
    assert other.get(reverse("account")).url == reverse("account_login") + "?timed_out=1"
    assert browser.get(reverse("account")).status_code == 200


def test_all_other_sessions_end_at_once(
    browser: Client, plan: Any, device: TotpDevice, stranger: User
) -> None:
    other, theirs = sign_in(plan, device, steps=1), factories.signed_in(stranger)
    browser.post(reverse("account-sessions-end"))
    assert other.get(reverse("account")).status_code == 302
    assert theirs.get(reverse("account")).status_code == 200
    assert browser.get(reverse("account")).status_code == 200


def test_nobody_ends_someone_elses_session(browser: Client, stranger: User) -> None:
    theirs = factories.signed_in(stranger)
    line = theirs.session[actions.SIGN_IN_KEY]
    for wish in (line, "no-id"):
        browser.post(reverse("account-sessions-end"), {"sign_in": wish})
    assert theirs.get(reverse("account")).status_code == 200


def test_a_new_browser_is_told_of_and_the_first_is_not(
    browser: Client, plan: Any, device: TotpDevice
) -> None:
    assert letters() == []
    phone = Client(headers={"host": plan.host, "user-agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
    give_password(phone)
    give_code(phone, code_of(device, steps=1))
    assert letters() == [("ana.diaz@mail.example", "New sign-in at Cedar Health Plan")]
    body = str(mail.outbox[0].body)
    assert "With: Safari, iPhone" in body
    assert "This wasn't you? Call us now: 1-800-555-0142 (TTY 711)." in body
    assert "Ana" not in body


def test_the_page_tells_how_the_account_was_used(browser: Client, plan: Any) -> None:
    give_password(Client(headers={"host": plan.host}), password="not the password")
    page = browser.get(reverse("account")).text
    assert "Wrong password" in page
    assert "127.0.0.1" in page


def test_the_language_of_mail_is_ones_own(browser: Client) -> None:
    browser.post(reverse("account-language"), {"language": "es"})
    assert User.objects.get().language == "es"
    browser.post(reverse("account-language"), {"language": "xx"})
    assert User.objects.get().language == "es"


def test_sign_out_makes_the_browser_forget(browser: Client) -> None:
    answer = browser.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "no-store" in answer["Cache-Control"]


def test_a_session_without_use_ends_on_the_server(browser: Client) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    row = Session.objects.get(pk=browser.session.session_key)
    left = (row.expire_date - timezone.now()).total_seconds()
    assert 14 * 60 < left <= 15 * 60
    Session.objects.update(expire_date=timezone.now())
    assert browser.get(reverse("account")).url.startswith(reverse("account_login"))


def test_a_clock_ahead_makes_no_code_fresh(browser: Client) -> None:
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() + 3600
    session.modified = True
    session.save()
    assert browser.get(reverse("account-app")).url.startswith(reverse("confirm"))
