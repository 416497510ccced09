"""The end of a session, as a person at a browser sees it. Short sessions stand in for long."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Plan
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import browser, visitor

IDLE = 24
pytestmark = pytest.mark.browser


@pytest.fixture
def short_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the site starts: it warns when half of these seconds are left."""
    monkeypatch.setitem(os.environ, "IDLE_SECONDS", str(IDLE))


@pytest.fixture
def tabs(
    short_sessions: None, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> Iterator[tuple[Page, Page]]:
    """Ana's home and her records, in one browser."""
    with browser(chromium) as running:
        ana = visitor(running, site.origin(cedar.host), "desktop")
        people["ana.diaz"].sign_in(ana)
        second = ana.page.context.new_page()
        second.goto(f"{ana.origin}/records/")
        yield ana.page, second


def titled(page: Page) -> str:
    return page.title().partition(" - ")[0]


def is_in(page: Page) -> bool:
    """Asked apart from the page, so that it does not count as something done there."""
    asked = "fetch('/records/').then((answer) => new URL(answer.url).pathname)"
    return bool(page.evaluate(asked) == "/records/")


def ask(page: Page) -> None:
    expect(page.get_by_role("dialog", name="Need more time?")).to_be_visible(timeout=IDLE * 1000)
    assert titled(page) == "Need more time?"


def write(page: Page, seconds: int) -> None:
    page.goto(page.url.replace("/records/", "/messages/safety/"))
    page.get_by_role("button", name="Continue to your message").click()
    words = page.get_by_label("Message", exact=True)
    for _second in range(seconds):
        words.press_sequentially("word ")
        page.wait_for_timeout(1000)


def test_a_session_goes_on_or_ends_in_all_tabs(tabs: tuple[Page, Page]) -> None:
    first, second = tabs
    ask(first)
    ask(second)
    assert first.evaluate("document.activeElement.textContent") == "Keep me signed in"
    first.keyboard.press("Enter")
    for page in tabs:
        expect(page.locator("#timeout")).to_be_hidden(timeout=3000)
    assert (titled(first), titled(second)) == ("Home", "My records")

    # Who writes is not idle.
    write(second, IDLE + 2)
    expect(second.locator("#timeout")).to_be_hidden()
    assert is_in(second)

    second.goto(second.url.replace("/messages/new/", "/records/"))
    for page in tabs:
        page.wait_for_url("**/signed-out/?*", timeout=IDLE * 2000)
        assert "Ana" not in page.content()
        assert page.get_by_role("link", name="Call 988").is_visible()
    again = second.get_by_role("link", name="Sign in again").get_attribute("href")
    assert again == "/sign-in/?next=%2Frecords%2F"
    assert not is_in(second)
    second.go_back()
    second.wait_for_load_state()
    assert "Ana" not in second.content()


def test_signing_out_in_one_tab_clears_the_others(tabs: tuple[Page, Page]) -> None:
    tabs[0].get_by_role("button", name="Sign out", exact=True).click()
    for page in tabs:
        page.wait_for_url("**/signed-out/")
        assert "Ana" not in page.content()
    # Nor does the Back button show what was read: nothing of it was kept.
    for page in tabs:
        for _step in range(3):
            page.go_back()
            page.wait_for_load_state()
            assert "Ana" not in page.content()
