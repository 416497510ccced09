"""Messages in the copy that a member keeps: all of them, once, with the files one may open."""

import json
from typing import Any

import pytest
from django.http import Http404

from accounts.models import CareTeam, User
from messaging import actions, attachments, parts
from messaging.models import Thread
from phi_records import copies
from portal.base import context
from portal.base.audit.models import Event
from portal.base.files.checks import Checked
from portal.base.ids import uuid7
from portal.base.jobs import runner
from portal.base.jobs.models import JobState
from tests.messaging.conftest import acting
from tests.phi_records.test_copies import ask, end_lease, now, taken

pytestmark = [pytest.mark.promise("AH17"), pytest.mark.promise("AL20")]


def write(user: User, team: CareTeam, body: str, *files: bytes) -> None:
    assert user.member
    with acting(user):
        sent = actions.start_thread(
            by=user, member=user.member, team=team, subject="Canary <b>", body=body, key=uuid7()
        )
        with context.about_member(user.member.pk):
            for content in files:
                upload = Checked("note <1>.txt", "text/plain; charset=utf-8", content)
                attachments.add(user, user.member, sent.message, upload)


def bodies(user: User, job: Any) -> list[str]:
    lines = taken(user, job).read("messages.ndjson").splitlines()
    return [json.loads(line)["body"] for line in lines]


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "AT_ONCE", 1)


def test_messages_and_their_files_are_in_the_copy(
    member_user: User, team: CareTeam, care_worker: User, stranger: User, other_team: CareTeam
) -> None:
    write(member_user, team, "I feel <i>dizzy</i>.", b"A letter.")
    with acting(care_worker):
        thread = Thread.objects.get()
        actions.answer(by=care_worker, thread=thread, body="Drink some water.", key=uuid7())
    write(member_user, team, "Better now.")
    write(stranger, other_team, "A stranger's words.")
    job = ask(member_user)
    runner.sweep()
    assert (now(job).state, now(job).done, now(job).total) == (JobState.DONE, 3, 3)
    archive = taken(member_user, job)
    assert bodies(member_user, job) == [
        "I feel <i>dizzy</i>.",
        "Drink some water.",
        "Better now.",
    ]
    [path] = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(path) == b"A letter."
    page = archive.read("records.html").decode()
    assert "Sam Reyes wrote this on" in page
    assert page.count("<h2>Messages</h2>") == 1
    assert "I feel &lt;i&gt;dizzy&lt;/i&gt;." in page
    assert f'<a href="{path}">note &lt;1&gt;.txt</a>' in page
    assert archive.read("records.ndjson") == b""
    assert b"stranger" not in b"".join(archive.read(name) for name in archive.namelist())


def test_what_nobody_may_open_is_told_and_left_out(
    member_user: User, team: CareTeam, settings: Any
) -> None:
    # There is a scanner, and it has not looked yet.
    settings.CLAMD_URL = "tcp://127.0.0.1:9"
    write(member_user, team, "See this.", b"canary virus")
    job = ask(member_user)
    runner.sweep()
    archive = taken(member_user, job)
    assert "is not in this copy" in archive.read("records.html").decode()
    assert [name for name in archive.namelist() if name.startswith("files/")] == []


def test_each_step_leaves_a_line_and_a_step_ends_with_much(
    member_user: User, team: CareTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "STEP", 15)
    for number in range(3):
        write(member_user, team, f"{number}", b"Ten octets")
    job = ask(member_user)
    runner.sweep()
    with context.system("test", job.plan_id):
        lines = Event.objects.filter(object_id=job.pk, action="records.copied").order_by("at", "pk")
        assert [line.facts["count"] for line in lines] == [2, 1]
    assert bodies(member_user, job) == ["0", "1", "2"]


def test_what_a_dead_worker_left_goes_on(
    member_user: User, team: CareTeam, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        write(member_user, team, f"{number}", b"A letter.")
    job, real = ask(member_user), copies._copy_other

    def dies(*args: Any) -> bool:
        copied = real(*args)
        if now(job).done == 2:
            raise KeyboardInterrupt
        return copied

    with monkeypatch.context() as broken:
        broken.setattr(copies, "_copy_other", dies)
        with pytest.raises(KeyboardInterrupt):
            runner.sweep()
    assert (now(job).state, now(job).done) == (JobState.RUNNING, 2)
    end_lease(job)
    runner.sweep()
    assert bodies(member_user, job) == ["0", "1", "2", "3"]
    assert len([one for one in taken(member_user, job).namelist() if "files/" in one]) == 4


def test_nobody_else_takes_it(member_user: User, team: CareTeam, stranger: User) -> None:
    write(member_user, team, "Mine.")
    job = ask(member_user)
    runner.sweep()
    assert bodies(member_user, job) == ["Mine."]
    with pytest.raises(Http404):
        taken(stranger, job)
