"""What a first visit brings over the line, compressed: for an old phone and a slow network."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.sweeps.conftest import World

ALL = 60 * 1024
"""Bytes of one page with all that it asks for; its scripts alone half of that."""
SCRIPTS = 30 * 1024
ASKED = re.compile(r'<(?:link|script|img|use)\b[^>]*?\b(?:href|src)="([^"#]+)')
PAGES = {
    "anonymous": ("account_login",),
    "member": (
        "home", "records:home", "messaging:inbox", "messaging:compose", "disclosures:who-has-seen",
        "account",
    ),
    "care_worker": ("messaging:team-inbox",),
    "privacy_officer": ("disclosures:trail-search",),
}  # fmt: skip


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def asked_for(world: World, who: str, page: str) -> dict[str, int]:
    """By address: the page itself, and each style, script and picture that it names."""
    browser = world.browser(who)
    if page == "messaging:compose":
        browser.post(reverse("messaging:safety"))
    answer = browser.get(reverse(page))
    assert answer.status_code == 200
    found = {"": packed(answer.content)}
    for address in set(ASKED.findall(answer.text)):
        if address.startswith("/static/"):
            path = finders.find(address.removeprefix("/static/"))
            assert isinstance(path, str), address
            found[address] = packed(Path(path).read_bytes())
        elif address.startswith("/theme/"):
            found[address] = packed(browser.get(address).content)
    return found


@pytest.mark.parametrize(
    ("who", "page"), [(who, one) for who, all_ in PAGES.items() for one in all_]
)
def test_a_page_is_light(world: World, who: str, page: str) -> None:
    found = asked_for(world, who, page)
    assert any(one.endswith("components.css") for one in found)
    assert sum(found.values()) <= ALL, found
    scripts = {one: size for one, size in found.items() if one.endswith(".js")}
    assert scripts
    assert sum(scripts.values()) <= SCRIPTS, scripts
