"""An officer finds a member's record, sees what a mark would change, puts it on and undoes it."""

import pytest

from accounts.models import Plan, User
from portal.base import context
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, Visitor, browser, visitor

WHY = "She asked us to: someone at home reads along."


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_mark_is_put_on_and_undone(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    with context.system("test", plan_id=cedar.pk):
        ana = User.objects.in_plan(cedar, "ana.diaz")
        assert ana
        assert ana.member
        number = ana.member.member_number
    with browser(chromium) as running:
        office = visitor(running, site.origin(cedar.host), width)
        people["victor.lang"].sign_in(office)
        finds(office, number)
        puts_on(office)
        undoes(office)
        in_spanish(office)


def finds(at: Visitor, number: str) -> None:
    at.press("Sensitive records", "link")
    at.check("marks-search")
    at.press("Show")
    assert "Enter the member ID." in at.text()
    at.check("marks-errors")
    at.fill("Member ID", number)
    at.press("Show")
    at.check("marks-sensitive")
    at.page.get_by_label("Show", exact=True).select_option("1")
    at.press("Show")
    at.check("marks-all")
    at.page.get_by_label("Kind of record").select_option("immunizations")
    at.press("Show")
    at.page.locator("main tbody a").first.click()
    at.page.wait_for_load_state()
    assert "None. It is shown like any other record." in at.text()
    at.check("marks-none")


def puts_on(at: Visitor) -> None:
    at.page.get_by_label("Put a mark on").check()
    at.page.get_by_label("Mark", exact=True).select_option("endangerment_hold")
    at.fill("Reason", WHY)
    at.press("See what changes")
    assert "May not see or get it any more" in at.text()
    at.check("marks-preview")
    at.press("Put the mark on")
    assert "Saved. It holds from now on." in at.text()
    assert WHY in at.text()
    at.check("marks-on")


def undoes(at: Visitor) -> None:
    at.press("Undo it")
    assert at.page.get_by_label("Take a mark off").is_checked()
    at.fill("Reason", "She moved out.")
    at.press("See what changes")
    at.check("marks-preview-off")
    at.press("Take the mark off")
    assert "None. It is shown like any other record." in at.text()
    at.check("marks-history")


def in_spanish(at: Visitor) -> None:
    at.press("Español")
    assert "Lo que dijeron los oficiales" in at.text()
    at.check("marks-history-es")
