"""People at work while one server after the other is killed: what they were told is what is there.

`make soak` runs it, for SOAK_SECONDS (300). It is no part of `make test`: how long servers take to
come back says much of the machine.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from portal.base import context
from portal.base.jobs.models import Job
from tests.faults.afterwards import bury, doubled, lost, messages, settled
from tests.faults.clients import Client, Journal, member_writes, worker_answers
from tests.faults.house import House, People, settle_in, standing_alone, wait

pytestmark = pytest.mark.skipif(
    not os.environ.get("SOAK_SECONDS"), reason="`make soak` runs it, for minutes"
)
SECONDS = int(os.environ.get("SOAK_SECONDS") or 20)
SHORT = SECONDS < 60
# Between two kills. A short run has each server killed about once.
PAUSE = (0.2, 1.0) if SHORT else (1.0, 6.0)
DRAINED = 120


def enter(
    house: House, people: People, user: User, journal: Journal, over: threading.Event
) -> Client:
    visit = people.enter(house, user)
    visit.post("/messages/safety/")
    return Client(visit, journal, over)


def kills(house: House) -> None:
    """One server after the other, each back before the next: in an order made by chance."""
    end, names = time.monotonic() + SECONDS, ["web", "worker", "beat", "valkey", "postgres"]
    chance = random.Random(os.environ.get("SOAK_SEED", "1"))
    while time.monotonic() < end:
        chance.shuffle(names)
        for name in names:
            if time.monotonic() > end:
                return
            time.sleep(chance.uniform(*PAUSE))
            house.kill(name)
            time.sleep(chance.uniform(0, 0.5))
            house.start(name)


def at_work(house: House, people: People, journal: Journal) -> datetime:
    """When the last was dead."""
    over = threading.Event()
    ana, sam = (enter(house, people, who, journal, over) for who in (people.member, people.worker))
    work = [
        threading.Thread(target=member_writes, args=[ana, "first window"]),
        threading.Thread(target=member_writes, args=[ana, "second window"]),
        threading.Thread(target=worker_answers, args=[sam]),
    ]
    for one in work:
        one.start()
    try:
        kills(house)
        died_at = timezone.now()
        # What was begun may end; then nobody tries any more.
        time.sleep(3)
    finally:
        over.set()
        for one in work:
            one.join(60)
    return died_at


@pytest.fixture
def house(tmp_path: Path, django_db_blocker: Any) -> Iterator[House]:
    with django_db_blocker.unblock(), standing_alone(tmp_path) as made:
        yield made


@pytest.mark.promise("AH19")
def test_nothing_that_was_acknowledged_is_lost(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    journal, people = Journal(), settle_in()
    for name in ("web", "worker", "beat"):
        house.start(name)
    wait(house.live, 60, "the start")
    died_at = at_work(house, people, journal)
    wait(house.live, 60, "the way back")
    connection.close()
    bury(died_at)
    wait(settled, DRAINED, "the end of what waits")
    stored, killed = messages(people), dict(sorted(house.killed.items()))
    with capfd.disabled():
        print(
            f"\nsoak of {SECONDS} s: {journal.told()}; stored {len(stored)}; killed {killed}",
            flush=True,
        )
    call_command("verify_log")
    told = journal.acknowledged + journal.answered
    assert len(journal.acknowledged) > 1
    assert sorted(set(told) - set(stored)) == [], "acknowledged and lost"
    assert len(stored) == len(set(stored)), "stored twice"
    assert journal.odd == []
    with context.system("test"):
        jobs = {f"/records/copy/{job.pk}/" for job in Job.objects.all()}
    assert set(journal.copies) <= jobs
    assert lost(house, people, journal.answered) == set(), "mails lost"
    assert doubled(house) <= house.killed["worker"] + house.killed["postgres"]
