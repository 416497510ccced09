"""The whole main job, by four roles, in a real browser against real services."""

from datetime import date, timedelta
from unicodedata import normalize

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Plan
from tests.browser.conftest import Mailbox, Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, Visitor, browser, visitor

SUBJECT, QUESTION = "Dizzy since Monday", "My new tablets make me dizzy in the morning."
ANSWER = "Take them in the evening and call us if it stays."


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_main_job(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    ana, worker, officer = people["ana.diaz"], people["grace.kim"], people["victor.lang"]
    number, name = ana.number, ana.name
    origin = site.origin(cedar.host)
    with browser(chromium) as running:
        member = visitor(running, origin, width)
        ana.sign_in(member)
        reads_records(member, ana.given_name)
        thread = writes_to_the_care_team(member)

        team = visitor(running, origin, width)
        worker.sign_in(team)
        takes_and_answers(team, name)

        mail_says_nothing_private(site.mailbox, [name, *name.split(), SUBJECT, QUESTION, thread])
        reads_the_answer(member)

        privacy = visitor(running, origin, width)
        officer.sign_in(privacy)
        searches_the_trail(privacy, number, name)
        records_a_disclosure(privacy, number)
        sees_who_has_seen(member, worker.name)
    call_command("verify_log")


def reads_records(at: Visitor, given_name: str) -> None:
    at.check("home")
    assert f"Hello, {given_name}" in at.text()
    at.press("Records", "link")
    at.check("records")
    tiles = at.page.locator("main a.tile")
    assert tiles.count() >= 8
    kind = tiles.filter(has_text="Medicines")
    kind.click()
    at.page.wait_for_load_state()
    at.check("record-kind")
    at.page.locator("main .ledger a").first.click()
    at.page.wait_for_load_state()
    at.check("record-detail")
    assert "Where this came from" in at.text()


def writes_to_the_care_team(at: Visitor) -> str:
    """The id of the new conversation."""
    at.go("/messages/")
    at.check("messages")
    at.press("Write a message", "link")
    assert "/messages/safety/" in at.page.url
    assert "988" in at.text()
    at.check("safety")
    at.press("Continue to your message")
    at.check("compose")
    at.page.get_by_label("Primary care team").check()
    at.fill("Subject", SUBJECT)
    at.fill("Message", QUESTION)
    at.press("Send")
    at.sees("Your message is sent")
    at.check("receipt")
    at.press("See what you sent", "link")
    assert QUESTION in at.text()
    at.check("thread")
    return at.page.url.rstrip("/").rpartition("/")[2]


def takes_and_answers(at: Visitor, name: str) -> None:
    at.check("team-inbox")
    queue = at.page.locator("#list a").filter(has_text=SUBJECT)
    assert name in queue.inner_text()
    queue.click()
    at.page.wait_for_load_state()
    assert QUESTION in at.text()
    at.check("team-thread")
    at.press("Take this message")
    assert "This is yours now." in at.text()
    at.fill("Your message", ANSWER)
    at.press("Send reply")
    expect(at.page.get_by_text("Your answer is sent.")).to_be_visible()
    at.check("team-answered")


def mail_says_nothing_private(mailbox: Mailbox, private: list[str]) -> None:
    letter = mailbox.wait()
    assert letter["To"] == "ana.diaz@cedar.example.test"
    # Their own address is theirs; nothing else of the letter may name them or the matter.
    del letter["To"]
    body = letter.get_body()
    assert body
    said = letter.as_string() + body.get_content()
    assert "http://cedar.localhost:" in said
    plain = normalize("NFKC", said).casefold()
    for words in [*private, ANSWER]:
        assert normalize("NFKC", words).casefold() not in plain
    assert len(mailbox.letters) == 1


def reads_the_answer(at: Visitor) -> None:
    at.go("/messages/")
    at.check("messages-answered")
    at.press(SUBJECT, "link")
    assert ANSWER in at.text()
    at.check("thread-answered")


def searches_the_trail(at: Visitor, number: str, name: str) -> None:
    at.check("trail")
    # A day that is none is told by the browser: it would be sent as no day at all.
    at.page.get_by_label("From").press_sequentially("02302026")
    at.page.get_by_role("button", name="Search", exact=True).click()
    at.page.wait_for_timeout(500)
    assert not at.page.url.endswith("outcome=")
    assert at.page.evaluate("document.activeElement.name") == "since"
    at.page.goto(at.page.url)
    at.fill("Member ID", number)
    at.press("Search")
    assert name in at.text()
    at.check("trail-found")
    at.page.locator("main tbody a").first.click()
    at.page.wait_for_load_state()
    assert name in at.text()
    at.check("trail-event")


def records_a_disclosure(at: Visitor, number: str) -> None:
    at.press("Log a disclosure", "link")
    at.check("disclosure-new")
    day: date = timezone.localdate() - timedelta(days=2)
    at.fill("Member ID", number)
    at.fill("Date it left", day.isoformat())
    at.fill("Who received it", "County court of Springfield")
    at.page.locator("[name=recipient_address]").fill("1 Court Square, Springfield")
    at.fill("What was sent", "Visit notes of March")
    at.fill("Why it was sent", "A judge ordered it")
    at.page.get_by_label("Legal ground").select_option(label="Court or hearing")
    at.press("Save this entry")
    assert "Sent to County court of Springfield" in at.text()
    at.check("disclosure")


def sees_who_has_seen(at: Visitor, worker: str) -> None:
    at.press("Privacy", "link")
    seen = at.text()
    assert "Who has seen my information" in seen
    assert worker in seen
    assert "County court of Springfield" in seen
    at.check("who-has-seen")
    at.press("See what was sent", "link")
    assert "A judge ordered it" in at.text()
    at.check("disclosure-member")
