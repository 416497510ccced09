"""A message and the end of what it needs, at the same moment: nothing waits with nobody."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import CareTeam, Member, TeamAssignment, User
from accounts.people_actions import join_team, leave_team
from messaging import actions
from messaging.models import Thread
from portal.base import context
from portal.base.ids import uuid7
from tests import factories
from tests.messaging.conftest import acting


@pytest.fixture
def team(commits: str) -> CareTeam:
    return factories.team(factories.plan("cedar"), "Primary care")


@pytest.fixture
def member_user(team: CareTeam) -> User:
    return factories.member_user(team.plan, "ana.diaz", "Ana", "Diaz", team=team)


@pytest.fixture
def member(member_user: User) -> Member:
    assert member_user.member
    return member_user.member


@pytest.fixture
def care_worker(team: CareTeam) -> User:
    return factories.staff_user(team.plan, "sam.reyes", "Sam Reyes", "care_worker", team=team)


def meanwhile(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    done: list[Any] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:
            done.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, done


def leave(team: CareTeam, who: Member | User) -> Callable[[], Any]:
    def work() -> Any:
        with context.system("test", team.plan_id):
            return leave_team(team=team, who=who)

    return work


def test_a_message_on_its_way_is_closed_with_its_team(
    member_user: User, member: Member, team: CareTeam
) -> None:
    with acting(member_user):
        sent = actions.start_thread(
            by=member_user, member=member, team=team, subject="Knee", body="Hurts", key=uuid7()
        )
        leaving, said = meanwhile(leave(team, member))
        leaving.join(0.5)
        assert leaving.is_alive(), "ending it did not wait for the message"
    leaving.join(10)
    assert said == [{"messaging.threads": 1}]
    with context.system("test"):
        assert Thread.objects.get(pk=sent.message.thread_id).state == "closed"


def test_a_worker_who_answers_at_the_end_owns_nothing(
    member_user: User, member: Member, team: CareTeam, care_worker: User
) -> None:
    with acting(member_user):
        sent = actions.start_thread(
            by=member_user, member=member, team=team, subject="Knee", body="Hurts", key=uuid7()
        )
    thread = sent.message.thread
    with acting(care_worker):
        actions.answer(by=care_worker, thread=thread, body="Rest it", key=uuid7())
        leaving, said = meanwhile(leave(team, care_worker))
        leaving.join(0.5)
        assert leaving.is_alive(), "ending it did not wait for the answer"
    leaving.join(10)
    assert said == [{"messaging.owners": 1}]
    with context.system("test"):
        assert Thread.objects.get(pk=thread.pk).owner_id is None


def test_five_who_put_someone_in_a_team_do_it_once(member: Member, team: CareTeam) -> None:
    with context.system("test", team.plan_id):
        TeamAssignment.objects.filter(member=member, team=team).delete()

    def join() -> bool:
        with context.system("test", team.plan_id):
            return join_team(team=team, who=member)

    runs = [meanwhile(join) for _ in range(5)]
    for one, _ in runs:
        one.join(20)
    assert sorted(str(done) for _, done in runs) == ["[False]"] * 4 + ["[True]"]
