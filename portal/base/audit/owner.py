"""What only the database's owner may do: epochs and partitions. Web and worker can't."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper

from portal.base.audit.seals import LOCK

WAIT = "10s"


class OwnerNeeded(RuntimeError):
    """A sentence for the operator."""


@contextmanager
def as_owner() -> Iterator[CursorWrapper]:
    """A transaction in which no sealer is at work. Raises OwnerNeeded."""
    if "owner" not in settings.DATABASES:
        raise OwnerNeeded("Set DATABASE_OWNER_URL: only the database's owner can do this.")
    try:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            yield cursor
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        raise OwnerNeeded(
            f"The portal kept writing for {WAIT}. Stop web and worker, then run this again."
        ) from error
