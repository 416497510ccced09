"""The time of day jumps under the portal: sessions end rather than last, and order stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import devices
from accounts.models import TeamAssignment, TeamSeat
from messaging.models import Message
from portal.base import context
from portal.base.audit import seals
from portal.base.audit.models import Seal
from portal.base.tasks import seal_audit
from tests import factories
from tests.faults.house import House, People, house_of, settle_in, wait
from tests.faults.moved_clock import Clock
from tests.faults.test_servers_gone import answers, mail, sends
from tests.faults.visit import Answer, Visit

NONE, MINUTES, DAY = timedelta(), timedelta(minutes=5), timedelta(days=1)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    made = Clock(tmp_path / "clock")
    made.move(NONE)
    return made


@pytest.fixture
def house(
    own_database: str, second_place: Path, tmp_path: Path, clock: Clock, django_db_blocker: Any
) -> Iterator[House]:
    with (
        django_db_blocker.unblock(),
        house_of(tmp_path, own_database, more=clock.env) as made,
    ):
        yield made


@pytest.fixture
def people(house: House) -> People:
    """Their team has cared for her for long: also by a clock that goes behind."""
    made, past = settle_in(), timezone.now() - timedelta(days=30)
    with context.system("test"):
        for terms in (TeamAssignment, TeamSeat):
            terms.objects.update(since=past)
    return made


def enter(house: House, people: People, codes: list[str]) -> Visit:
    """With a code from paper: those of the app go by the clock."""
    visit = house.visit()
    first = visit.give_password(people.member.user_id, factories.PASSWORD)
    second = visit.post(first.location, code=codes.pop())
    assert (second.status, visit.get("/").status) == (302, 200)
    return visit


def out(answer: Answer) -> bool:
    return answer.status == 302 and answer.location.startswith("/sign-in/")


@pytest.mark.promise("AM18")
def test_the_clock_is_moved_and_moved_back(house: House, people: People, clock: Clock) -> None:
    house.web()
    with context.system("test"):
        codes = devices.print_codes(people.member)
    early = enter(house, people, codes)
    sends(early, "As the clock is right.")
    clock.move(MINUTES)
    assert sends(early, "Five minutes on.")[0].status == 302
    clock.move(-MINUTES)
    # Signed in at a time to come, for all this clock knows: that is no young session.
    assert out(early.get("/"))
    back = enter(house, people, codes)
    assert sends(back, "Five minutes back.")[0].status == 302
    clock.move(DAY)
    assert out(back.get("/"))
    tomorrow = enter(house, people, codes)
    assert sends(tomorrow, "Over midnight.")[0].status == 302
    clock.move(NONE)
    assert out(tomorrow.get("/"))
    assert sends(enter(house, people, codes), "Right again.")[0].status == 302
    assert stored(people) == {
        "As the clock is right.", "Five minutes on.", "Five minutes back.", "Over midnight.",
        "Right again.",
    }  # fmt: skip
    whole_in_order()


def test_a_worker_a_day_ahead_seals_and_sends_once(
    house: House, people: People, clock: Clock
) -> None:
    house.web()
    member = people.enter(house, people.member)
    sends(member, "I feel dizzy.")
    answers(people.enter(house, people.worker), "Drink some water.")
    clock.move(DAY)
    house.worker()
    house.sweep_soon()
    wait(lambda: mail().state == "sent", what="the mail")
    clock.move(-DAY)
    house.sweep_soon()
    house.sweep_soon(seal_audit)
    wait(lambda: seal_count() > 0, what="the seal")
    clock.move(NONE)
    house.sweep_soon()
    house.sweep_soon(seal_audit)
    ids = [letter["Message-ID"] for letter in house.post_office.letters]
    assert ids.count(f"<{mail().pk}@cedar.localhost>") == 1
    whole_in_order()


def stored(people: People) -> set[str]:
    user = people.member
    with context.system("test", user.plan_id), context.about_member(user.member_id):
        return {message.body for message in Message.objects.all()}


def seal_count() -> int:
    with context.system("test"):
        return Seal.objects.count()


def whole_in_order() -> None:
    """Lines are sealed in the order in which they came, whatever time stands in them."""
    with context.system("test"):
        seals.seal_finished()
    call_command("verify_log")
