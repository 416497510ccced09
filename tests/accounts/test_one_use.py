"""A code is taken once, however many submits of it arrive at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts import devices
from accounts.devices import TotpDevice
from accounts.models import User
from portal.base import context
from tests import factories
from tests.accounts.test_sign_in import code_of

AT_ONCE = 20


def taken(user: User, code: str) -> int:
    barrier = threading.Barrier(AT_ONCE)
    results: list[bool] = []

    def submit() -> None:
        barrier.wait()
        try:
            results.append(devices.verify(user, code) is not None)
        finally:
            connection.close()

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
    own_database: str, django_db_blocker: pytest.FixtureRequest, kind: Callable[[User], str]
) -> None:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        user = factories.member_user(factories.plan("cedar"), "ana.diaz", "Ana", "Diaz")
        assert taken(user, kind(user)) == 1
