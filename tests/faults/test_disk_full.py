"""No room on a disk: reads go on, writes say so, no half is left, with room all goes on."""

import contextlib
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from messaging.models import Message
from phi_records import copies
from portal.base.audit import seals
from portal.base.embedded import postgres
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from portal.base.jobs import runner
from portal.base.jobs.models import JobState
from tests import factories
from tests.faults.afterwards import messages
from tests.faults.house import House, settle_in, wait
from tests.faults.small_disk import Disk, needs_root
from tests.faults.visit import Visit
from tests.messaging.conftest import accept, acting, words
from tests.phi_records.bundles import load_for, observation
from tests.phi_records.test_copies import end_lease, now

pytestmark = needs_root
COMPOSE = reverse("messaging:compose")
NO_FILES = "We cannot take files right now."
CONTENT = b"A letter. " * 2000


def letter() -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.txt", CONTENT)


@pytest.fixture
def writer(member_user: User) -> Client:
    client = accept(factories.signed_in(member_user))
    factories.type_a_code(client, member_user)
    return client


def form(user: User, team: Any, **more: Any) -> dict[str, Any]:
    return {**words(user), "team": str(team.pk), "subject": "A letter", **more}


def files(user: User) -> list[SealedFile]:
    with acting(user):
        return list(SealedFile.objects.filter(removed_at=None).order_by("pk"))


def on(disk: Disk) -> int:
    return sum(path.is_file() and path != disk.filler for path in disk.folder.rglob("*"))


def test_without_room_for_files_words_go_and_files_are_not_half_there(
    files_disk: Disk, writer: Client, member_user: User, team: Any
) -> None:
    assert writer.post(COMPOSE, form(member_user, team, upload=letter())).status_code == 302
    [file] = files(member_user)
    files_disk.fill()
    full = form(member_user, team, body="My knee hurts.", upload=letter())
    answer = writer.post(COMPOSE, full)
    assert answer.status_code == 422
    assert NO_FILES in answer.text
    assert "My knee hurts." in answer.text
    kept = writer.post(COMPOSE, full | {"upload": letter(), "add_file": "1"}, follow=True)
    assert NO_FILES in kept.text
    assert "My knee hurts." in kept.text
    assert (files(member_user), on(files_disk)) == ([file], 1)
    with acting(member_user):
        thread = Message.objects.get().thread_id
    reply = reverse("messaging:thread-reply", args=[thread])
    assert NO_FILES in writer.post(reply, words(member_user, upload=letter())).text
    assert writer.post(reply, words(member_user)).status_code == 302
    opened = writer.get(reverse("messaging:file", args=[thread, file.pk]))
    assert opened.content == CONTENT
    files_disk.make_room()
    again = writer.post(COMPOSE, full | {"upload": letter()})
    assert again.status_code == 302
    assert len(files(member_user)) == on(files_disk) == 2


def test_without_room_a_copy_waits_and_is_made_later(
    files_disk: Disk, member_user: User, tmp_path: Path
) -> None:
    assert member_user.member
    load_for(member_user.member, tmp_path, *map(observation, ("o1", "o2")))
    with acting(member_user):
        job = copies.ask(member_user, uuid7())
    files_disk.fill()
    runner.sweep()
    assert now(job).state == JobState.RUNNING
    assert on(files_disk) == 0
    files_disk.make_room()
    end_lease(job)
    runner.sweep()
    assert now(job).state == JobState.DONE


def send(visit: Visit, form: dict[str, str]) -> int:
    answer = visit.twin().post("/messages/new/", **form)
    if answer.status == 302:
        assert answer.location.startswith("/messages/sent/")
    else:
        assert answer.status == 503
        assert "closed for a short time" in answer.text
    return answer.status


def restarted(server: postgres.Running) -> None:
    """As systemd does with what ended by itself."""
    if not server.child.running():
        server.start_again()


def test_without_room_for_data_nothing_acknowledged_is_lost(
    small_house: House, own_server: postgres.Running, data_disk: Disk
) -> None:
    house, people = small_house, settle_in()
    house.web()
    member, journal = people.enter(house, people.member), dict[str, int]()
    page = member.new_message()
    forms = [
        {**member.new_message(), "subject": "Hi", "body": f"{number} " + "Long words. " * 700}
        for number in range(14)
    ]
    assert page["team"] == forms[0]["team"]
    for form in forms[:2]:
        journal[form["body"]] = send(member, form)
    data_disk.fill()
    for form in forms[2:]:
        journal[form["body"]] = send(member, form)
    refused = [body for body, status in journal.items() if status == 503]
    assert refused, "the disk was not full enough"
    pages = [member.get(path) for path in ("/", "/records/", "/messages/", "/status/")]
    assert {answer.status for answer in pages} <= {200, 503}
    assert house.visit().get("/livez").status == 200
    data_disk.make_room()
    restarted(own_server)
    begun = time.monotonic()
    wait(lambda: member.get("/").status == 200, what="the way back")
    assert time.monotonic() - begun < 25
    for form in forms:
        assert send(member, form) == 302
    assert messages(people) == sorted(form["body"].strip() for form in forms)
    with contextlib.suppress(OperationalError, psycopg.OperationalError):
        seals.seal_finished()
    call_command("verify_log")
