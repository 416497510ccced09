"""Background work. Each task may run at any time and any number of times."""

from celery import shared_task

from portal.base import context
from portal.base.audit import activity, seals
from portal.base.files import sweep
from portal.base.outbox import sender


@shared_task
def sweep_outbox() -> None:
    sender.sweep()


@shared_task
def seal_audit() -> None:
    with context.system("task:seal_audit"):
        seals.seal_finished()


@shared_task
def purge_security() -> None:
    with context.system("task:purge_security"):
        activity.purge()


@shared_task
def sweep_files() -> None:
    with context.system("task:sweep_files"):
        sweep.sweep()
