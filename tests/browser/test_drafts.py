"""Words outlive the page they were typed on. Short sessions stand in for long."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Plan
from portal.base.standing import read_only
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import Visitor, browser, visitor

IDLE = 40
SAVED = "Saved to Drafts at"
pytestmark = pytest.mark.browser


@pytest.fixture
def short_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the site starts."""
    monkeypatch.setitem(os.environ, "IDLE_SECONDS", str(IDLE))


@pytest.fixture
def ana(people: dict[str, Person]) -> Person:
    return people["ana.diaz"]


@pytest.fixture
def at(
    short_sessions: None, chromium: str, cedar: Plan, ana: Person, site: Site
) -> Iterator[Visitor]:
    with browser(chromium) as running:
        found = visitor(running, site.origin(cedar.host), "desktop")
        ana.sign_in(found)
        yield found


def words(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def add(page: Page, text: str) -> None:
    words(page).press("Control+End")
    words(page).press_sequentially(text)


def in_again(at: Visitor, ana: Person) -> None:
    """From the page that says that they are out, back to the form they wrote in."""
    # Each code is good once.
    at.page.wait_for_timeout((31 - time.time() % 30) * 1000)
    at.press("Sign in again", "link")
    ana.sign_in_here(at)
    at.press("Continue to your message")


def test_words_are_saved_while_and_after_they_are_typed(at: Visitor, ana: Person) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    add(page, "Since Monday")
    line = page.locator("[data-saved]")
    expect(line).to_be_hidden()
    expect(line).to_contain_text(SAVED, timeout=15_000)
    at.check("draft-saved")
    add(page, " I feel dizzy")
    with page.expect_response("**/messages/new/"):
        at.press("Save draft")
    page.reload()
    expect(words(page)).to_have_value("Since Monday I feel dizzy")

    # Left at once for the page that shows it.
    add(page, " and weak")
    at.press("Messages", "link")
    expect(page.get_by_role("heading", name="Drafts")).to_be_visible()
    at.check("inbox-drafts")
    at.press("Go on writing", "link")
    expect(words(page)).to_have_value("Since Monday I feel dizzy and weak")

    # Sent at once: no draft is left of it.
    page.get_by_label("Subject").fill("Dizzy")
    page.get_by_role("radio").first.check()
    add(page, ".")
    at.press("Send")
    expect(page.get_by_role("heading", name="Your message is sent")).to_be_visible()
    at.go("/messages/")
    expect(page.get_by_text("You have no drafts.")).to_be_visible()


def test_words_come_back_after_the_session_ended(at: Visitor, ana: Person) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    add(page, "Since Monday")
    page.wait_for_url("**/signed-out/?*", timeout=IDLE * 2000)
    assert "Since Monday" not in page.content()
    in_again(at, ana)
    expect(words(page)).to_have_value("Since Monday")

    # Signed out by hand before they were saved.
    add(page, " I feel dizzy")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/signed-out/")
    page.wait_for_timeout((31 - time.time() % 30) * 1000)
    ana.sign_in(at)
    at.go("/messages/new/")
    at.press("Continue to your message")
    expect(words(page)).to_have_value("Since Monday I feel dizzy")


def test_an_ended_session_keeps_the_words_on_the_screen(at: Visitor) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    page.context.clear_cookies()
    add(page, "Since Monday")
    # Sent at once, before any saving could have found out.
    page.get_by_role("button", name="Send", exact=True).click()
    line = page.locator("[data-saved]")
    expect(line).to_contain_text("We can save no more from this page")
    expect(words(page)).to_have_value("Since Monday")
    add(page, " I feel dizzy")
    expect(words(page)).to_have_value("Since Monday I feel dizzy")
    # Who sends once more is told.
    page.get_by_role("button", name="Send", exact=True).click()
    at.sees("Nothing was sent")


def test_read_only_mode_that_begins_meanwhile_is_told_and_all_stays(
    at: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Playwright's loop runs in this thread, and the database is asked beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    note = tmp_path / "note.txt"
    note.write_text("One line of words.")
    page.get_by_label("Subject").fill("Dizzy")
    page.get_by_role("radio").first.check()
    page.locator("input[type=file]").set_input_files(note)
    add(page, "Since Monday")
    read_only.begin(client="test", until=None, why={"en": "We move to a larger server."})
    line = page.locator("[data-saved]")
    for _press in range(2):
        page.get_by_role("button", name="Send", exact=True).click()
        expect(line).to_contain_text("The portal is for reading only while we work on it.")
        expect(line).to_contain_text("We move to a larger server.")
        expect(words(page)).to_have_value("Since Monday")
        assert page.locator("input[type=file]").input_value().endswith("note.txt")
    # Nor by leaving: the browser asks first, and who stays has all of it.
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Messages", exact=True).first.click()
    expect(words(page)).to_have_value("Since Monday")
    page.wait_for_timeout(4000)
    assert (asked, page.url.endswith("/messages/new/")) == (["beforeunload"], True)
    read_only.end(client="test")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Your message is sent")).to_be_visible()


def test_trouble_of_the_server_ends_no_session(at: Visitor) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    page.route("**/keep-alive/", lambda route: route.fulfill(status=503, body=""))
    for second in range(IDLE // 4):
        add(page, f"{second} ")
        page.wait_for_timeout(1000)
    assert page.url.endswith("/messages/new/")
    page.unroute_all()
    with page.expect_response("**/messages/new/"):
        at.press("Save draft")
    expect(page.locator("[data-saved]")).to_contain_text(SAVED)


def test_coming_back_to_a_refused_form_asks_for_no_resending(at: Visitor) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    add(page, "Since Monday")
    page.get_by_label("Subject").fill("")
    page.get_by_role("button", name="Send", exact=True).click()
    at.sees("There is a problem")
    at.go("/records/")
    page.go_back()
    expect(words(page)).to_have_value("Since Monday")


def test_words_beyond_what_a_form_holds_stay_on_the_page(at: Visitor) -> None:
    page = at.page
    at.go("/messages/new/")
    at.press("Continue to your message")
    page.evaluate("document.querySelector('[name=body]').value = 'x'.repeat(3000000)")
    add(page, "y")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-saved]")).to_contain_text("Make your message shorter")
    assert len(words(page).input_value()) == 3_000_001
    assert page.url.endswith("/messages/new/")
