"""A file goes along with a message, at a browser, and comes out on the other side."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import Plan
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, Visitor, browser, visitor
from tests.files import scanners
from tests.files.test_checks import PDF, picture

pytestmark = pytest.mark.browser


def sends_two_files(at: Visitor, folder: Path) -> None:
    (folder / "Letter of Dr. Lee.pdf").write_bytes(PDF)
    (folder / "rash.jpg").write_bytes(picture(size=(800, 600)))
    at.go("/messages/new/")
    at.press("Continue to your message")
    at.page.get_by_label("Primary care team").check()
    at.fill("Subject", "A rash")
    at.fill("Message", "Please look at this.")
    field = at.page.get_by_label("File (optional)")
    at.press("Add this file")
    expect(at.page.get_by_text("Choose a file first")).to_be_visible()
    field.set_input_files(folder / "Letter of Dr. Lee.pdf")
    at.press("Add this file")
    expect(at.page.get_by_text("The file is added")).to_be_visible()
    assert at.page.get_by_label("Message", exact=True).input_value() == "Please look at this."
    at.check("files-compose")
    # The second is chosen and sent at once; Enter in a field sends, whatever buttons there are.
    field.set_input_files(folder / "rash.jpg")
    at.page.get_by_label("Subject").press("Enter")
    at.sees("Your message is sent")
    at.press("See what you sent", "link")
    assert "Letter of Dr. Lee.pdf" in at.text()
    assert "rash.jpg" in at.text()
    at.check("files-thread")


def opens_them(at: Visitor) -> None:
    assert "Has a file" in at.text()
    at.page.locator("#list a").filter(has_text="A rash").click()
    at.sees("A rash")
    at.check("files-team")
    with at.page.expect_download() as taken:
        at.page.get_by_role("link", name="Letter of Dr. Lee.pdf").click()
    assert Path(taken.value.path()).read_bytes() == PDF
    assert taken.value.suggested_filename.startswith("file-")


@pytest.mark.parametrize("width", WIDTHS)
def test_files_go_with_a_message(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site, tmp_path: Path
) -> None:
    origin = site.origin(cedar.host)
    with browser(chromium) as running:
        ana = visitor(running, origin, width)
        people["ana.diaz"].sign_in(ana)
        sends_two_files(ana, tmp_path)
        worker = visitor(running, origin, width)
        people["grace.kim"].sign_in(worker)
        opens_them(worker)


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[scanners.OddScanner]:
    """Of the site; name it before that."""
    odd = scanners.OddScanner()
    monkeypatch.setenv("CLAMD_URL", odd.address)
    yield odd
    odd.close()


def sends_one_file(at: Visitor, path: Path, subject: str) -> None:
    at.go("/messages/new/")
    if "safety" in at.page.url:
        at.press("Continue to your message")
    at.page.get_by_label("Primary care team").check()
    at.fill("Subject", subject)
    at.fill("Message", "Please look at this.")
    at.page.get_by_label("File (optional)").set_input_files(path)
    at.press("Send", "button")
    at.sees("Your message is sent")


def sees_at_last(at: Visitor, words: str) -> None:
    """By loading the page again, as someone without JavaScript does."""
    until = time.monotonic() + 30
    while words not in at.text():
        assert time.monotonic() < until, at.text()
        time.sleep(0.3)
        at.page.reload()


@pytest.mark.parametrize("width", WIDTHS)
def test_who_sent_a_file_learns_that_it_was_stopped(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person],
    scanner: scanners.OddScanner, site: Site, tmp_path: Path,
) -> None:  # fmt: skip
    letter = tmp_path / "Letter of Dr. Lee.pdf"
    letter.write_bytes(PDF)
    scanner.answer = b""
    with browser(chromium) as running:
        ana = visitor(running, site.origin(cedar.host), width)
        people["ana.diaz"].sign_in(ana)
        sends_one_file(ana, letter, "A rash")
        assert "We tell you if we must stop it" in ana.text()
        ana.check("file-receipt")
        ana.press("See what you sent", "link")
        thread = ana.page.url
        assert "Load this page again" in ana.text()
        ana.check("file-waits")
        site.mailbox.letters.clear()
        scanner.answer = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
        # Sending wakes the scanner; what waited goes along.
        sends_one_file(ana, letter, "Another")
        ana.go("/")
        sees_at_last(ana, "A file that you sent was stopped")
        ana.check("file-home")
        ana.go("/messages/")
        ana.check("file-list")
        ana.page.goto(thread)
        sees_at_last(ana, "Your care team does not get it")
        ana.check("file-stopped")
        mail = site.mailbox.wait()
        assert "You have something new" in mail["Subject"]
        assert "Lee" not in mail.get_content()
