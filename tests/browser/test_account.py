"""A new member sets up a second step and looks after the account, in a real browser."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Plan
from portal.demo import load
from tests.browser.conftest import Site
from tests.browser.visitor import WIDTHS, Visitor, browser, visitor

NEW_EMAIL = "new.address@example.test"


@pytest.fixture
def cedar(own_database: str, second_place: Path) -> Plan:
    return load.load_plan("cedar", timezone.localdate(), lambda _line: None)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_new_member_sets_up_and_looks_after_an_account(
    width: str, chromium: str, cedar: Plan, site: Site
) -> None:
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), width)
        codes = sets_up(at)
        changes_email(at, site)
        uses_another_app(at)
        at.press("Sign out")
        at.go("/sign-in/")
        signs_in_with_paper(at, codes[0])
        assert "9 codes left" in at.text()
        gets_new_codes(at, codes)


def give_password(at: Visitor) -> None:
    at.fill("User ID", load.NOT_ENROLLED["cedar"])
    at.fill("Password", settings.DEMO_PASSWORD)
    at.press("Sign in")


def demo_code(at: Visitor) -> str:
    at.page.get_by_text("show my code").click()
    return at.page.locator("details .secret").inner_text()


def sets_up(at: Visitor) -> list[str]:
    at.go("/sign-in/")
    at.page.get_by_text("who you can be").click()
    at.check("sign-in-demo")
    give_password(at)
    at.check("set-up")
    at.go("/records/")
    assert at.page.url.endswith("/sign-in/set-up/")
    at.fill("Code", demo_code(at))
    at.press("Turn on")
    at.check("printed-codes")
    codes = at.page.locator("ol.codes li").all_inner_texts()
    assert len(codes) == 10
    with at.page.expect_download() as saved:
        at.press("Save as a file")
    assert Path(saved.value.path()).read_text().split() == codes
    at.press("I have saved my codes", "link")
    assert "Hello, Aaliyah" in at.text()
    at.page.go_back()
    assert at.page.url.endswith("/account/")
    assert codes[0] not in at.page.content()
    return codes


def changes_email(at: Visitor, site: Site) -> None:
    at.go("/account/")
    at.check("account")
    at.page.get_by_role("link", name="Change your email").click()
    at.check("email")
    at.fill("New email", NEW_EMAIL)
    at.press("Send the code")
    at.check("email-code")
    site.mailbox.letters[:] = [one for one in site.mailbox.letters if one["To"] == NEW_EMAIL]
    code = re.search(r"^\d{8}\r?$", site.mailbox.wait().get_content(), re.M)
    assert code
    at.fill("Code", code.group().strip())
    at.press("Use this email")
    assert "Your email is changed." in at.text()
    assert NEW_EMAIL in at.text()


def uses_another_app(at: Visitor) -> None:
    at.press("Use another app", "link")
    at.check("app")
    at.fill("Code", "000")
    at.press("Turn on")
    at.check("app-error")
    at.fill("Code", demo_code(at))
    at.press("Turn on")
    assert "Your new app is on." in at.text()
    at.check("account-after")


def signs_in_with_paper(at: Visitor, code: str) -> None:
    give_password(at)
    at.fill("Code", code)
    at.press("Continue")
    at.go("/account/")


def gets_new_codes(at: Visitor, old: list[str]) -> None:
    at.press("Get new codes", "link")
    at.check("codes-new")
    at.press("Get new codes")
    new = at.page.locator("ol.codes li").all_inner_texts()
    assert len(new) == 10
    assert not set(new) & set(old)
