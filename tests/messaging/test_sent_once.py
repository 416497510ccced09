"""Twenty submits of one form at the same moment, with real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from messaging import actions
from messaging.actions import Sending, Sent
from messaging.models import Message, Thread
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests import factories
from tests.messaging.conftest import acting

TRIES = 20


def test_20_submits_at_once_are_one_message(
    own_database: str, django_db_blocker: pytest.FixtureRequest, settings: object
) -> None:
    with django_db_blocker.unblock():
        plan = factories.plan("cedar")
        team = factories.team(plan, "Primary care")
        user = factories.member_user(plan, "ana.diaz", "Ana", "Diaz", team=team)
        key, start = uuid7(), Barrier(TRIES)

        def send(_: int) -> Sent:
            start.wait()
            try:
                person = User.objects.select_related("plan").get(pk=user.pk)
                with acting(person):
                    return actions.start_thread(
                        by=person,
                        member=person.member,
                        team=team,
                        subject="Hi",
                        body="I feel dizzy.",
                        key=key,
                    )
            finally:
                connection.close()

        with ThreadPoolExecutor(TRIES) as pool:
            results = list(pool.map(send, range(TRIES)))
        assert sorted(result.how for result in results) == sorted(
            [Sending.SENT] + [Sending.AGAIN] * (TRIES - 1)
        )
        with acting(user):
            assert (Message.objects.count(), Thread.objects.count()) == (1, 1)
            assert Event.objects.filter(action="message.sent").count() == 1
