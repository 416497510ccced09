"""The way in: a plan's own User ID, a second step, and what the gate asks of each session."""

import base64
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import devices
from accounts.devices import PrintedCode, TotpDevice
from accounts.models import User
from portal.base import context, once
from portal.base.audit.models import Event
from portal.base.outbox import sender
from tests.factories import PASSWORD

NO_MATCH = "That User ID and password do not match. Try again, or reset your password."
WRONG_CODE = "That code is not right, or is too old. Get a new code."


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


def code_of(device: TotpDevice, *, steps: int = 0) -> str:
    """Not in a step's last seconds: a code that is read a step late moves the device's clock."""
    left = devices.STEP - time.time() % devices.STEP
    if left < 3:
        time.sleep(left)
    totp = TOTP(base64.b32decode(device.secret))
    totp.time = time.time() + devices.STEP * steps
    return f"{totp.token():06d}"


def wrong_code(device: TotpDevice) -> str:
    right = {code_of(device, steps=step) for step in range(-2, 3)}
    return next(
        code for code in ("000000", "111111", *map(str, range(222222, 222230))) if code not in right
    )


def give_password(browser: Client, user_id: str = "ana.diaz", password: str = PASSWORD) -> Any:
    return browser.post(reverse("account_login"), {"login": user_id, "password": password})


def give_code(browser: Client, code: str) -> Any:
    return browser.post(reverse("second_step"), {"code": code})


def lines(plan: Any) -> list[tuple[str, str]]:
    with context.system("test", plan.pk):
        found = Event.objects.order_by("at", "id").values_list("action", "outcome")
        return [line for line in found if line[0].startswith(("signin", "signout"))]


def signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def pass_both(browser: Client, device: TotpDevice) -> None:
    give_password(browser)
    give_code(browser, code_of(device))


def test_password_and_code_sign_in(browser: Client, plan: Any, device: TotpDevice) -> None:
    assert give_password(browser).url == reverse("second_step")
    assert not signed_in(browser)
    assert "autocomplete" in browser.get(reverse("second_step")).content.decode()
    assert give_code(browser, code_of(device)).url == reverse("home")
    assert browser.session["otp_device_id"] == device.persistent_id
    assert lines(plan) == [("signin.password", "permitted"), ("signin.second_step", "permitted")]


def test_the_session_key_changes_when_signed_in(browser: Client, device: TotpDevice) -> None:
    give_password(browser)
    before = browser.session.session_key
    give_code(browser, code_of(device))
    assert browser.session.session_key != before


def test_user_id_is_found_in_any_case_and_with_spaces(browser: Client, device: TotpDevice) -> None:
    assert give_password(browser, " Ana.Diaz ").url == reverse("second_step")


@pytest.mark.parametrize("user_id", ["ana.diaz", "nobody.here", "cedar:ana.diaz"])
def test_known_and_unknown_user_ids_get_the_same_answer(
    browser: Client, plan: Any, device: TotpDevice, user_id: str
) -> None:
    response = give_password(browser, user_id, "not the password")
    assert response.status_code == 200
    assert NO_MATCH in response.content.decode()
    assert lines(plan) == [("signin.password", "refused")]


