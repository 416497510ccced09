"""A list costs as many queries for 60 rows as for one."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging import access, actions
from portal.base.crypto import keyring
from portal.base.ids import uuid7
from tests import factories
from tests.messaging.conftest import acting
from tests.phi_records.bundles import observation
from tests.sweeps.conftest import World, add_records, write

MANY = 60
PAGES = {
    "records": ("member", reverse("records:kind", args=["tests"])),
    "inbox": ("member", reverse("messaging:inbox")),
    "team inbox": ("care_worker", reverse("messaging:team-inbox")),
    "team thread": ("care_worker", ""),
    "who has seen": ("member", reverse("disclosures:who-has-seen")),
    "trail": ("privacy_officer", f"{reverse('disclosures:trail-search')}?outcome=permitted"),
    "home": ("member", reverse("home")),
}


def add(world: World, folder: Path) -> None:
    """Many more of everything, by and about many people: each has a key of their own."""
    add_records(world, folder, *(observation(f"o{n}", f"Test {n}") for n in range(MANY)))
    for number in range(MANY // 2):
        write(world, f"Subject {number}", "Words")
        _another_member(world, number)
    for number in range(10):
        _colleague_looks(world, number)


def _another_member(world: World, number: int) -> None:
    other = factories.member_user(
        world.plan, f"more.{number}", "Mo", f"Re{number}", team=world.team
    )
    with acting(other):
        sent = actions.start_thread(
            by=other, member=other.member, team=world.team, subject="S", body="B", key=uuid7()
        )
    taker = factories.staff_user(
        world.plan, f"taker.{number}", f"Taker {number}", "care_worker", team=world.team
    )
    assert sent.message
    with acting(taker):
        actions.take(by=taker, thread=sent.message.thread)


def _colleague_looks(world: World, number: int) -> None:
    who = factories.staff_user(
        world.plan, f"staff.{number}", f"Staff {number}", "care_worker", team=world.team
    )
    with acting(who):
        access.get_thread(who, world.ids["thread"])
        access.get_thread(who, world.ids["thread"])
    with acting(world.people["member"]):
        thread = access.find(world.people["member"], world.ids["thread"])
        actions.reply(by=world.people["member"], thread=thread, body="More", key=uuid7())


def cost(world: World, client: Any, page: str, *, cold: bool) -> tuple[int, int]:
    url = PAGES[page][1] or reverse("messaging:team-thread", args=[world.ids["thread"]])
    client.get(url)
    if cold:
        keyring._cache.ciphers.clear()
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
    assert answer.status_code == 200, page
    return len(seen), len(answer.content)


@pytest.mark.parametrize("cold", [False, True], ids=["keys at hand", "keys to fetch"])
def test_lists_cost_the_same_for_many_rows(world: World, tmp_path: Path, cold: bool) -> None:
    def measured() -> dict[str, tuple[int, int]]:
        return {page: cost(world, clients[PAGES[page][0]], page, cold=cold) for page in PAGES}

    clients = {who: world.browser(who) for who, _ in PAGES.values()}
    few = measured()
    add(world, tmp_path)
    many = measured()
    assert {page: count for page, (count, _) in many.items()} == {
        page: count for page, (count, _) in few.items()
    }
    # The lists did grow, or the counts say nothing.
    for page in ("records", "inbox", "team inbox", "trail"):
        assert many[page][1] > few[page][1], page
