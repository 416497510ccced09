"""People at work while one server after the other is killed: what they were told is what is there.

`make soak` runs it, for SOAK_SECONDS (300). It is no part of `make test`: how long servers take to
come back says much of the machine.
"""

import os
import threading
import time

import pytest

from tests import factories
from tests.faults.stack import (
    LOOK,
    SETTLE_IN,
    Client,
    Journal,
    Stack,
    kills,
    member_writes,
    stack,
    wait,
    worker_answers,
)

pytestmark = pytest.mark.skipif(
    not os.environ.get("SOAK_SECONDS"), reason="`make soak` runs it, for minutes"
)
SECONDS = int(os.environ.get("SOAK_SECONDS") or 20)
SHORT = SECONDS < 60
# Between two kills. A short run has each server killed about once.
PAUSE = (0.2, 1.0) if SHORT else (1.0, 6.0)
DRAINED = 120


def enter(
    made: Stack, user_id: str, secret: str, journal: Journal, over: threading.Event
) -> Client:
    visit = made.visit()
    answers = visit.sign_in(user_id, factories.PASSWORD, secret)
    assert [answer.status for answer in answers][:2] == [302, 302]
    client = Client(visit, journal, over)
    visit.post("/messages/safety/")
    return client


def at_work(made: Stack, secrets: dict[str, str], journal: Journal) -> None:
    over = threading.Event()
    ana, sam = (enter(made, who, secrets[who], journal, over) for who in ("ana.diaz", "sam.reyes"))
    work = [
        threading.Thread(target=member_writes, args=[ana, "first window"]),
        threading.Thread(target=member_writes, args=[ana, "second window"]),
        threading.Thread(target=worker_answers, args=[sam]),
    ]
    for one in work:
        one.start()
    try:
        kills(made, journal, SECONDS, PAUSE)
        # What was begun may end; then nobody tries any more.
        time.sleep(3)
    finally:
        over.set()
        for one in work:
            one.join(60)


@pytest.mark.promise("AH19")
def test_nothing_that_was_acknowledged_is_lost(capfd: pytest.CaptureFixture[str]) -> None:
    journal = Journal()
    with stack() as made:
        secrets = made.script(SETTLE_IN)["secrets"]
        for name in ("web", "worker", "beat"):
            made.start(name)
        wait(made.live, 60, "the start")
        at_work(made, secrets, journal)
        wait(made.live, 60, "the way back")
        found = made.script(LOOK)
        wait(lambda: settled(made), DRAINED, "the end of what waits")
        found = made.script(LOOK)
        with capfd.disabled():
            stored = len(found["messages"])
            print(f"\nsoak of {SECONDS} s: {journal.told()}; stored {stored}", flush=True)
        letters = [letter["Message-ID"] for letter in made.office.letters]
        assert made.python("manage.py", "verify_log")
    told = journal.acknowledged + journal.answered
    assert len(journal.acknowledged) > 1
    assert sorted(set(told) - set(found["messages"])) == [], "acknowledged and lost"
    assert len(found["messages"]) == len(set(found["messages"])), "stored twice"
    assert journal.odd == []
    assert journal.copies <= len(found["jobs"])
    ids = {f"<{key}@cedar.localhost>" for key, _state in found["mails"]}
    assert ids <= set(letters), "mails lost"
    assert len(letters) - len(set(letters)) <= journal.killed["worker"] + journal.killed["postgres"]


def settled(made: Stack) -> bool:
    found = made.script(LOOK)
    states = {state for _key, state in found["mails"]} | set(found["jobs"])
    return states <= {"sent", "done"}