@pytest.mark.parametrize("user_id", ["ana.diaz", "nobody.here"])
def test_known_and_unknown_user_ids_cost_one_hashing(
    browser: Client, device: TotpDevice, user_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    made: list[str] = []
    hasher = Argon2PasswordHasher
    encode, check = hasher.encode, hasher.verify
    monkeypatch.setattr(hasher, "encode", lambda *a, **k: made.append("e") or encode(*a, **k))
    monkeypatch.setattr(hasher, "verify", lambda *a, **k: made.append("v") or check(*a, **k))
    give_password(browser, user_id, "not the password")
    assert len(made) == 1


def test_a_person_of_another_plan_is_unknown_here(browser: Client, other_plan: Any) -> None:
    from tests import factories

    factories.member_user(other_plan, "zoe.bell", "Zoe", "Bell")
    assert NO_MATCH in give_password(browser, "zoe.bell").content.decode()


def test_a_closed_account_gets_the_same_answer(browser: Client, device: TotpDevice) -> None:
    User.objects.filter(pk=device.user_id).update(is_active=False)
    assert NO_MATCH in give_password(browser).content.decode()


def test_closing_an_account_ends_its_sessions(browser: Client, device: TotpDevice) -> None:
    pass_both(browser, device)
    User.objects.filter(pk=device.user_id).update(is_active=False)
    assert browser.get(reverse("printed_codes")).url.startswith(reverse("account_login"))


def test_many_wrong_passwords_are_stopped(browser: Client, device: TotpDevice) -> None:
    for _try in range(5):
        give_password(browser, password="not the password")
    assert "Too many tries" in give_password(browser).content.decode()


def test_half_signed_in_opens_nothing(browser: Client, device: TotpDevice) -> None:
    give_password(browser)
    for name in ("printed_codes", "enrol"):
        assert browser.get(reverse(name)).url.startswith(reverse("account_login"))


def test_a_wrong_code_is_refused_and_noted(browser: Client, plan: Any, device: TotpDevice) -> None:
    give_password(browser)
    response = give_code(browser, wrong_code(device))
    assert WRONG_CODE in response.content.decode()
    assert lines(plan)[-1] == ("signin.second_step", "refused")
    assert not signed_in(browser)


@pytest.mark.parametrize(("wait", "told"), [(1, "Wait 1 second,"), (4, "Wait 4 seconds,")])
def test_a_right_code_that_comes_too_soon_is_not_called_wrong(
    browser: Client, device: TotpDevice, monkeypatch: pytest.MonkeyPatch, wait: int, told: str
) -> None:
    give_password(browser)
    assert WRONG_CODE in give_code(browser, wrong_code(device)).text
    # Held for longer than any test takes, and told as what it is at most.
    later = timezone.now() + timedelta(minutes=1)
    TotpDevice.objects.filter(pk=device.pk).update(throttling_failure_timestamp=later)
    monkeypatch.setattr(devices, "seconds_to_wait", lambda *_given: wait)
    page = give_code(browser, code_of(device)).text
    assert f"{told} then try it again: it may be right." in page
    assert WRONG_CODE not in page
    assert not signed_in(browser)


def test_wrong_codes_slow_the_next_one(browser: Client, device: TotpDevice) -> None:
    give_password(browser)
    # After 6 wrong codes in a row the 7th try waits for 32 seconds.
    TotpDevice.objects.filter(pk=device.pk).update(throttling_failure_count=5)
    give_code(browser, wrong_code(device))
    page = give_code(browser, code_of(device)).content.decode()
    assert "Too many wrong codes. Wait 1 minute, then try a new code. Or call us: 1-800" in page


def test_a_code_works_once(browser: Client, plan: Any, device: TotpDevice) -> None:
    code = code_of(device)
    give_password(browser)
    assert give_code(browser, f"{code[:3]} {code[3:]}").status_code == 302
    again = Client(headers={"host": plan.host})
    give_password(again)
    assert WRONG_CODE in give_code(again, code).content.decode()


def test_a_printed_code_signs_in_once(
    browser: Client, plan: Any, member_user: User, device: TotpDevice
) -> None:
    code = devices.print_codes(member_user)[0]
    give_password(browser)
    assert give_code(browser, code.upper().replace("-", " ")).status_code == 302
    again = Client(headers={"host": plan.host})
    give_password(again)
    assert WRONG_CODE in give_code(again, code).content.decode()


def test_printed_codes_are_not_kept_in_the_clear(member_user: User) -> None:
    codes = [devices.tidy_code(code) for code in devices.print_codes(member_user)]
    marks = [bytes(code.mark) for code in PrintedCode.objects.all()]
    assert len(set(codes)) == len(marks) == 10
    assert not any(code.encode() in mark for code in codes for mark in marks)


def test_the_apps_secret_is_sealed(device: TotpDevice) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_totpdevice WHERE id = %s", [device.pk])
        assert device.secret not in cursor.fetchone()[0]


def test_without_a_second_factor_only_setting_one_up_is_open(
    browser: Client, member_user: User
) -> None:
    give_password(browser)
    assert signed_in(browser)
    for name in ("home", "printed_codes"):
        assert browser.get(reverse(name)).url == reverse("enrol")
    assert browser.get(reverse("account_logout")).status_code == 200


def test_setting_up_an_app_shows_codes_once(browser: Client, plan: Any, member_user: User) -> None:
    give_password(browser)
    page = browser.get(reverse("enrol")).content.decode()
    device = member_user.totp_devices.get()
    assert "<svg" in page
    assert device.typed_secret() in page
    assert not re.search(r"<(svg|path)[^>]*\sstyle=", page)
    key = browser.session.session_key
    shown = browser.post(reverse("enrol"), {"code": code_of(device)}).content.decode()
    assert len(re.findall(r"<li>[2-9a-z]{5}-[2-9a-z]{5}</li>", shown)) == 10
    assert browser.session.session_key != key
    assert ("signin.enrolled", "permitted") in lines(plan)
    assert browser.get(reverse("enrol")).url == reverse("home")


def test_setting_up_with_a_wrong_code_turns_nothing_on(
    browser: Client, plan: Any, member_user: User
) -> None:
    give_password(browser)
    response = browser.post(reverse("enrol"), {"code": "12"})
    assert WRONG_CODE in response.content.decode()
    assert not member_user.has_usable_second_factor()
    assert lines(plan)[-1] == ("signin.enrolled", "refused")


def test_new_printed_codes_end_the_old_ones(
    browser: Client, member_user: User, device: TotpDevice
) -> None:
    old = devices.print_codes(member_user)
    pass_both(browser, device)
    assert PrintedCode.objects.count() == 10
    form = {"send_key": once.new_key(member_user.pk)}
    shown = browser.post(reverse("printed_codes"), form).content.decode()
    assert old[1] not in shown
    assert len(re.findall(r"<li>[2-9a-z]{5}-[2-9a-z]{5}</li>", shown)) == 10
    # Sent again, by hand or by the browser: the codes that were shown go on working.
    assert browser.post(reverse("printed_codes"), form).url == reverse("account")
    (code, *_rest) = re.findall(r"<li>([2-9a-z]{5}-[2-9a-z]{5})</li>", shown)
    assert devices.verify(member_user, code)
    assert devices.verify(member_user, old[1]) is None


def test_a_session_without_its_second_step_is_ended(
    browser: Client, plan: Any, device: TotpDevice
) -> None:
    pass_both(browser, device)
    session = browser.session
    del session["otp_device_id"]
    session.save()
    assert browser.get(reverse("home")).url == reverse("account_login")
    assert not signed_in(browser)
    assert lines(plan)[-1] == ("signout", "permitted")


# A time ahead of ours is no proof of a young session.
@pytest.mark.parametrize("age", [settings.SESSION_TOTAL_SECONDS + 1, -3600])
def test_a_session_ends_after_12_hours(browser: Client, device: TotpDevice, age: int) -> None:
    pass_both(browser, device)
    session = browser.session
    session["signed_in_at"] = time.time() - age
    session.save()
    assert browser.get(reverse("home")).url == reverse("account_login") + "?timed_out=1"
    assert not signed_in(browser)


def test_a_session_carried_to_another_plan_is_ended(
    browser: Client, other_plan: Any, device: TotpDevice
) -> None:
    pass_both(browser, device)
    carried = browser.get(reverse("home"), headers={"host": other_plan.host})
    assert carried.url == reverse("account_login")
    assert not signed_in(browser)


def test_half_a_sign_in_carried_to_another_plan_is_refused(
    browser: Client, other_plan: Any, device: TotpDevice
) -> None:
    give_password(browser)
    carried = browser.post(
        reverse("second_step"), {"code": code_of(device)}, headers={"host": other_plan.host}
    )
    assert carried.status_code == 403
    assert not signed_in(browser)


def test_signing_out_is_noted_and_ends_the_session(
    browser: Client, plan: Any, device: TotpDevice
) -> None:
    pass_both(browser, device)
    old = browser.session.session_key
    assert browser.post(reverse("account_logout")).url == reverse("signed-out")
    assert lines(plan)[-1] == ("signout", "permitted")
    browser.cookies[settings.SESSION_COOKIE_NAME] = old
    assert browser.get(reverse("account")).url.startswith(reverse("account_login"))


def test_sign_in_leads_to_no_other_host(browser: Client, other_plan: Any, device: Any) -> None:
    where = f"{reverse('account_login')}?next=http://{other_plan.host}/"
    browser.post(where, {"login": "ana.diaz", "password": PASSWORD})
    assert give_code(browser, code_of(device)).url == reverse("home")


def test_each_empty_field_says_what_it_needs(browser: Client) -> None:
    page = browser.post(reverse("account_login"), {}).text
    for said in ("Enter your User ID.", "Enter your password."):
        assert page.count(said) == 2  # in the summary, and at the field
    assert "This field is required." not in page


def test_another_person_can_start_again_at_the_second_step(
    browser: Client, device: TotpDevice
) -> None:
    give_password(browser)
    assert reverse("start-again") in browser.get(reverse("second_step")).text
    assert browser.get(reverse("start-again")).status_code == 405
    assert browser.post(reverse("start-again")).url == reverse("account_login")
    assert browser.get(reverse("account_login")).status_code == 200
    give_code(browser, code_of(device))
    assert not signed_in(browser)


def test_starting_again_does_not_end_a_whole_sign_in(browser: Client, device: TotpDevice) -> None:
    pass_both(browser, device)
    browser.post(reverse("start-again"))
    assert signed_in(browser)


def test_keep_alive_takes_a_post(browser: Client, device: TotpDevice) -> None:
    pass_both(browser, device)
    assert browser.post(reverse("keep-alive")).status_code == 204
    assert browser.get(reverse("keep-alive")).url == reverse("home")


def sent(pattern: str = "") -> Any:
    """The newest mail once the outbox is swept; with a pattern, what of it fits."""
    sender.sweep()
    body = str(mail.outbox[-1].body)
    return re.search(pattern, body) if pattern else body


LINK = r"https?://[^/\s]+(\S+)"


def ask_for_reset(browser: Client, email: str) -> Any:
    return browser.post(reverse("account_reset_password"), {"email": email})


def test_a_reset_changes_the_password_and_keeps_the_second_step(
    browser: Client, plan: Any, device: TotpDevice
) -> None:
    ask_for_reset(browser, "ana.diaz@mail.example")
    link = sent(LINK)[1]
    form = browser.get(link).url
    new = "a longer pass phrase 9"
    done = browser.post(form, {"password1": new, "password2": new})
    assert done.url == reverse("account_reset_password_from_key_done")
    assert not signed_in(browser)
    assert "was changed" in sent()
    assert give_password(browser, password=new).url == reverse("second_step")
    assert ("signin.password_changed", "permitted") in lines(plan)
    assert "no longer works" in browser.get(link).content.decode()


def test_a_reset_answers_alike_and_writes_only_to_people_of_the_plan(
    browser: Client, other_plan_member: User
) -> None:
    for email in (other_plan_member.email, "nobody@mail.example"):
        assert ask_for_reset(browser, email).url == reverse("account_reset_password_done")
    assert sender.sweep() == 0
    assert mail.outbox == []


def test_a_reset_link_of_another_plan_is_not_found(
    browser: Client, other_plan: Any, member_user: User
) -> None:
    ask_for_reset(browser, member_user.email)
    assert browser.get(sent(LINK)[1], headers={"host": other_plan.host}).status_code == 404


@pytest.mark.parametrize("path", ["/signup/", "/sign-up/", "/email/", "/login/code/"])
def test_nobody_signs_up_here(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 404
