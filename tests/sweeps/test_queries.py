"""A list costs as many queries for 60 rows as for one."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from disclosures import incident_access, incident_actions
from disclosures.actions import record_disclosure
from disclosures.letter_actions import mail_letters, print_letters
from disclosures.models import IncidentWay
from messaging import access, actions, letters
from portal.base import context
from portal.base.audit import activity
from portal.base.audit.models import Outcome
from portal.base.crypto import keyring
from portal.base.ids import uuid7
from portal.base.letters.models import Letter
from tests import factories
from tests.messaging.conftest import acting
from tests.phi_records.bundles import observation
from tests.sweeps.conftest import CANARY, World, add_records, begin, to_approve, write

MANY = 60
PAGES = {
    "records": ("member", reverse("records:kind", args=["tests"])),
    "inbox": ("member", reverse("messaging:inbox")),
    "team inbox": ("care_worker", reverse("messaging:team-inbox")),
    "team thread": ("care_worker", "messaging:team-thread thread"),
    "thread": ("member", "messaging:thread-detail thread"),
    "kinds of records": ("member", reverse("records:home")),
    "record": ("member", "records:detail record"),
    "account": ("member", reverse("account")),
    "who has seen": ("member", reverse("disclosures:who-has-seen")),
    "trail": ("privacy_officer", f"{reverse('disclosures:trail-search')}?kind=incident.opened"),
    "letters to print": ("plan_admin", f"{reverse('disclosures:letter-queue')}?state=waiting"),
    "letters mailed": ("plan_admin", f"{reverse('disclosures:letter-queue')}?state=mailed"),
    "home": ("member", reverse("home")),
    "what we keep": ("member", reverse("disclosures:whole-record")),
    "misdirected": ("member", "messaging:thread-misdirected thread"),
    "incidents": ("privacy_officer", reverse("disclosures:incident-list")),
    "approvals": ("privacy_officer", reverse("disclosures:approval-list")),
    "incident": ("privacy_officer", "disclosures:incident-detail incident"),
    "sensitive records": (
        "privacy_officer",
        f"{reverse('records:mark-search')}?every=1&kind=tests&member=",
    ),
    "how sensitive": ("privacy_officer", "records:mark-detail record"),
}


# What a page shows before there are many: one row at least, as of many.
def add_first(world: World) -> None:
    with context.system("test", world.plan.pk):
        letters.tell(factories.member(world.plan, "Al", "First"), uuid7())


def add(world: World, folder: Path) -> None:
    """Many more of everything, by and about many people: each has a key of their own."""
    add_records(
        world,
        folder,
        *(observation(f"n{n}", f"Test {n}") for n in range(MANY)),
        *(_potassium_of(n) for n in range(1, 13)),
        _of_another_kind("AllergyIntolerance", "patient"),
        _of_another_kind("Condition", "subject"),
        _of_another_kind("Procedure", "subject"),
    )
    for number in range(MANY // 2):
        begin(world, write(world, f"Subject {number}", "Words").thread, "More words")
        _another_member(world, number)
    for number in range(10):
        _letters(world, number)
    for number in range(10):
        _colleague_looks(world, number)
        _sign_in(world.people["member"])
        _disclose(world, number)
        _report(world, number)
        asker = factories.staff_user(world.plan, f"op.{number}", f"Op {number}", "operator")
        to_approve(world, f"Late{number}", asker)


def _report(world: World, number: int) -> None:
    """Each by someone else, and a note by another officer each time."""
    who = factories.staff_user(world.plan, f"saw.{number}", f"Saw {number}", "care_worker")
    officer = factories.staff_user(world.plan, f"po.{number}", f"PO {number}", "privacy_officer")
    with acting(who):
        told = incident_actions.open_incident(
            by=who, key=uuid7(), kind="seen", way=IncidentWay.BUTTON, told="Words"
        )
    with acting(officer):
        incident_actions.take(by=officer, incident=told)
        first = incident_access.find(officer, world.ids["incident"])
        incident_actions.add_note(by=officer, incident=first, key=uuid7(), text="More")


def _potassium_of(month: int) -> dict[str, Any]:
    """The same test as the record that is looked at: it joins the chart there."""
    known = observation(f"k{month}", f"{CANARY} potassium")
    return {**known, "effectiveDateTime": f"2023-{month:02}-05"}


def _of_another_kind(resource_type: str, subject: str) -> dict[str, Any]:
    return {
        "resourceType": resource_type,
        "id": resource_type.lower(),
        "status": "completed",
        "code": {"text": resource_type},
        subject: {"reference": "Patient/p1"},
    }


def _sign_in(person: User) -> None:
    factories.signed_in(person)
    with acting(person):
        activity.note(
            "signin.session", user_id=person.pk, outcome=Outcome.PERMITTED, address="192.0.2.1"
        )


def _disclose(world: World, number: int) -> None:
    officer = world.people["privacy_officer"]
    with acting(officer):
        record_disclosure(
            by=officer,
            key=uuid7(),
            member=world.member,
            disclosed_on=officer.created_at.date(),
            recipient=f"County {number}",
            recipient_address="1 Street",
            what="One result",
            purpose="A law",
            basis="512b",
        )


def _another_member(world: World, number: int) -> None:
    other = factories.member_user(
        world.plan, f"more.{number}", "Mo", f"Re{number}", team=world.team
    )
    with acting(other):
        sent = actions.start_thread(
            by=other, member=other.member, team=world.team, subject="S", body="B", key=uuid7()
        )
    taker = factories.staff_user(
        world.plan, f"taker.{number}", f"Taker {number}", "care_worker", team=world.team
    )
    assert sent.message
    with acting(taker):
        actions.take(by=taker, thread=sent.message.thread)


def _letters(world: World, number: int) -> None:
    """One that waits and one that was mailed, each of another member with another key."""
    office = world.people["plan_admin"]
    for state in ("waits", "goes"):
        person = factories.member(world.plan, "Lee", f"{state.title()}{number}")
        with context.system("test", world.plan.pk):
            letters.tell(person, uuid7())
            letter = Letter.objects.get(member_id=person.pk)
        if state == "goes":
            with acting(office):
                print_letters(by=office, ids=[letter.pk], batch_id=uuid7())
                mail_letters(by=office, ids=[letter.pk], on=office.created_at.date())


def _colleague_looks(world: World, number: int) -> None:
    who = factories.staff_user(
        world.plan, f"staff.{number}", f"Staff {number}", "care_worker", team=world.team
    )
    with acting(who):
        access.get_thread(who, world.ids["thread"])
        access.get_thread(who, world.ids["thread"])
    with acting(world.people["member"]):
        thread = access.find(world.people["member"], world.ids["thread"])
        actions.reply(by=world.people["member"], thread=thread, body="More", key=uuid7())


def address(world: World, page: str) -> str:
    name, _, of = page.partition(" ")
    return reverse(name, args=[world.ids[of]]) if of else page


def cost(world: World, client: Any, page: str, *, cold: bool) -> tuple[int, int]:
    url = address(world, PAGES[page][1])
    url += str(world.member.pk) if url.endswith("member=") else ""
    client.get(url)
    if cold:
        keyring._cache.ciphers.clear()
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
    assert answer.status_code == 200, page
    return len(seen), len(answer.content)


@pytest.mark.parametrize("cold", [False, True], ids=["keys at hand", "keys to fetch"])
def test_lists_cost_the_same_for_many_rows(world: World, tmp_path: Path, cold: bool) -> None:
    def measured() -> dict[str, tuple[int, int]]:
        return {page: cost(world, clients[PAGES[page][0]], page, cold=cold) for page in PAGES}

    clients = {who: world.browser(who) for who, _ in PAGES.values()}
    add_first(world)
    few = measured()
    add(world, tmp_path)
    many = measured()
    assert {page: count for page, (count, _) in many.items()} == {
        page: count for page, (count, _) in few.items()
    }
    # The lists did grow, or the counts say nothing.
    same = [page for page in PAGES if many[page][1] <= few[page][1]]
    assert same == []
