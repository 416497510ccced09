"""Valkey or Postgres away while people work."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import psycopg

from portal.base import context
from portal.base.outbox import sender
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail, MailState
from tests.faults.house import House, People, wait
from tests.faults.visit import Answer, Visit, field_of

LONG = 4.0


def sends(visit: Visit, words: str) -> list[Answer]:
    form = visit.new_message()
    sent = visit.post("/messages/new/", subject="Hi", body=words, **form)
    return [sent, visit.get(sent.location)]


def answers(visit: Visit, words: str) -> list[Answer]:
    inbox = visit.get("/messages/team/")
    path = re.findall(r'href="(/messages/team/[0-9a-f-]{36}/)"', inbox.text)[0]
    thread = visit.get(path)
    key = field_of(thread.text, "send_key")
    return [inbox, thread, visit.post(f"{path}answer/", body=words, send_key=key)]


def mail() -> Mail:
    with context.system("test"):
        return Mail.objects.get(kind=Kind.MESSAGE_ANSWERED)


def test_without_valkey_people_work_and_the_mail_waits(house: House, people: People) -> None:
    house.web()
    house.worker()
    for gone in (house.broker.shut, house.broker.silence):
        gone()
        member = people.enter(house, people.member)
        for answer in (member.get("/"), member.get("/records/"), *sends(member, gone.__name__)):
            assert answer.status in {200, 302}
            assert answer.seconds < LONG
        with context.system("test"):
            people.forget_codes()
    worker = people.enter(house, people.worker)
    told = answers(worker, "Drink some water.")
    assert [answer.status for answer in told] == [200, 200, 302]
    assert max(answer.seconds for answer in told) < LONG
    assert mail().state == MailState.WAITING
    house.broker.reopen()
    house.sweep_soon()
    wait(lambda: mail().state == MailState.SENT, what="the mail")
    ids = [letter["Message-ID"] for letter in house.post_office.letters]
    assert ids.count(f"<{mail().pk}@cedar.localhost>") == 1


def test_without_postgres_pages_say_so_and_come_back(house: House, people: People) -> None:
    house.web()
    member = people.enter(house, people.member)
    assert member.get("/").status == 200
    house.database.shut()
    paths = ("/", "/sign-in/", "/messages/new/", "/status/", "/readyz", "/livez")
    with ThreadPoolExecutor(len(paths)) as pool:
        # A probe has no cookies.
        *pages, ready, live = pool.map(
            lambda path: (house.visit() if path.endswith("z") else member.twin()).get(path), paths
        )
    for page in pages:
        assert page.status == 503
        assert "closed for a short time" in page.text or "Not working" in page.text
        # From memory: nobody could be asked whose portal this is.
        assert 'href="tel:1-800-555-0142"' in page.text
        assert 'href="tel:988"' in page.text
        assert 'href="tel:911"' in page.text
        assert page.seconds < 8
    assert (ready.status, live.status) == (503, 200)
    time.sleep(3)
    house.database.reopen()
    begun = time.monotonic()
    wait(lambda: member.get("/").status == 200, seconds=15, what="the way back")
    assert time.monotonic() - begun < 8
    assert house.visit().get("/readyz").status == 200
    assert [member.get("/messages/").status for _ in range(20)] == [200] * 20
    assert sender.sweep() == 0


def test_a_locked_table_closes_its_pages_alone_and_not_for_ever(
    house: House, people: People
) -> None:
    house.more["PAGE_SECONDS"] = "2"
    house.web()
    member = people.enter(house, people.member)
    at = urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{house.database_name}")
    with psycopg.connect(urlunsplit(at)) as other:
        other.execute("LOCK TABLE phi_records_recorditem IN ACCESS EXCLUSIVE MODE")
        stuck = member.get("/records/kinds/tests/")
        assert (stuck.status, member.get("/messages/").status) == (503, 200)
        assert "closed for a short time" in stuck.text
        assert 2 <= stuck.seconds < 8
    assert member.get("/records/kinds/tests/").status == 200
