from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, User
from messaging import actions
from messaging.models import Thread
from portal.base import context, once


@contextmanager
def acting(user: User) -> Iterator[None]:
    """As the middleware binds someone who passed both steps."""
    bound = context.AccessContext(
        plan_id=user.plan_id, user_id=user.pk, role=user.role, member_id=user.member_id
    )
    with transaction.atomic(), context.bind(bound):
        yield


def accept(client: Client) -> Client:
    client.post(reverse("messaging:safety"))
    return client


def words(user: User, **changed: str) -> dict[str, str]:
    return {"send_key": once.new_key(user.pk), "body": "I feel dizzy.", **changed}


def changed(thread: Thread, **facts: object) -> Thread:
    with context.system("test"):
        Thread.objects.filter(pk=thread.pk).update(**facts)
    return thread


@pytest.fixture
def thread(member_user: User, team: CareTeam) -> Thread:
    with acting(member_user):
        sent = actions.start_thread(
            by=member_user,
            member=member_user.member,
            team=team,
            subject="New medicine",
            body="I feel dizzy.",
            key=once.read_key(once.new_key(member_user.pk), member_user.pk),
        )
    return sent.message.thread


@pytest.fixture
def writer(member_user: User, client_for: Callable[[User], Client]) -> Client:
    """Ana's browser, with the safety page read."""
    return accept(client_for(member_user))
