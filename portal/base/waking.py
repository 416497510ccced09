"""Valkey only wakes workers. Without it, what waits is done by the next periodic sweep."""

from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError

from portal.base.logs import log


def wake(task: Any) -> None:
    """Ask a worker for this task now. It takes no arguments: what is to be done stands in a table.

    Nobody waits for a broker that is away, and nothing that was saved fails for it.
    """
    if not settings.CELERY_BROKER_URL:
        return
    try:
        task.apply_async(retry=False)
    except OperationalError:
        log.warning("broker_away", task=task.name)
