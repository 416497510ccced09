"""A person at a browser. Every page they come to is checked as it is."""

import base64
import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django_otp.oath import totp
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
# The narrowest phone, and what 400 % zoom leaves of a window of 1280 x 1024 (WCAG 1.4.10).
NARROW = {"small": (320, 640), "zoomed": (320, 256)}


def troubling(said: ConsoleMessage) -> bool:
    """The browser also tells of a form that came back with what is wrong: that is an answer."""
    return said.type in {"error", "warning"} and "status of 422" not in said.text


@contextlib.contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                "--host-resolver-rules=MAP *.localhost 127.0.0.1",
            ],
        )
        yield running
        running.close()


SPILLING = """room => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().left + one.scrollWidth > room + 1).slice(-5)
    .map(one => one.outerHTML.slice(0, 120))"""

OUTSIDE = """[...document.querySelectorAll("main svg text")].filter(one => {
  const word = one.getBoundingClientRect(), picture = one.closest("svg").getBoundingClientRect();
  return word.left < picture.left - 1 || word.right > picture.right + 1;
}).map(one => one.textContent)"""


@dataclass
class Visitor:
    page: Page
    origin: str
    width: str
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._watch)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        # A breach of the content security policy is told in the console.
        self.page.on(
            "console",
            lambda said: self.troubles.append(said.text) if troubling(said) else None,
        )

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.troubles.append(f"asked another origin: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.origin}{path}")

    def press(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def sees(self, heading: str) -> None:
        """Waits: what saves the words before it sends them takes a moment."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def sign_in(self, user_id: str, password: str, secret: str) -> None:
        self.go("/sign-in/")
        self.sign_in_here(user_id, password, secret)

    def sign_in_here(self, user_id: str, password: str, secret: str) -> None:
        """On a sign-in page that knows where to go on."""
        self.fill("User ID", user_id)
        self.fill("Password", password)
        self.check("sign-in")
        self.press("Sign in")
        self.check("second-step")
        self.page.locator("input[name=code]").fill(f"{totp(base64.b32decode(secret)):06}")
        self.press("Continue")

    def check(self, name: str) -> None:
        """Nothing for axe to find, nothing wider than the screen, nothing from elsewhere."""
        if folder := os.environ.get("SHOTS_DIR"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}-{self.width}.png", full_page=True)
        found = Axe().run(
            self.page,
            options={
                "runOnly": {"type": "tag", "values": WCAG},
                "resultTypes": ["violations"],
            },
        )
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        self.fits(name)

    def fits(self, name: str) -> None:
        """The part of `check` that takes no time: for many pages of one kind."""
        wide, room = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room, (
            f"{name} is {wide} px wide on a screen of {room}: {self.page.evaluate(SPILLING, room)}"
        )
        assert self.page.evaluate(OUTSIDE) == [], f"{name}: words outside their picture"
        assert self.troubles == [], f"{name}: {self.troubles}"


def visitor(browser: Browser, origin: str, width: str, **more: Any) -> Visitor:
    across, down = (WIDTHS | NARROW)[width]
    page = browser.new_context(viewport={"width": across, "height": down}, **more).new_page()
    page.set_default_timeout(30_000)
    return Visitor(page, origin, width)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)
