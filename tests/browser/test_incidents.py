"""A member reports a problem; the officer reads of it by mail, takes it and closes it."""

import pytest

from accounts.models import Plan
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, Visitor, browser, visitor

WORDS = "My neighbor told me about my visit of Monday."


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_is_taken_and_closed(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    origin, ana, officer = site.origin(cedar.host), people["ana.diaz"], people["victor.lang"]
    with browser(chromium) as running:
        member = visitor(running, origin, width)
        ana.sign_in(member)
        reports(member)
        letter = site.mailbox.wait()
        assert "A report waits in the privacy office" in letter["Subject"]
        assert WORDS not in letter.get_content()

        office = visitor(running, origin, width)
        officer.sign_in(office)
        takes_and_closes(office, ana.name)

        member.page.reload()
        assert "closed your report" in member.text()
        stops_someone_else(member)


def reports(at: Visitor) -> None:
    at.press("Privacy", "link")
    at.press("Report a privacy problem", "link")
    at.check("incident-new")
    at.press("Send this report")
    assert "Choose what happened." in at.text()
    at.check("incident-new-errors")
    at.page.get_by_label("Someone saw information that they should not see").check()
    at.fill("Tell us more", WORDS)
    at.press("Send this report")
    assert "Your report is sent" in at.text()
    at.check("incident-sent")


def takes_and_closes(at: Visitor, name: str) -> None:
    at.go("/privacy/incidents/")
    at.check("incidents")
    at.page.locator("main tbody a").first.click()
    at.page.wait_for_load_state()
    assert WORDS in at.text()
    assert name in at.text()
    at.check("incident")
    at.press("Take this report")
    at.fill("Note", "Called her: the neighbor heard it from her cousin.")
    at.press("Save note")
    at.page.get_by_label("No privacy problem").check()
    at.press("Close this report")
    assert "This report is closed." in at.text()
    at.check("incident-closed")
    at.go("/privacy/incidents/")
    assert "No open reports" in at.text()
    at.check("incidents-empty")


def stops_someone_else(at: Visitor) -> None:
    at.go("/account/")
    at.press("This wasn't me", "link")
    at.check("not-me")
    at.press("Stop them now")
    assert "We signed you out everywhere else" in at.text()
    at.check("not-me-next")
