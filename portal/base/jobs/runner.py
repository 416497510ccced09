"""Doing jobs, one step at a time. Each step is a transaction that also moves the job on, so that
a worker killed anywhere loses one step at most and does none twice."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.base import context
from portal.base.jobs.actions import remove_files
from portal.base.jobs.kinds import Refused, kind_of
from portal.base.jobs.models import AT_WORK, Job, JobState
from portal.base.logs import log
from portal.base.outbox.announce import Kind, announce

# Longer than any step takes.
LEASE = timedelta(minutes=1)
KEPT_FOR = timedelta(days=7)
MOST_TRIES = 5
CLIENT = "task:run_jobs"


class Lost(Exception):
    """The job was stopped, or another worker has it: what this one did is not kept."""


def sweep(seconds: float = math.inf) -> int:
    """Do what waits, and what a killed worker left, until about that time is over: how many jobs
    were taken up. The same workers send mail and seal the trail, which must not wait for a job."""
    ends, count = time.monotonic() + seconds, 0
    while job := lease():
        run(job, ends)
        count += 1
        if time.monotonic() >= ends:
            break
    return count


def lease() -> Job | None:
    now = timezone.now()
    with context.system(CLIENT):
        at_work = Job.objects.filter(state__in=AT_WORK).exclude(leased_until__gt=now)
        job = at_work.order_by("asked_at").select_for_update(skip_locked=True).first()
        if job is None:
            return None
        job.state, job.leased_until = JobState.RUNNING, now + LEASE
        job.tries += 1
        job.save(update_fields=["state", "leased_until", "tries"])
    return job


def run(job: Job, ends: float) -> None:
    if job.tries > MOST_TRIES:
        _fail(job, "trouble")
        return
    try:
        while not _advance(job):
            if time.monotonic() >= ends:
                _let_go(job)
                return
    except Lost:
        return
    except Refused as refused:
        _fail(job, refused.reason_code)
    except Exception:
        # Tried again when the lease ends.
        log.error("job_step_failed", task=job.kind, exc_info=True)


def _advance(job: Job) -> bool:
    with transaction.atomic(), kind_of(job).acting(job) as person:
        last = kind_of(job).step(job, person)
        now = timezone.now()
        facts: dict[str, Any] = {
            "done": job.done,
            "total": job.total,
            "cursor": job.cursor,
            "tries": 0,
        }
        if last:
            ends = {"finished_at": now, "expires_at": now + KEPT_FOR, "leased_until": None}
            facts |= {"state": JobState.DONE, **ends}
            announce(
                plan_id=job.plan_id, recipient_id=job.owner_id, kind=Kind.JOB_DONE, event_id=job.pk
            )
        else:
            facts["leased_until"] = now + LEASE
        if not _held(job).update(**facts):
            raise Lost
    job.leased_until = facts["leased_until"]
    return last


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, leased_until=job.leased_until)


def _let_go(job: Job) -> None:
    """For whoever comes next, at once."""
    with context.system(CLIENT, job.plan_id):
        _held(job).update(leased_until=None)


def _fail(job: Job, reason_code: str) -> None:
    with _file_of(job):
        if _held(job).update(
            state=JobState.FAILED,
            reason_code=reason_code,
            leased_until=None,
            finished_at=timezone.now(),
        ):
            remove_files(job)
            announce(
                plan_id=job.plan_id, recipient_id=job.owner_id, kind=Kind.JOB_DONE, event_id=job.pk
            )


def expire() -> int:
    """Remove what was made and not taken away in time. The line that it was made stays."""
    with context.system(CLIENT):
        old = list(Job.objects.filter(state=JobState.DONE, expires_at__lt=timezone.now())[:500])
    for job in old:
        with _file_of(job):
            if Job.objects.filter(pk=job.pk, state=JobState.DONE).update(state=JobState.EXPIRED):
                remove_files(job)
    return len(old)


@contextmanager
def _file_of(job: Job) -> Iterator[None]:
    with context.system(CLIENT, job.plan_id), context.about_member(job.member_id):
        yield
