"""A code is taken once, however many submits of it arrive at once."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import devices
from accounts.devices import TotpDevice
from accounts.models import User
from portal.base import context
from tests import factories
from tests.accounts.test_sign_in import code_of

AT_ONCE = 20


def taken(user: User, code: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of the submits get in, when all have reached the row before one reads it."""
    barrier, locked = threading.Barrier(AT_ONCE), devices._locked
    results: list[bool] = []

    def all_together(known: devices.OwnDevice) -> devices.OwnDevice:
        barrier.wait(timeout=20)
        return locked(known)

    def submit() -> None:
        try:
            results.append(devices.verify(user, code) is not None)
        finally:
            connection.close()

    monkeypatch.setattr(devices, "_locked", all_together)
    threads = [threading.Thread(target=submit) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == AT_ONCE
    return sum(results)


def from_the_app(user: User) -> str:
    with context.system("test"):
        device = TotpDevice.objects.create(user=user, name="app", confirmed=True)
    return code_of(device)


def from_paper(user: User) -> str:
    with context.system("test"):
        return devices.print_codes(user)[0]


@pytest.mark.parametrize("kind", [from_the_app, from_paper])
def test_one_of_20_submits_at_once_is_accepted(
    own_database: str,
    django_db_blocker: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    kind: Callable[[User], str],
) -> None:
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    monkeypatch.setitem(pool, "max_size", AT_ONCE + 1)
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        user = factories.member_user(factories.plan("cedar"), "ana.diaz", "Ana", "Diaz")
        assert taken(user, kind(user), monkeypatch) == 1


def test_after_a_clock_that_ran_ahead_codes_are_good_again(db: None) -> None:
    """Who signed in meanwhile, or typed a wrong code, waits for nothing that is still to come."""
    user = factories.member_user(factories.plan("cedar"), "ana.diaz", "Ana", "Diaz")
    code = from_the_app(user)
    day = timedelta(days=1)
    with context.system("test"):
        TotpDevice.objects.update(
            last_t=(time.time() + day.total_seconds()) // devices.STEP,
            throttling_failure_timestamp=timezone.now() + day,
            throttling_failure_count=1,
        )
        assert devices.verify(user, code) is None
        at = TotpDevice.objects.get().throttling_failure_timestamp
        assert at
        assert at <= timezone.now()
        TotpDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
        assert devices.verify(user, code) is not None
        assert devices.verify(user, code) is None
