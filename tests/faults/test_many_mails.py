"""A long queue of mail, a worker killed again and again. `MAILS=10000` makes it a long day."""

import os
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.base import context
from portal.base.ids import uuid7
from portal.base.outbox import announce
from portal.base.outbox.models import Mail, MailState
from tests.faults.house import House, People, wait

MAILS = int(os.environ.get("MAILS", "120"))
KILLS = 3


def queue(people: People) -> set[str]:
    """Mails as answers make them, each about another one. Their Message-IDs."""
    now = timezone.now()
    with context.system("test"):
        mails = [
            Mail(
                plan_id=people.member.plan_id,
                recipient_id=people.member.pk,
                kind=announce.Kind.MESSAGE_ANSWERED.value,
                event_id=uuid7(),
                next_attempt_at=now,
            )
            for _ in range(MAILS)
        ]
        Mail.objects.bulk_create(mails, batch_size=1000)
    return {f"<{mail.pk}@cedar.localhost>" for mail in mails}


def unsent() -> int:
    with context.system("test"):
        return Mail.objects.exclude(state=MailState.SENT).count()


def end_leases() -> None:
    """As if the minutes had gone by, after which another sender takes what a dead one held."""
    past = timezone.now() - timedelta(seconds=1)
    with context.system("test"):
        held = Mail.objects.filter(state=MailState.SENDING)
        held.update(leased_until=past, next_attempt_at=past)


@pytest.mark.promise("AH19")
def test_no_mail_is_lost_and_few_come_twice(house: House, people: People) -> None:
    queued, office = queue(people), house.post_office
    assert len(queued) == MAILS
    for turn in range(KILLS):
        house.worker()
        house.sweep_soon()
        goal = len(office.letters) + random.randint(1, MAILS // (KILLS + 2))
        wait(lambda goal=goal: len(office.letters) >= goal, MAILS, "the mails")  # type: ignore[misc]
        house.kill("worker")
        assert unsent(), f"the worker was done before its death number {turn + 1}"
        end_leases()
    house.worker()
    house.sweep_soon()
    wait(lambda: unsent() == 0, 60 + MAILS, "the rest of the mails")
    times = Counter(letter["Message-ID"] for letter in office.letters)
    assert set(times) == queued
    assert sum(times.values()) - MAILS <= KILLS
