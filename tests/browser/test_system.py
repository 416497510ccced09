"""An operator sees how the portal is doing, and that a test mail comes in."""

import pytest

from accounts.models import Plan
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, browser, visitor


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_test_mail_comes_in(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), width)
        people["olga.reyes"].sign_in(at)
        at.press("System", "link")
        # No beat runs here.
        assert "start beat" in at.text()
        at.check("system")
        at.press("Send a test email")
        assert site.mailbox.wait()["Subject"] == "Test email from Cedar Valley Health Plan"
        at.page.reload()
        assert "Look whether it is in your inbox" in at.text()
        at.check("system-test")
        at.press("What works now, as members see it", "link")
        assert "You can read and send messages." in at.text()
