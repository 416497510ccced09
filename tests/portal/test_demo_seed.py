"""A seed that was cut short is made whole by the next one."""

import re
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Member, Plan
from messaging.models import Thread
from phi_records.models import ImportedUnit, RecordItem
from portal.base import context
from portal.demo import load
from portal.management.commands import demo_seed

PEOPLE = 15


def counted() -> tuple[int, int, int]:
    with context.system("test"):
        return Plan.objects.count(), Member.objects.count(), ImportedUnit.objects.count()


def test_a_seed_goes_on_where_it_was_cut_short(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEMO = True
    monkeypatch.setattr(load, "SLUGS", ("cedar",))
    with monkeypatch.context() as broken:
        broken.setattr(demo_seed, "call_command", _killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo_seed", verbosity=0)
    assert counted() == (1, PEOPLE, 0)
    for _ in range(2):
        call_command("demo_seed", verbosity=0)
        assert counted() == (1, PEOPLE, PEOPLE + 1)


def test_members_read_a_source_that_a_person_would_name(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEMO = True
    monkeypatch.setattr(load, "SLUGS", ("cedar",))
    call_command("demo_seed", verbosity=0)
    with context.system("test"):
        member = Member.objects.order_by("pk")[0]
    with context.system("test", member.plan_id), context.about_member(member.pk):
        items = list(RecordItem.objects.filter(member=member))
    assert {item.feed for item in items} == {"Cedar Valley Health Plan records"}
    assert all(re.fullmatch(r"cedar-\d\d\.json", item.file_name) for item in items)


def test_people_are_made_with_their_plan_or_not_at_all(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(load, "_thread", _killed)
    with pytest.raises(KeyboardInterrupt):
        load.load_plan("cedar", demo_seed.timezone.localdate(), print)
    assert counted() == (0, 0, 0)


def test_conversations_are_owned_by_the_team(db: None) -> None:
    plan = load.load_plan("cedar", demo_seed.timezone.localdate(), print)
    with context.system("test", plan.pk):
        owned = Thread.objects.filter(owner__isnull=False)
        assert {thread.owner.role for thread in owned.select_related("owner")} == {"care_worker"}


def _killed(*args: Any, **more: Any) -> None:
    raise KeyboardInterrupt
