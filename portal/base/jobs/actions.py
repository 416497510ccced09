"""Asking for a job and stopping it, in the transaction of the person who does."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.base import waking
from portal.base.files import sealed
from portal.base.jobs.models import AT_WORK, Job, JobState


def ask(*, key: UUID, kind: str, owner_id: UUID, plan_id: UUID, member_id: UUID) -> Job:
    """A new job named `key`. The same key again, or another while one is at work, changes nothing
    and gives the job that is there."""
    mine = Job.objects.filter(plan_id=plan_id, owner_id=owner_id, kind=kind)
    job = Job(pk=key, plan_id=plan_id, owner_id=owner_id, member_id=member_id, kind=kind)
    for tries_left in (2, 1, 0):
        try:
            with transaction.atomic():
                job.save(force_insert=True)
            break
        except IntegrityError:
            if found := mine.filter(pk=key).first() or mine.filter(state__in=AT_WORK).first():
                return found
            # Else the one at work ended between the two.
            if not tries_left:
                raise
    transaction.on_commit(wake, robust=True)
    return job


def stop(job: Job) -> None:
    """End a job, or remove what it made. A worker that is at it keeps nothing more of it."""
    kept = (*AT_WORK, JobState.DONE)
    ended = Job.objects.filter(pk=job.pk, state__in=kept).update(
        state=JobState.STOPPED, leased_until=None, finished_at=timezone.now()
    )
    if ended:
        remove_files(job)
        job.state = JobState.STOPPED


def remove_files(job: Job) -> None:
    sealed.remove_of(plan_id=job.plan_id, member_id=job.member_id, about_ids=[job.pk])


def wake() -> None:
    from portal.base.tasks import run_jobs

    waking.wake(run_jobs)
