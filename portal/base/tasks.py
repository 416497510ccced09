"""Background work. Each task may run at any time and any number of times."""

from celery import shared_task
from django.utils import timezone

from portal.base import context, registry
from portal.base.approvals import actions as approvals
from portal.base.audit import activity, seals, state
from portal.base.audit.keys import NoSigningKey
from portal.base.clock import alarms
from portal.base.files import scan, sweep
from portal.base.jobs import actions as jobs
from portal.base.jobs import runner
from portal.base.logs import log
from portal.base.outbox import announce, sender
from portal.base.registry import Alarm
from portal.base.standing import done

# Less than a task of the schedule waits before it is dropped, so that no job crowds one out.
JOB_SECONDS = 2
SCAN_SECONDS = 10


@shared_task
def sweep_outbox() -> None:
    if sender.sweep() == sender.AT_ONCE:
        # More may wait; it stands in line behind seals and jobs.
        announce.wake()


@shared_task
def seal_audit() -> None:
    try:
        with context.system("task:seal_audit"):
            # Beat alone asks for this, so it tells that both beat and worker are there.
            done.note(done.SCHEDULED)
            late = seals.is_late()
        # More waits where a batch was full; else the next call is seconds away.
        while _sealed() > seals.BATCH // 2:
            pass
    except (seals.NotSealed, NoSigningKey) as error:
        log.error("audit_not_sealed", task="seal_audit", error=type(error).__name__)
        state.tell_refusal(error)
        if isinstance(error, (seals.RowsGone, seals.RowForged)):
            registry.raise_alarm(Alarm("trail"))
        return
    if late:
        log.error("audit_sealed_late", task="seal_audit")


def _sealed() -> int:
    with context.system("task:seal_audit"):
        return seals.seal_finished()


@shared_task
def purge_security() -> None:
    with context.system("task:purge_security"):
        activity.purge()


@shared_task
def sweep_files() -> None:
    with context.system("task:sweep_files"):
        sweep.sweep()


@shared_task
def scan_files() -> None:
    scan.sweep(SCAN_SECONDS)


@shared_task
def run_jobs() -> None:
    if runner.sweep(JOB_SECONDS):
        # More may wait; it stands in line behind mail and seals.
        jobs.wake()


@shared_task
def expire_jobs() -> None:
    runner.expire()


@shared_task
def expire_approvals() -> None:
    approvals.expire()


@shared_task
def tell_what_is_due() -> None:
    alarms.sweep(timezone.now())
