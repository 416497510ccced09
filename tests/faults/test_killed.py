"""kill -9 at the worst moment. What was acknowledged is there; what was not can be sent again."""

import contextlib
import http.client
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import CareTeam
from disclosures.models import Incident
from messaging import actions, attachments
from phi_records import copies
from portal.base import context
from portal.base.files.checks import Checked
from portal.base.files.models import FileCheck, Scan, SealedFile
from portal.base.ids import uuid7
from portal.base.jobs.models import Job, JobState
from portal.base.outbox import announce
from portal.base.outbox.models import Mail, MailState
from portal.base.tasks import run_jobs, scan_files
from tests.faults.afterwards import messages
from tests.faults.house import House, People, wait
from tests.faults.visit import Visit
from tests.files.scanners import OddScanner
from tests.messaging.conftest import acting
from tests.phi_records.bundles import load_for, observation
from tests.phi_records.test_copies import end_lease as end_job_lease
from tests.phi_records.test_copies import held, now


def put(people: People) -> None:
    with context.system("test"):
        announce.announce(
            plan_id=people.member.plan_id,
            recipient_id=people.member.pk,
            kind=announce.Kind.MESSAGE_ANSWERED,
            event_id=uuid7(),
        )


def mail() -> Mail:
    with context.system("test"):
        return Mail.objects.get()


def end_lease() -> None:
    past = timezone.now() - timedelta(seconds=1)
    with context.system("test"):
        Mail.objects.update(leased_until=past, next_attempt_at=past)


@pytest.mark.parametrize(("moment", "letters"), [("claimed", 1), ("taken", 2)])
def test_a_worker_killed_while_it_sends_loses_no_mail(
    house: House, people: People, moment: str, letters: int
) -> None:
    office = house.post_office
    # Before the worker is there: it may be told of the mail as soon as it is.
    if moment == "claimed":
        office.trouble = "hangs"
    else:
        # It has the letter; the sender never hears so.
        office.on_letter = lambda: os.killpg(house.running["worker"].pid, signal.SIGKILL)
    put(people)
    house.worker()
    house.sweep_soon()
    wait(lambda: office.greeted, what="the sender")
    if moment == "taken":
        wait(lambda: office.letters, what="the letter")
    house.kill("worker")
    assert mail().state == MailState.SENDING
    office.trouble, office.on_letter = "", lambda: None
    end_lease()
    house.worker()
    house.sweep_soon()
    wait(lambda: mail().state == MailState.SENT, what="the mail")
    assert len(office.letters) == letters
    assert {letter["Message-ID"] for letter in office.letters} == {f"<{mail().pk}@cedar.localhost>"}


def at_commit(house: House, *, before: bool) -> Callable[[bytes], bool]:
    """Kills the web server when the transaction that holds a message is about to be committed."""
    written: list[bool] = []

    def watch(said: bytes) -> bool:
        if b'INSERT INTO "messaging_message"' in said:
            written.append(True)
        if not (written and b"COMMIT" in said):
            return False
        house.database.watch = None
        if before:
            house.kill("web")
            raise OSError("the client is dead")
        return True

    return watch


def try_to_send(visit: Visit, form: dict[str, str], journal: list[str]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        answer = visit.twin().post("/messages/new/", **form)
        if answer.status == 302 and answer.location.startswith("/messages/sent/"):
            journal.append(form["body"])


@pytest.mark.parametrize("before", [True, False])
def test_a_web_server_killed_at_commit_loses_nothing_it_acknowledged(
    house: House, people: People, before: bool
) -> None:
    house.web()
    visit, journal = people.enter(house, people.member), list[str]()
    first, second = (
        {**visit.new_message(), "subject": "Hi", "body": body} for body in ("First.", "Second.")
    )
    try_to_send(visit, first, journal)
    house.database.watch = at_commit(house, before=before)
    if not before:
        # The database commits and says so; nobody is there to hear it.
        house.database.on_mute = lambda: house.kill("web")
    try_to_send(visit, second, journal)
    assert "web" not in house.running
    assert journal == ["First."]
    assert messages(people) == (["First."] if before else ["First.", "Second."])
    house.web()
    try_to_send(visit, second, journal)
    assert journal == ["First.", "Second."]
    assert messages(people) == ["First.", "Second."]


def at_step(house: House, number: int) -> Callable[[bytes], bool]:
    """Kills the worker when the transaction of that step of a job is about to be committed."""
    steps: list[bool] = []

    def watch(said: bytes) -> bool:
        if b'UPDATE "base_job" SET "done"' in said:
            steps.append(True)
        if len(steps) < number or b"COMMIT" not in said:
            return False
        house.database.watch = None
        house.kill("worker")
        raise OSError("the worker is dead")

    return watch


@pytest.mark.promise("AL20")
@pytest.mark.parametrize(
    ("step", "done"), [(1, 0), (2, 100), (4, 251)], ids=["first", "second", "last"]
)
def test_a_worker_killed_at_a_step_of_a_job_loses_and_doubles_nothing(
    house: House, people: People, tmp_path: Path, step: int, done: int
) -> None:
    ana = people.member
    assert ana.member
    names = [f"o{number:03}" for number in range(2 * copies.AT_ONCE + 50)]
    load_for(ana.member, tmp_path, *map(observation, names))
    with acting(ana):
        job: Job = copies.ask(ana, uuid7())
    house.database.watch = at_step(house, step)
    house.worker()
    house.sweep_soon(run_jobs)
    wait(lambda: "worker" not in house.running, what="the kill")
    left = now(job)
    assert (left.state, left.done) == (JobState.RUNNING, done)
    end_job_lease(job)
    house.worker()
    house.sweep_soon(run_jobs)
    wait(lambda: now(job).state == JobState.DONE, what="the copy")
    assert held(ana, job) == sorted([*names, "p1"])


@pytest.mark.parametrize(
    ("answer", "found", "alarms"),
    [(b"stream: OK\0", Scan.CLEAN, 0), (b"stream: Test.Virus FOUND\0", Scan.INFECTED, 1)],
)
def test_a_worker_killed_while_a_file_is_scanned_leaves_it_shut_and_the_next_one_ends_it(
    house: House, people: People, answer: bytes, found: Scan, alarms: int
) -> None:
    scanner = OddScanner()
    house.more["CLAMD_URL"] = scanner.address
    scanner.answer, scanner.on_file = answer, lambda: house.kill("worker")
    house.worker()
    file_id = uploaded(people)
    house.sweep_soon(scan_files)
    wait(lambda: "worker" not in house.running, what="the kill")
    assert scanner.taken == b"A letter."
    assert check_of(file_id).state == Scan.WAITING
    scanner.on_file, scanner.taken = lambda: None, b""
    house.worker()
    house.sweep_soon(scan_files)
    wait(lambda: check_of(file_id).state == found, what="the scan")
    assert scanner.taken == b"A letter."
    wait(lambda: incidents() == alarms, what="the alarm")
    scanner.close()


def uploaded(people: People) -> UUID:
    ana, upload = people.member, Checked("letter.txt", "text/plain", b"A letter.")
    assert ana.member
    with acting(ana), context.about_member(ana.member_id):
        sent = actions.start_thread(
            by=ana, member=ana.member, team=CareTeam.objects.get(), subject="Hi", body="See.",
            key=uuid7(),
        )  # fmt: skip
        attachments.add(ana, ana.member, sent.message, upload)
        return SealedFile.objects.get().pk


def check_of(file_id: UUID) -> FileCheck:
    with context.system("test"):
        return FileCheck.objects.get(pk=file_id)


def incidents() -> int:
    with context.system("test"):
        return Incident.objects.count()
