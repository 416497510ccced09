"""A member gets a copy of all records, with a real worker, in a real browser."""

import zipfile
from pathlib import Path

import pytest

from accounts.models import Plan
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import WIDTHS, browser, visitor


@pytest.mark.browser
@pytest.mark.promise("AL20")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_copy_from_asking_to_deleting(
    width: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site, tmp_path: Path
) -> None:
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), width)
        people["ana.diaz"].sign_in(at)
        at.go("/records/")
        at.press("Get all my records", "link")
        at.check("copies")
        at.press("Make my copy")
        at.check("copy-being-made")
        # Nobody touches the page: it finds out by itself, and a screen reader is told.
        download = at.page.get_by_role("link", name="Download")
        download.wait_for()
        assert at.page.locator("#job-said").text_content() in {"Ready", ""}
        at.check("copy-ready")
        with at.page.expect_download() as taken:
            download.click()
        path = tmp_path / "records.zip"
        taken.value.save_as(path)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert "This is a demo" in archive.read("records.html").decode()
        # Signed out meanwhile, the page to sign in comes, and no file with that page in it.
        signed_in = at.page.context.cookies()
        at.page.context.clear_cookies()
        download.click()
        at.page.get_by_label("User ID", exact=True).wait_for(timeout=10_000)
        at.page.context.add_cookies(signed_in)
        at.page.go_back()
        # Away from the portal, as a doctor would open it.
        page = running.new_context().new_page()
        page.goto(f"file://{unpacked(path)}")
        assert page.get_by_role("heading", name="Records of Ana Díaz").is_visible()
        at.press("Delete this copy")
        at.check("copy-deleted")
        assert "Stopped or deleted" in at.text()
        at.press("Get all my records", "link")
        at.check("copies-listed")


def unpacked(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extract("records.html", path.parent)
    return path.parent / "records.html"
