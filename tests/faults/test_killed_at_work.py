"""kill -9 of each server during each work: what was acknowledged is there, once.

Each cell kills its server when the work's own transaction is about to be committed, and lets the
commit go on to where the database lives: so one who was killed may have done what nobody heard of.
docs/operating.md has the table, with who takes no part in what, and where more moments are tried.
"""

import base64
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.faults.afterwards import bury, doubled, lost, settled
from tests.faults.clients import Client, Journal
from tests.faults.house import House, People, settle_in, standing_alone, wait
from tests.faults.works import WORKS, Scene
from tests.phi_records.bundles import load_for, observation

SERVERS = ("web", "worker", "beat", "valkey", "postgres")
# Seconds. Three portals may start at once on two processors.
LONG = 240


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed")


def settle(place: Path) -> None:
    """Each test gets folders of its own for these. A portal that stands for many keeps its own."""
    django_settings.LOG_ANCHOR_PATH = place / "roots"
    django_settings.FILES_ROOT = place / "files"


@pytest.fixture(scope="module")
def ring() -> Iterator[list[str]]:
    before = django_settings.KEY_RING
    django_settings.KEY_RING = [*before, base64.b64encode(os.urandom(32)).decode()]
    yield django_settings.KEY_RING
    django_settings.KEY_RING = before


@pytest.fixture(scope="module")
def house(place: Path, ring: list[str], django_db_blocker: Any) -> Iterator[House]:
    settle(place)
    more = {"KEY_RING": ",".join(ring)}
    with django_db_blocker.unblock(), standing_alone(place, more=more) as made:
        for name in ("web", "worker", "beat"):
            made.start(name)
        yield made


@pytest.fixture(scope="module")
def people(house: House, place: Path) -> People:
    people = settle_in()
    assert people.member.member
    load_for(people.member.member, place, observation("first"))
    return people


@pytest.fixture(scope="module")
def client(house: House, people: People) -> Client:
    wait(house.live, LONG, "the web server")
    visit = people.enter(house, people.member)
    visit.post("/messages/safety/")
    return Client(visit, Journal(), threading.Event())


@pytest.fixture
def scene(
    house: House, people: People, client: Client, place: Path, tmp_path: Path,
    work: str, killed: str, second_place: Path, files_root: Path,
) -> Iterator[Scene]:  # fmt: skip
    settle(place)
    for name in {"web", "worker", "beat"} - set(house.running):
        house.start(name)  # which an earlier cell that failed left dead
    client.journal, client.over = Journal(), threading.Event()
    wait(house.live, LONG, "the web server")
    yield Scene(house, people, client, tmp_path, f"{killed}-{work}", killed)
    house.database.watch = None
    client.over.set()


def at_commit(house: House, statement: bytes, kill: Callable[[], None]) -> Callable[[bytes], bool]:
    """Once: another connection's commit at the same moment must not kill what is back by then."""
    seen, once = threading.Event(), threading.Lock()

    def watch(said: bytes) -> bool:
        if statement in said:
            seen.set()
        if seen.is_set() and b"COMMIT" in said and once.acquire(blocking=False):
            house.database.watch = None
            kill()
        return False

    return watch


@pytest.mark.promise("AH19")
@pytest.mark.parametrize("killed", SERVERS)
@pytest.mark.parametrize("work", WORKS)
def test_nothing_acknowledged_is_lost(scene: Scene, work: str, killed: str) -> None:
    house, at_work, deaths = scene.house, WORKS[work](), list[datetime]()
    dead = threading.Event()

    def kill() -> None:
        house.kill(killed)
        deaths.append(timezone.now())
        dead.set()

    def do() -> None:
        try:
            at_work.do(scene)
        finally:
            connection.close()

    house.database.watch = at_commit(house, at_work.dies_at, kill)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(do)
        wait(lambda: dead.is_set() or done.done(), LONG, "the moment")
        assert dead.is_set(), done.exception()
        house.start(killed)
        wait(house.live, LONG, "the way back")
        scene.again(lambda: bury(deaths[0]) is None, "the leases")
        done.result(LONG)
    scene.again(lambda: house.sweep_soon() is None, "the sweep")
    wait(settled, LONG, "the end of what waits")
    at_work.check(scene)
    call_command("verify_log")
    assert lost(house, scene.people, scene.client.journal.answered) == set()
    assert doubled(house) <= house.killed["worker"] + house.killed["postgres"]
    assert scene.client.journal.odd == []
