"""A copy of all records: whole, its owner's alone, and none of a step lost or done twice."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.devices import TotpDevice
from accounts.models import Member, User
from phi_records import copies
from portal.base import context
from portal.base.audit.models import Event
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from portal.base.jobs import runner
from portal.base.jobs.models import Job, JobState
from portal.base.outbox.models import Mail
from tests import factories
from tests.accounts.test_sign_in import code_of
from tests.messaging.conftest import acting
from tests.phi_records.bundles import document, load_for, observation

ClientFor = Callable[[User], Client]
HOME = reverse("home")
LETTER = b"Canary letter. " * 2000
pytestmark = pytest.mark.promise("AL20")


@pytest.fixture
def records(member: Member, tmp_path: Path) -> None:
    tests = [observation(f"o{number}", f"Canary <b>{number}</b>") for number in range(5)]
    load_for(member, tmp_path, *tests, document("d1", LETTER))


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "AT_ONCE", 2)


def ask(user: User) -> Job:
    with acting(user):
        return copies.ask(user, uuid7())


def now(job: Job) -> Job:
    with context.system("test", job.plan_id):
        return Job.objects.get(pk=job.pk)


def files(job: Job) -> list[SealedFile]:
    with context.system("test", job.plan_id), context.about_member(job.member_id):
        return list(SealedFile.objects.filter(about_id=job.pk, removed_at=None))


def taken(user: User, job: Job) -> zipfile.ZipFile:
    with acting(user):
        return zipfile.ZipFile(io.BytesIO(copies.take(user, copies.get(user, job.pk)).body))


def held(user: User, job: Job) -> list[str]:
    """The ids of all resources in the copy, as often as they are there."""
    lines = taken(user, job).read("records.ndjson").splitlines()
    return sorted(json.loads(line)["id"] for line in lines)


ALL = ["d1", "o0", "o1", "o2", "o3", "o4"]


def test_a_copy_holds_everything_once_and_is_announced(
    member_user: User, records: None, small_steps: None
) -> None:
    job = ask(member_user)
    assert runner.sweep() == 1
    assert (now(job).state, now(job).done, now(job).total) == (JobState.DONE, 7, 7)
    assert held(member_user, job) == sorted([*ALL, "p1"])
    archive = taken(member_user, job)
    assert archive.testzip() is None
    page = archive.read("records.html").decode()
    assert "Canary &lt;b&gt;4&lt;/b&gt;" in page
    assert "<b>" not in page
    (name,) = [one for one in archive.namelist() if one.startswith("files/")]
    assert archive.read(name) == LETTER
    assert f'href="{name}"' in page
    # The parts went when the whole was there.
    assert len(files(job)) == 1
    with context.system("test"):
        assert Mail.objects.get(event_id=job.pk).recipient_id == member_user.pk


def test_each_part_leaves_a_line(member_user: User, records: None, small_steps: None) -> None:
    job = ask(member_user)
    runner.sweep()
    taken(member_user, job)
    with context.system("test", job.plan_id):
        lines = Event.objects.filter(object_id=job.pk).order_by("at", "pk")
        found = [(line.action, line.facts.get("count"), line.actor_id) for line in lines]
    who = member_user.pk
    assert found == [
        ("records.copy_asked", None, who),
        *[("records.copied", count, who) for count in (2, 2, 2, 1)],
        ("records.copy_taken", None, who),
    ]


def test_an_empty_record_is_a_copy_too(member_user: User) -> None:
    job = ask(member_user)
    runner.sweep()
    assert held(member_user, job) == []


def test_what_a_dead_worker_left_goes_on(
    member_user: User, records: None, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, real = ask(member_user), copies._write_part

    def dies(*args: object) -> None:
        real(*args)
        if now(job).done == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(copies, "_write_part", dies)
        with pytest.raises(KeyboardInterrupt):
            runner.sweep()
    assert (now(job).state, now(job).done) == (JobState.RUNNING, 4)
    assert runner.sweep() == 0, "somebody may still be at it"
    end_lease(job)
    assert runner.sweep() == 1
    assert held(member_user, job) == sorted([*ALL, "p1"])


def end_lease(job: Job) -> None:
    with context.system("test", job.plan_id):
        Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_long_job_lets_other_work_in(member_user: User, records: None, small_steps: None) -> None:
    job = ask(member_user)
    for done in (2, 4, 6, 7, 7):
        assert runner.sweep(seconds=0) == 1
        assert (now(job).done, now(job).leased_until) == (done, None)
    assert now(job).state == JobState.DONE
    assert runner.sweep(seconds=0) == 0
    assert held(member_user, job) == sorted([*ALL, "p1"])


def test_a_step_that_always_fails_is_given_up(
    member_user: User, records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object) -> None:
        raise ValueError("Canary words of an error")

    job = ask(member_user)
    monkeypatch.setattr(copies, "_write_part", fails)
    for _try in range(runner.MOST_TRIES + 1):
        runner.sweep()
        end_lease(job)
    assert (now(job).state, now(job).reason_code) == (JobState.FAILED, "trouble")
    assert files(job) == []


def test_stopped_in_the_middle_nothing_of_it_stays(
    member_user: User, records: None, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, real = ask(member_user), runner._advance

    def advance(held: Job) -> bool:
        if held.done == 2:
            with acting(member_user):
                copies.stop(member_user, job.pk)
        return real(held)

    monkeypatch.setattr(runner, "_advance", advance)
    runner.sweep()
    assert now(job).state == JobState.STOPPED
    assert files(job) == []


def test_who_lost_the_right_gets_nothing_more(
    member_user: User, records: None, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, real = ask(member_user), copies._write_part

    def loses(*args: object) -> None:
        real(*args)
        User.objects.filter(pk=member_user.pk).update(is_active=False)

    monkeypatch.setattr(copies, "_write_part", loses)
    runner.sweep()
    assert (now(job).state, now(job).reason_code) == (JobState.FAILED, "not_allowed")
    assert (now(job).done, files(job)) == (2, [])


def test_records_whose_key_was_destroyed_give_no_copy(
    member: Member, member_user: User, records: None, small_steps: None
) -> None:
    job = ask(member_user)
    assert runner.sweep(seconds=0) == 1
    factories.destroy_key(member.record_holder_id)
    runner.sweep()
    assert (now(job).state, now(job).reason_code) == (JobState.FAILED, "destroyed")
    assert files(job) == []


def test_too_large_for_one_download_is_said(
    member_user: User, records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "LARGEST", 100)
    job = ask(member_user)
    runner.sweep()
    assert (now(job).state, now(job).reason_code) == (JobState.FAILED, "too_large")
    assert files(job) == []


def test_after_its_time_it_is_gone(member_user: User, records: None) -> None:
    job = ask(member_user)
    runner.sweep()
    assert runner.expire() == 0
    with context.system("test", job.plan_id):
        Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert runner.expire() == 1
    assert (now(job).state, files(job)) == (JobState.EXPIRED, [])
    with pytest.raises(Http404):
        taken(member_user, job)


def told(browser: Client) -> str:
    """What the first page says of copies."""
    return " ".join(need["title"] for need in browser.get(HOME).context["needs"])


def test_what_is_over_is_not_given_out_before_the_task_has_removed_it(
    member_user: User, records: None, client_for: ClientFor
) -> None:
    job, browser = ask(member_user), client_for(member_user)
    runner.sweep()
    with context.system("test"):
        Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    page = reverse("records:copy-progress", args=[job.pk])
    for url in (page, reverse("records:copy-file", args=[job.pk])):
        answer = browser.get(url, follow=True)
        assert answer.status_code == 200
        assert "Deleted: its time was over" in answer.text
        assert "You can download it until" not in answer.text
    assert "copy" not in told(browser)
    with pytest.raises(Http404):
        taken(member_user, job)


def test_the_first_page_says_that_it_is_ready_until_it_was_taken(
    member_user: User, client_for: ClientFor, records: None
) -> None:
    browser, job = client_for(member_user), ask(member_user)
    assert told(browser) == ""
    runner.sweep()
    page = browser.get(HOME)
    assert [need["title"] for need in page.context["needs"]] == ["Your copy is ready"]
    assert f'href="{reverse("records:copy-progress", args=[job.pk])}"' in page.text
    # Of one's own alone, and looking at it takes nothing away.
    assert told(client_for(factories.member_user(member_user.plan, "bo", "Bo", "Lee"))) == ""
    browser.get(reverse("records:copy-progress", args=[job.pk]))
    assert told(browser) == "Your copy is ready"
    taken(member_user, job)
    assert told(browser) == ""
    # That one was taken says nothing of the next.
    ask(member_user)
    runner.sweep()
    assert told(browser) == "Your copy is ready"


@pytest.mark.parametrize("ends", [JobState.EXPIRED, JobState.STOPPED])
def test_the_first_page_tells_of_no_copy_that_is_gone(
    member_user: User, client_for: ClientFor, records: None, ends: JobState
) -> None:
    browser, job = client_for(member_user), ask(member_user)
    runner.sweep()
    assert told(browser) == "Your copy is ready"
    with context.system("test", job.plan_id):
        Job.objects.filter(pk=job.pk).update(state=ends)
    assert told(browser) == ""


def test_the_first_page_says_for_a_week_that_it_was_not_made(
    member_user: User, client_for: ClientFor, records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, job = client_for(member_user), ask(member_user)
    with monkeypatch.context() as small:
        small.setattr(copies, "LARGEST", 100)
        runner.sweep()
    assert told(browser) == "Your copy was not made"
    with context.system("test", job.plan_id):
        Job.objects.update(finished_at=timezone.now() - timedelta(days=7))
    assert told(browser) == ""


def test_what_is_not_whole_yet_is_not_taken(
    member_user: User, records: None, small_steps: None
) -> None:
    job = ask(member_user)
    assert runner.sweep(seconds=0) == 1
    assert now(job).state == JobState.RUNNING
    assert files(job)
    with pytest.raises(Http404):
        taken(member_user, job)
    runner.sweep()
    assert taken(member_user, job).testzip() is None


def test_one_that_ends_while_another_is_asked_for_is_in_nobodys_way(
    member_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused_once(_job: Job, **_how: Any) -> None:
        """As the database does while one is at work, which is done before anybody looks."""
        monkeypatch.undo()
        raise IntegrityError

    monkeypatch.setattr(Job, "save", refused_once)
    assert now(ask(member_user)).state == JobState.WAITING


def test_asked_twice_it_is_made_once(member_user: User, client_for: ClientFor) -> None:
    browser = client_for(member_user)
    fresh(browser)
    url = reverse("records:copy")
    form = {"send_key": browser.get(url).context["send_key"]}
    first, again = browser.post(url, form), browser.post(url, form)
    # Another window, while the first is at work.
    other = browser.post(url, {"send_key": browser.get(url).context["send_key"]})
    assert first["Location"] == again["Location"] == other["Location"]
    with context.system("test"):
        assert Job.objects.count() == 1


def fresh(browser: Client) -> None:
    device = TotpDevice.objects.get()
    assert browser.post(reverse("confirm"), {"code": code_of(device)}).status_code == 302


def test_without_a_fresh_code_nothing_is_made_or_taken(
    member_user: User, client_for: ClientFor, records: None
) -> None:
    job = ask(member_user)
    runner.sweep()
    browser = client_for(member_user)
    for url in (reverse("records:copy"), reverse("records:copy-file", args=[job.pk])):
        assert browser.get(url)["Location"].startswith(reverse("confirm"))
    fresh(browser)
    answer = browser.get(reverse("records:copy-file", args=[job.pk]))
    assert answer["Content-Disposition"].startswith('attachment; filename="records-')
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_the_page_that_looks_by_itself_keeps_no_session_alive(
    member_user: User, client_for: ClientFor
) -> None:
    job = ask(member_user)
    browser = client_for(member_user)
    assert browser.get("/records/").status_code == 200
    stored = lambda: browser.session.model.objects.get(pk=browser.session.session_key)  # noqa: E731
    before = stored().expire_date
    assert browser.get(reverse("records:copy-progress", args=[job.pk])).status_code == 200
    assert stored().expire_date == before
    assert browser.get("/records/").status_code == 200
    assert stored().expire_date > before
